// Resource versions as clients send them back: what they may be, and what is said when one cannot be served.
//
// Upstream: staging/src/k8s.io/apiserver/pkg/storage/{api_object_versioner.go,errors.go,etcd3/errors.go}

import {
  badRequest,
  expired,
  failure,
  type StatusError,
  StatusError as StatusErrorClass,
} from '#api/meta/status.ts'
import { encodeContinue } from '#apiserver/registry/continue-token.ts'

/** '' and '0' give 0; nonsense throws 400. */
export function parseResourceVersion(text: string): number {
  if (text === '' || text === '0') return 0
  if (!isResourceVersion(text)) throw badRequest(`invalid resource version: ${invalidVersion(text)}`)
  return Number(text)
}

/** A number of 64 bits, or ''. */
export const isResourceVersion = (text: string): boolean =>
  /^\d*$/.test(text) && BigInt.asUintN(64, BigInt(text)) === BigInt(text)

export function invalidVersion(text: string): string {
  const quoted = JSON.stringify(text)
  const why = /^\d+$/.test(text) ? 'value out of range' : 'invalid syntax'
  return `resourceVersion: Invalid value: ${quoted}: strconv.ParseUint: parsing ${quoted}: ${why}`
}

/** The client has seen a revision that this server has not reached. */
export function tooLargeResourceVersion(
  wanted: number,
  current: number,
  retryAfterSeconds: number,
): StatusError {
  return failure(504, 'Timeout', `Timeout: Too large resource version: ${wanted}, current: ${current}`, {
    causes: [{ reason: 'ResourceVersionTooLarge', message: 'Too large resource version' }],
    retryAfterSeconds,
  })
}

const INCONSISTENT =
  'The provided continue parameter is too old to display a consistent list result. You can start a new list without the continue parameter, or use the continue token in this response to retrieve the remainder of the results. Continuing with the provided token results in an inconsistent list - objects that were created, modified, or deleted between the time the first chunk was returned and now may show up in the list.'

/** 410 for a page whose revision is compacted away, with a token that goes on at the newest revision. */
export function expiredContinue(fromKey: string, prefix: string): StatusError {
  const { status } = expired(INCONSISTENT)
  return new StatusErrorClass({ ...status, metadata: { continue: encodeContinue(fromKey, prefix, -1) } })
}

export const expiredList = (): StatusError => expired('The resourceVersion for the provided list is too old.')
