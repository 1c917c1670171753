// Eviction: a deletion of a pod that asks the disruption budgets first.
//
// One healthy pod less has to be allowed by the budget that selects it; the allowance is taken before the pod is
// deleted, so that two evictions never share one. 429 tells the client to come back.
// Upstream: pkg/registry/core/pod/storage/eviction.go

import type { KindDefinition } from '#api/kinds/kind.ts'
import type { JsonObject, ObjectMeta } from '#api/meta/object.ts'
import { matchesLabels, selectorOf } from '#api/meta/selectors.ts'
import {
  badRequest,
  failure,
  forbidden,
  isConflict,
  methodNotAllowed,
  notFound,
  timeout,
  tooManyRequests,
} from '#api/meta/status.ts'
import { podDisruptionBudgets } from '#api/resources.ts'
import type { Pod } from '#api/types/core.ts'
import type { PodDisruptionBudget } from '#api/types/policy.ts'
import { createAdmission } from '#apiserver/admission/chain.ts'
import type { ApiResponse } from '#apiserver/exchange.ts'
import { readBody } from '#apiserver/http/body.ts'
import { negotiateOutput } from '#apiserver/http/negotiation.ts'
import { scopeOf } from '#apiserver/http/resource-routes.ts'
import type { RequestContext } from '#apiserver/pipeline.ts'
import { admissionRequest } from '#apiserver/registry/admit.ts'
import { keyOf } from '#apiserver/registry/catalog.ts'
import { writeOptionsObject } from '#apiserver/registry/create.ts'
import { decodeTyped } from '#apiserver/registry/decode.ts'
import { deleteObject } from '#apiserver/registry/delete.ts'
import type { RegistryDependencies } from '#apiserver/registry/dependencies.ts'
import { cloneJson } from '#apiserver/registry/json.ts'
import { plainError } from '#apiserver/registry/object-store.ts'
import { type DeleteOptions, parseDeleteOptions, parseWriteOptions } from '#apiserver/registry/options.ts'
import type { Scope } from '#apiserver/registry/scope.ts'
import { updateObject } from '#apiserver/registry/update.ts'
import { setCondition, statusOf } from '#apiserver/subresources/pod-condition.ts'
import type { Client } from '#client/client.ts'
import { formatTime } from '#sys/clock.ts'

const EVICTION = { group: 'policy', version: 'v1', kind: 'Eviction' }
/** Clients before v1.22 drain nodes with it. */
const FORMER_VERSIONS = ['v1beta1']

/** Conflicts with other writers of the pod or the budget are tried again so often. */
const TRIES = 20
const RETRY_MS = 500

/** More evictions than that without a word from the budget's controller mean that it is not there. */
const MAX_DISRUPTED_PODS = 2000

interface Eviction {
  readonly metadata?: ObjectMeta
  readonly deleteOptions?: JsonObject
}

export function evictionSubresource(dependencies: RegistryDependencies, client: Client) {
  // the eviction itself has been admitted; the writes that it causes are the server's own
  const inner: RegistryDependencies = { ...dependencies, admission: createAdmission([]) }
  return async (context: RequestContext, kind: KindDefinition): Promise<ApiResponse> => {
    if (context.info.verb !== 'create') throw methodNotAllowed()
    const { request, trail } = context
    const format = negotiateOutput(request.head, { conversions: false })
    const body = await readBody(request)
    const options = parseWriteOptions(request.head.query, 'CreateOptions')
    const draft = decodeTyped(body, EVICTION, {
      validation: options.fieldValidation,
      warn: trail.warn,
      formerVersions: FORMER_VERSIONS,
      audit: trail.audit,
    })
    const scope = scopeOf(context, kind)
    const eviction = draft as Eviction
    const admission = admissionRequest(scope, {
      operation: 'CREATE',
      dryRun: options.dryRun,
      object: draft,
      options: writeOptionsObject('CreateOptions', options),
    })
    await dependencies.admission.mutate(admission)
    if (eviction.metadata?.name !== scope.name)
      throw badRequest('name in URL does not match name in Eviction object')
    await dependencies.admission.validate(admission)
    const given = parseDeleteOptions(new URLSearchParams(), eviction.deleteOptions ?? {})
    await evict(inner, client, scope, { ...given, dryRun: given.dryRun || options.dryRun })
    const status = { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', code: 201 }
    return { type: 'object', code: 201, object: status, format }
  }
}

async function evict(
  dependencies: RegistryDependencies,
  client: Client,
  scope: Scope,
  options: DeleteOptions,
): Promise<void> {
  const hasVersion = options.preconditions?.resourceVersion !== undefined
  for (let tries = 1; ; tries++) {
    const pod = await readPod(dependencies, scope)
    if (!ignoresBudgets(pod)) return evictHealthy(dependencies, client, scope, pod, options)
    try {
      // a pod that still starts could become healthy in between: only this state of it may go without asking
      const isFinal = pod.status?.phase !== 'Pending' || pod.metadata?.deletionTimestamp !== undefined
      return await markAndDelete(
        dependencies,
        scope,
        isFinal || hasVersion ? options : withVersion(options, pod),
      )
    } catch (error) {
      if (!isConflict(error) || hasVersion || tries === TRIES) throw error
      await dependencies.clock.sleep(RETRY_MS, scope.signal)
    }
  }
}

async function readPod(dependencies: RegistryDependencies, scope: Scope): Promise<Pod> {
  const found = await dependencies.objects.read(scope.kind, keyOf(scope.kind, scope.namespace, scope.name))
  if (!found) throw notFound({ group: '', resource: 'pods' }, scope.name)
  return found.object as unknown as Pod
}

/** What is over, ending, or has not begun is no loss to its budget. */
function ignoresBudgets(pod: Pod): boolean {
  const phase = pod.status?.phase
  return (
    phase === 'Succeeded' ||
    phase === 'Failed' ||
    phase === 'Pending' ||
    pod.metadata?.deletionTimestamp !== undefined
  )
}

function withVersion(options: DeleteOptions, pod: Pod): DeleteOptions {
  return {
    ...options,
    preconditions: { ...options.preconditions, resourceVersion: pod.metadata!.resourceVersion! },
  }
}

async function evictHealthy(
  dependencies: RegistryDependencies,
  client: Client,
  scope: Scope,
  pod: Pod,
  options: DeleteOptions,
): Promise<void> {
  const budget = await budgetOf(client, pod)
  if (!budget) return markAndDelete(dependencies, scope, options)
  if (!isReady(pod) && mayEvictUnhealthy(budget)) {
    try {
      return await markAndDelete(dependencies, scope, withVersion(options, pod))
    } catch (error) {
      if (!isConflict(error) || options.preconditions?.resourceVersion !== undefined) throw error
      throw stillProcessing(budget.metadata?.name ?? '')
    }
  }
  await takeAllowance(dependencies, client, scope, budget, options.dryRun)
  return markAndDelete(dependencies, scope, options)
}

async function budgetOf(client: Client, pod: Pod): Promise<PodDisruptionBudget | undefined> {
  const list = await client.resource(podDisruptionBudgets).list({ namespace: pod.metadata?.namespace ?? '' })
  const selecting = list.items.filter((budget) => {
    try {
      return matchesLabels(selectorOf(budget.spec?.selector), pod.metadata?.labels)
    } catch {
      return false // a selector that cannot be read selects nothing
    }
  })
  if (selecting.length > 1) {
    throw plainError(
      'This pod has more than one PodDisruptionBudget, which the eviction subresource does not support.',
    )
  }
  return selecting[0]
}

const isReady = (pod: Pod): boolean =>
  (pod.status?.conditions ?? []).some(({ type, status }) => type === 'Ready' && status === 'True')

function mayEvictUnhealthy({ spec, status }: PodDisruptionBudget): boolean {
  if (spec?.unhealthyPodEvictionPolicy === 'AlwaysAllow') return true
  return (status?.desiredHealthy ?? 0) > 0 && (status?.currentHealthy ?? 0) >= (status?.desiredHealthy ?? 0)
}

async function takeAllowance(
  dependencies: RegistryDependencies,
  client: Client,
  scope: Scope,
  first: PodDisruptionBudget,
  dryRun: boolean,
): Promise<void> {
  const budgets = client.resource(podDisruptionBudgets)
  let budget = first
  for (let tries = 1; ; tries++) {
    const now = formatTime(dependencies.clock.now())
    const next = decremented(budget, scope.name, now)
    if (dryRun) return
    try {
      await budgets.updateStatus(next)
      return
    } catch (error) {
      if (!isConflict(error)) throw error
      if (tries === TRIES) {
        throw timeout(
          `couldn't update PodDisruptionBudget ${JSON.stringify(budget.metadata?.name)} due to conflicts`,
          10,
        )
      }
      await dependencies.clock.sleep(RETRY_MS, scope.signal)
      budget = await budgets.get(scope.namespace, budget.metadata?.name ?? '')
    }
  }
}

const VIOLATION = "Cannot evict pod as it would violate the pod's disruption budget."

const stillProcessing = (name: string): Error =>
  tooManyRequests(VIOLATION, 10, [
    {
      reason: 'DisruptionBudget',
      message: `The disruption budget ${name} is still being processed by the server.`,
    },
  ])

/** The budget with one disruption less and the pod among the disrupted; throws 429 or 403 where it allows none. */
export function decremented(budget: PodDisruptionBudget, podName: string, now: string): PodDisruptionBudget {
  const name = budget.metadata?.name ?? ''
  const status = budget.status
  const allowed = status?.disruptionsAllowed ?? 0
  const refuse = (why: string): Error =>
    forbidden({ group: 'policy', resource: 'poddisruptionbudget' }, name, why)
  if ((status?.observedGeneration ?? 0) < (budget.metadata?.generation ?? 0)) throw stillProcessing(name)
  if (allowed < 0) throw refuse('pdb disruptions allowed is negative')
  if (Object.keys(status?.disruptedPods ?? {}).length > MAX_DISRUPTED_PODS) {
    throw refuse('DisruptedPods map too big - too many evictions not confirmed by PDB controller')
  }
  if (allowed === 0) {
    const causes = [{ reason: 'DisruptionBudget', message: whyNone(budget) }]
    throw failure(429, 'TooManyRequests', VIOLATION, { causes })
  }
  const disruptedPods = { ...status?.disruptedPods, [podName]: now }
  const next = { ...(cloneJson(status) as object), disruptionsAllowed: allowed - 1, disruptedPods }
  return { ...budget, status: next as unknown as NonNullable<PodDisruptionBudget['status']> }
}

function whyNone({ metadata, status }: PodDisruptionBudget): string {
  const name = metadata?.name ?? ''
  const condition = (status?.conditions ?? []).find(({ type }) => type === 'DisruptionAllowed')
  const isExplained = condition?.status === 'False' && condition.message !== ''
  if (isExplained && condition.reason === 'SyncFailed') {
    return `The disruption budget ${name} does not allow evicting pods currently because it failed sync: ${condition.message}`
  }
  const [desired, current] = [status?.desiredHealthy ?? 0, status?.currentHealthy ?? 0]
  if (current <= desired) {
    return `The disruption budget ${name} needs ${desired} healthy pods and has ${current} currently`
  }
  if (isExplained) {
    return `The disruption budget ${name} does not allow evicting pods currently (${condition.reason}): ${condition.message}`
  }
  return `The disruption budget ${name} does not allow evicting pods currently`
}

/** Says in the pod's status why it goes, and deletes it. */
async function markAndDelete(
  dependencies: RegistryDependencies,
  scope: Scope,
  options: DeleteOptions,
): Promise<void> {
  const { preconditions } = options
  let expected = preconditions
  if (!options.dryRun) {
    const { stored } = await updateObject(
      dependencies,
      { ...scope, subresource: 'status' },
      {
        options: { dryRun: false, fieldManager: '', fieldValidation: 'Ignore' },
        uid: preconditions?.uid,
        async makeNew(current) {
          if (!current) throw notFound({ group: '', resource: 'pods' }, scope.name)
          const draft = cloneJson(current)
          checkVersion(scope, draft, preconditions?.resourceVersion)
          const status = statusOf(draft)
          const reason = { reason: 'EvictionByEvictionAPI', message: 'Eviction API: evicting' }
          const condition = { type: 'DisruptionTarget', status: 'True', ...reason }
          setCondition(status, condition, formatTime(dependencies.clock.now()))
          return draft
        },
      },
    )
    if (preconditions?.resourceVersion !== undefined) {
      expected = { ...preconditions, resourceVersion: String(stored.revision) }
    }
  }
  await deleteObject(
    dependencies,
    { ...scope, subresource: '' },
    { ...options, ...(expected && { preconditions: expected }) },
  )
}

function checkVersion(scope: Scope, pod: JsonObject, wanted: string | undefined): void {
  const { resourceVersion } = pod['metadata'] as ObjectMeta
  if (wanted === undefined || wanted === resourceVersion) return
  const why = `the ResourceVersion in the precondition (${wanted}) does not match the ResourceVersion in record (${resourceVersion}). The object might have been modified`
  throw failure(
    409,
    'Conflict',
    `Operation cannot be fulfilled on Pod ${JSON.stringify(scope.name)}: ${why}`,
    {
      name: scope.name,
      kind: 'Pod',
    },
  )
}
