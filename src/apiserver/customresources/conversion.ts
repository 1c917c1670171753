// Conversion of custom objects by a webhook: asked with a list, answered with the same list in another version.
//
// A webhook may change everything but who an object is: of metadata only labels and annotations are taken from its answer.
// Upstream: staging/src/k8s.io/apiextensions-apiserver/pkg/apiserver/conversion/webhook_converter.go

import type { CustomConversion } from '#api/kinds/kind.ts'
import type { JsonObject } from '#api/meta/object.ts'
import { internalError } from '#api/meta/status.ts'
import type { ServerAccess } from '#apiserver/access.ts'
import { callWebhook } from '#apiserver/admission/webhooks/call.ts'

/** Gives `objects` in `apiVersion`, in their order; those that are in it already are not sent. Throws 500. */
export type Convert = (
  conversion: CustomConversion,
  objects: readonly JsonObject[],
  apiVersion: string,
) => Promise<readonly JsonObject[]>

const GROUP = 'apiextensions.k8s.io'
const TIMEOUT_SECONDS = 30

export function conversionByWebhook(access: ServerAccess): Convert {
  return async (conversion, objects, apiVersion) => {
    const sent = objects.filter((object) => object['apiVersion'] !== apiVersion)
    if (sent.length === 0) return objects
    const { apiVersion: from, kind } = sent[0] as { apiVersion: string; kind: string }
    const fail = (text: string): Error =>
      internalError(new Error(`conversion webhook for ${from}, Kind=${kind} ${text}`))
    const version = conversion.reviewVersions.find((one) => one === 'v1' || one === 'v1beta1') ?? 'v1'
    const request = { uid: access.random.uuid(), desiredAPIVersion: apiVersion, objects: sent }
    const review = { kind: 'ConversionReview', apiVersion: `${GROUP}/${version}`, request }
    let answer: JsonObject
    try {
      answer = await callWebhook(access, conversion.client, review, TIMEOUT_SECONDS)
    } catch (error) {
      throw fail(`failed: ${(error as Error).message.replace('failed to call webhook: ', '')}`)
    }
    const converted = convertedIn(answer, request.uid, fail)
    if (converted.length !== sent.length) {
      throw fail(`returned ${converted.length} objects, expected ${sent.length}`)
    }
    const wrong = converted.findIndex(
      (object) => object['apiVersion'] !== apiVersion || object['kind'] !== kind,
    )
    if (wrong >= 0) {
      const got = String(converted[wrong]?.['apiVersion'])
      throw fail(
        `returned invalid converted object at index ${wrong}: invalid groupVersion (expected ${apiVersion}, received ${got})`,
      )
    }
    const results = new Map(sent.map((object, i) => [object, withIdentityOf(object, converted[i]!)]))
    return objects.map((object) => results.get(object) ?? object)
  }
}

interface Response {
  readonly uid?: string
  readonly result?: { readonly status?: string; readonly message?: string }
  readonly convertedObjects?: readonly JsonObject[]
}

function convertedIn(answer: JsonObject, uid: string, fail: (text: string) => Error): readonly JsonObject[] {
  const response = answer['response'] as Response | undefined
  if (!response) throw fail('failed: no response provided')
  if (response.uid !== uid)
    throw fail(
      `failed: expected response.uid=${JSON.stringify(uid)}, got ${JSON.stringify(response.uid ?? '')}`,
    )
  const { status, message } = response.result ?? {}
  if (status !== 'Success')
    throw fail(`failed: ${message || `invalid response.result.status: ${JSON.stringify(status ?? '')}`}`)
  return response.convertedObjects ?? []
}

function withIdentityOf(original: JsonObject, converted: JsonObject): JsonObject {
  const { labels: _labels, annotations: _annotations, ...own } = (original['metadata'] ?? {}) as JsonObject
  const { labels, annotations } = (converted['metadata'] ?? {}) as JsonObject
  const metadata = { ...own, ...(labels ? { labels } : {}), ...(annotations ? { annotations } : {}) }
  return { ...converted, metadata }
}
