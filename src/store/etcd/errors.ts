// etcd's errors as the store's. Source of the texts: etcd's api/v3/v3rpc/rpctypes/error.go

import { type ServiceError, status } from '@grpc/grpc-js'
import {
  CompactedError,
  FutureRevisionError,
  LeaseNotFoundError,
  RequestTooLargeError,
  StoreUnavailableError,
} from '#store/store.ts'

export function isServiceError(error: unknown): error is ServiceError {
  return error instanceof Error && 'code' in error && 'details' in error
}

/** What a call failed with, in the store's words. `compactRevision` is the newest that is known. */
export function storeError(error: unknown, compactRevision: number): Error {
  if (!isServiceError(error)) return error instanceof Error ? error : new Error(String(error))
  const { code, details } = error
  if (details.includes('required revision has been compacted')) return new CompactedError(compactRevision)
  if (details.includes('required revision is a future revision')) return new FutureRevisionError()
  if (details.includes('requested lease not found')) return new LeaseNotFoundError()
  if (details.includes('request is too large')) return new RequestTooLargeError()
  return new StoreUnavailableError(`etcd: ${details || status[code]}`, { cause: error })
}

/** The request did not get as far as to be carried out: no connection, or no leader to give it to. */
export function wasNotSent(error: unknown): boolean {
  if (!isServiceError(error) || error.code !== status.UNAVAILABLE) return false
  return /No connection established|ECONNREFUSED|Name resolution failed|no leader|Failed to connect/.test(
    error.details,
  )
}

/** Another member may do better. */
export function isEndpointFailure(error: unknown): boolean {
  return (
    isServiceError(error) && (error.code === status.UNAVAILABLE || error.code === status.DEADLINE_EXCEEDED)
  )
}
