// The question that is put to a webhook, and what its answer means.
//
// Upstream: staging/src/k8s.io/apiserver/pkg/admission/plugin/webhook/{request/admissionreview.go,errors/statuserror.go}

import type { JsonObject } from '#api/meta/object.ts'
import { parseApiVersion } from '#api/meta/object.ts'
import { failure, type StatusDetails, type StatusError } from '#api/meta/status.ts'
import type { JsonPatchOperation } from '#api/patch/json-patch.ts'
import type { AdmissionRequest } from '#apiserver/admission/plugin.ts'
import type { Invocation } from '#apiserver/admission/webhooks/match.ts'
import { toVersion } from '#apiserver/registry/catalog.ts'

/** The webhook could not be asked, or its answer cannot be used; `failurePolicy` says what follows. */
export class CallError extends Error {}

const GROUP = 'admission.k8s.io'

/** The AdmissionReview for a request; throws CallError when the webhook reads no version that there is. */
export function reviewOf(
  request: AdmissionRequest,
  invocation: Invocation,
  versions: readonly string[],
  uid: string,
): JsonObject {
  const version = versions.find((one) => one === 'v1' || one === 'v1beta1')
  if (version === undefined) {
    const text = 'webhook does not accept known AdmissionReview versions (v1, v1beta1)'
    throw new CallError(`could not create admission objects: ${text}`)
  }
  const { kind, user, subresource } = request
  const type = typeOf(request, invocation)
  const requestType = typeOf(request, { kind, version: request.version })
  const resource = { group: kind.group, version: request.version, resource: kind.resource }
  return {
    kind: 'AdmissionReview',
    apiVersion: `${GROUP}/${version}`,
    request: {
      uid,
      kind: type,
      resource: { ...resource, version: invocation.version },
      ...(subresource !== '' && { subResource: subresource }),
      requestKind: requestType,
      requestResource: resource,
      ...(subresource !== '' && { requestSubResource: subresource }),
      ...(request.name !== '' && { name: request.name }),
      ...(request.namespace !== '' && { namespace: request.namespace }),
      operation: request.operation,
      userInfo: {
        username: user.name,
        ...(user.uid && { uid: user.uid }),
        groups: user.groups,
        ...(user.extra && Object.keys(user.extra).length > 0 && { extra: user.extra }),
      },
      object: shownAs(request.object, invocation),
      oldObject: shownAs(request.oldObject, invocation),
      dryRun: request.dryRun,
      options: request.options ?? null,
    },
  }
}

/** Subresources may carry a kind of their own: a Binding, the options of an exec. */
function typeOf({ object }: AdmissionRequest, { kind, version }: Invocation) {
  if (object && isOther(object, kind.kind)) {
    const own = parseApiVersion(String(object['apiVersion']))
    return { group: own.group, version: own.version, kind: object['kind'] }
  }
  return { group: kind.group, version, kind: kind.kind }
}

const isOther = (object: JsonObject, kind: string): boolean =>
  typeof object['kind'] === 'string' && object['kind'] !== kind

/** An object in the version that the webhook reads. */
export function shownAs(object: JsonObject | undefined, { kind, version }: Invocation): JsonObject | null {
  if (object === undefined) return null
  return isOther(object, kind.kind) ? object : toVersion(kind, object, version)
}

export interface Verdict {
  readonly allowed: boolean
  readonly result: Partial<StatusError['status']> | undefined
  readonly patch: readonly JsonPatchOperation[]
  readonly warnings: readonly string[]
  readonly annotations: Readonly<Record<string, string>>
}

interface Response {
  readonly uid?: string
  readonly allowed?: boolean
  readonly status?: Partial<StatusError['status']>
  readonly patch?: string
  readonly patchType?: string
  readonly warnings?: readonly string[]
  readonly auditAnnotations?: Readonly<Record<string, string>>
}

/** Reads the answer to `review`; throws CallError for one that is none. */
export function verdictOf(answer: JsonObject, review: JsonObject, mayPatch: boolean): Verdict {
  const wrong = (text: string): Error => new CallError(`received invalid webhook response: ${text}`)
  const response = answer['response'] as Response | undefined
  if (!response) throw wrong('webhook response was absent')
  if (review['apiVersion'] === `${GROUP}/v1`) {
    const { uid } = review['request'] as { uid: string }
    const { patch, patchType } = response
    if (response.uid !== uid) {
      throw wrong(`expected response.uid=${JSON.stringify(uid)}, got ${JSON.stringify(response.uid ?? '')}`)
    }
    if (answer['apiVersion'] !== review['apiVersion'] || answer['kind'] !== review['kind']) {
      const shown = `${String(answer['apiVersion'] ?? '')}, Kind=${String(answer['kind'] ?? '')}`
      throw wrong(`expected webhook response of ${GROUP}/v1, Kind=AdmissionReview, got ${shown}`)
    }
    if (!mayPatch && patch) throw wrong('validating webhook may not return response.patch')
    if (!mayPatch && patchType) throw wrong('validating webhook may not return response.patchType')
    if (patch && !patchType) throw wrong('webhook returned response.patch but not response.patchType')
    if (!patch && patchType) throw wrong('webhook returned response.patchType but not response.patch')
  }
  return {
    allowed: response.allowed === true,
    result: response.status,
    patch: mayPatch ? patchIn(response) : [],
    warnings: response.warnings ?? [],
    annotations: response.auditAnnotations ?? {},
  }
}

function patchIn({ patch, patchType }: Response): readonly JsonPatchOperation[] {
  if (!patch) return []
  if (patchType && patchType !== 'JSONPatch')
    throw new CallError(`unsupported patch type ${JSON.stringify(patchType)}`)
  try {
    return JSON.parse(Buffer.from(patch, 'base64').toString('utf8')) as JsonPatchOperation[]
  } catch (error) {
    throw new CallError(`received undecodable patch in webhook response: ${(error as Error).message}`)
  }
}

/** The error that the client gets for a request that a webhook has refused. */
export function refusal(name: string, result: Verdict['result']): StatusError {
  const deniedBy = `admission webhook ${JSON.stringify(name)} denied the request`
  const why = result?.message || result?.reason
  const code = Math.max(result?.code ?? 0, 400)
  const details = result?.details as StatusDetails | undefined
  return failure(
    code,
    result?.reason ?? '',
    why ? `${deniedBy}: ${why}` : `${deniedBy} without explanation`,
    details,
  )
}
