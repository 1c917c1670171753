// Binding: the scheduler assigns a pod to a node, once and for all.
//
// POST to pods/{name}/binding, or to the old collection /bindings. The pod gets nodeName, the condition PodScheduled and
// the binding's annotations and labels, if it is still unassigned.
// Upstream: pkg/registry/core/pod/storage/storage.go (BindingREST)

import type { KindDefinition } from '#api/kinds/kind.ts'
import {
  aggregateFieldErrors,
  type FieldError,
  notSupportedInOrder,
  Path,
  required,
} from '#api/meta/field-error.ts'
import type { JsonObject, ObjectMeta } from '#api/meta/object.ts'
import { badRequest, conflict, methodNotAllowed, StatusError } from '#api/meta/status.ts'
import type { ApiResponse } from '#apiserver/exchange.ts'
import { readBody } from '#apiserver/http/body.ts'
import { negotiateOutput } from '#apiserver/http/negotiation.ts'
import { scopeOf } from '#apiserver/http/resource-routes.ts'
import type { RequestContext } from '#apiserver/pipeline.ts'
import { admissionRequest } from '#apiserver/registry/admit.ts'
import { keyOf } from '#apiserver/registry/catalog.ts'
import { writeOptionsObject } from '#apiserver/registry/create.ts'
import { decodeTyped } from '#apiserver/registry/decode.ts'
import type { RegistryDependencies } from '#apiserver/registry/dependencies.ts'
import { cloneJson, metadataOf } from '#apiserver/registry/json.ts'
import { plainError } from '#apiserver/registry/object-store.ts'
import { parseWriteOptions } from '#apiserver/registry/options.ts'
import { ensureNamespace, type Scope } from '#apiserver/registry/scope.ts'
import { setCondition, statusOf } from '#apiserver/subresources/pod-condition.ts'
import { formatTime } from '#sys/clock.ts'

const BINDING = { group: '', version: 'v1', kind: 'Binding' }

interface Binding {
  readonly metadata?: ObjectMeta
  readonly target?: { readonly kind?: string; readonly name?: string }
}

/** Serves `pods/{name}/binding`, and the collection `bindings` when `kind` is Binding. */
export function bindingSubresource(dependencies: RegistryDependencies, pod: KindDefinition) {
  return async (context: RequestContext, kind: KindDefinition): Promise<ApiResponse> => {
    if (context.info.verb !== 'create') throw methodNotAllowed()
    const { request, trail } = context
    const format = negotiateOutput(request.head, { conversions: false })
    const body = await readBody(request)
    const options = parseWriteOptions(request.head.query, 'CreateOptions')
    const draft = decodeTyped(body, BINDING, {
      validation: options.fieldValidation,
      warn: trail.warn,
      audit: trail.audit,
    })
    const scope = scopeOf(context, kind)
    ensureNamespace(scope, draft)
    const binding = draft as Binding
    const name = binding.metadata?.name ?? ''
    if (scope.name !== '' && scope.name !== name) {
      throw badRequest('name in URL does not match name in Binding object')
    }
    const admission = admissionRequest(scope, {
      operation: 'CREATE',
      name,
      dryRun: options.dryRun,
      object: draft,
      options: writeOptionsObject('CreateOptions', options),
    })
    await dependencies.admission.mutate(admission)
    const errors = validateBinding(binding)
    if (errors.length > 0) throw plainError(aggregateFieldErrors(errors))
    await dependencies.admission.validate(admission)
    await assign(dependencies, { ...scope, kind: pod, name }, binding, options.dryRun)
    const status = { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', code: 201 }
    return { type: 'object', code: 201, object: status, format }
  }
}

function validateBinding({ target }: Binding): FieldError[] {
  const path = new Path('target')
  const errors: FieldError[] = []
  if (target?.kind && target.kind !== 'Node') {
    errors.push(notSupportedInOrder(path.child('kind'), target.kind, ['Node', '<empty>']))
  }
  if (!target?.name) errors.push(required(path.child('name')))
  return errors
}

async function assign(
  dependencies: RegistryDependencies,
  scope: Scope,
  binding: Binding,
  dryRun: boolean,
): Promise<void> {
  const { uid, resourceVersion } = binding.metadata ?? {}
  const preconditions = { ...(uid && { uid }), ...(resourceVersion && { resourceVersion }) }
  const key = keyOf(scope.kind, scope.namespace, scope.name)
  const now = formatTime(dependencies.clock.now())
  await dependencies.objects
    .update(scope.kind, key, scope.name, { mayCreate: false, dryRun, preconditions }, async (current) =>
      boundPod(current!.object, binding, now),
    )
    .catch((error: unknown) => {
      if (error instanceof StatusError || !(error instanceof CannotBind)) throw error
      throw conflict({ group: '', resource: 'pods/binding' }, scope.name, error.message)
    })
}

class CannotBind extends Error {}

/** The pod as it is once bound; throws when it cannot be. */
function boundPod(pod: JsonObject, binding: Binding, now: string): JsonObject {
  const draft = cloneJson(pod)
  const metadata = metadataOf(draft)
  const spec = draft['spec'] as { nodeName?: string; schedulingGates?: unknown[] }
  const name = String(metadata['name'])
  if (metadata['deletionTimestamp'])
    throw new CannotBind(`pod ${name} is being deleted, cannot be assigned to a host`)
  if (spec.nodeName)
    throw new CannotBind(`pod ${name} is already assigned to node ${JSON.stringify(spec.nodeName)}`)
  if ((spec.schedulingGates ?? []).length > 0)
    throw new CannotBind(`pod ${name} has non-empty .spec.schedulingGates`)
  spec.nodeName = binding.target!.name!
  merge(metadata, 'annotations', binding.metadata?.annotations)
  merge(metadata, 'labels', binding.metadata?.labels)
  const status = statusOf(draft)
  delete status['nominatedNodeName']
  setCondition(status, { type: 'PodScheduled', status: 'True' }, now)
  return draft
}

function merge(
  metadata: JsonObject,
  field: string,
  added: Readonly<Record<string, string>> | undefined,
): void {
  if (!added || Object.keys(added).length === 0) return
  metadata[field] = { ...(metadata[field] as object | undefined), ...added }
}
