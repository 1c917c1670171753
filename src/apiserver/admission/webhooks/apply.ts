// What a webhook's patch makes of the object: an object of the same kind again, defaulted, in the place of the draft.
//
// The patch is applied to the version that the webhook has seen, and the result goes back into the stored version.
// Upstream: callAttrMutatingHook in staging/src/k8s.io/apiserver/pkg/admission/plugin/webhook/mutating/dispatcher.go

import { decodeValue } from '#api/codec/json.ts'
import type { JsonObject } from '#api/meta/object.ts'
import { parseApiVersion } from '#api/meta/object.ts'
import { internalError } from '#api/meta/status.ts'
import { applyJsonPatch, type JsonPatchOperation } from '#api/patch/json-patch.ts'
import { kindSchema } from '#api/schema/schema.ts'
import type { AdmissionRequest } from '#apiserver/admission/plugin.ts'
import type { Invocation } from '#apiserver/admission/webhooks/match.ts'
import { shownAs } from '#apiserver/admission/webhooks/review.ts'
import { toStored } from '#apiserver/registry/catalog.ts'
import { headFirst } from '#apiserver/registry/decode.ts'
import { takeCustomForm } from '#apiserver/registry/decode-custom.ts'
import { equalJson } from '#apiserver/registry/json.ts'

/** Changes `request.object`; gives whether there is a difference. Throws 500 for a patch that does not fit. */
export function applyWebhookPatch(
  request: AdmissionRequest,
  invocation: Invocation,
  webhook: string,
  patch: readonly JsonPatchOperation[],
): boolean {
  const { object } = request
  if (!object) {
    const text = `admission webhook ${JSON.stringify(webhook)} attempted to modify the object, which is not supported for this operation`
    throw internalError(new Error(text))
  }
  const shown = shownAs(object, invocation)!
  try {
    return replaceObject(request, invocation, applyJsonPatch(shown, patch))
  } catch (error) {
    throw internalError(error)
  }
}

/**
 * Puts `next`, in the version of the invocation, in the place of the request's object; gives whether they differ. Throws
 * where it is no object of its kind.
 */
export function replaceObject(request: AdmissionRequest, invocation: Invocation, next: JsonObject): boolean {
  const object = request.object!
  const shown = shownAs(object, invocation)!
  const patched = decodePatched(next, shown, invocation)
  if (equalJson(patched, shown)) return false
  const isOwn = shown['kind'] === invocation.kind.kind
  const stored = isOwn ? toStored(invocation.kind, patched, invocation.version) : patched
  if (isOwn) invocation.kind.defaults?.(stored)
  for (const name of Object.keys(object)) delete object[name]
  Object.assign(object, stored)
  return true
}

function decodePatched(patched: JsonObject, shown: JsonObject, { kind }: Invocation): JsonObject {
  const { group, version } = parseApiVersion(String(shown['apiVersion']))
  const type = { group, version, kind: String(shown['kind']) }
  const decoded =
    kind.custom && type.kind === kind.kind
      ? takeCustomForm(patched, kind.custom, 'Ignore')
      : decodeValue(patched, kindSchema(type.group, type.version, type.kind))
  return headFirst(type, decoded.object)
}
