// How a request reaches the API server: the seam between the client and the two ways there.
//
// HTTPS (https-transport.ts) for components in other processes; in-process (apiserver/in-process-transport.ts)
// for those that live with the API server: the same pipeline (authentication, authorization, admission,
// registry) without sockets and without serialising. Clients never see which one they have.

import type { JsonObject } from '#api/meta/object.ts'
import { failure, type StatusError } from '#api/meta/status.ts'

export interface TransportRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  /** Path without query: `/apis/apps/v1/namespaces/default/deployments/web/status`. */
  readonly path: string
  readonly query: Readonly<Record<string, string>>
  /** Default `application/json`; patches name theirs. */
  readonly contentType?: string
  readonly body?: object
  readonly signal?: AbortSignal
  /** A bearer token for this request, instead of the connection's. In process, where one is somebody anyway, unused. */
  readonly token?: string
}

/** What a watch delivers. An `ERROR` event arrives as a rejected StatusError instead. */
export interface WatchEvent {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK'
  readonly object: JsonObject
}

export interface Transport {
  /** Resolves with the decoded answer; rejects with StatusError, or ConnectionError when nobody answered. */
  request(request: TransportRequest): Promise<JsonObject>
  /**
   * Opens a watch and calls `onEvent` in order. Resolves when the server ends it or the signal aborts;
   * rejects with StatusError (410 `Expired` among them) or ConnectionError.
   */
  watch(request: TransportRequest, onEvent: (event: WatchEvent) => void): Promise<void>
}

/** The API server could not be reached, or the connection broke; the request may be tried again. */
export class ConnectionError extends Error {
  constructor(what: string, options?: ErrorOptions) {
    super(what, options)
    this.name = 'ConnectionError'
  }
}

/** What the code of an answer without a Status says all the same. */
const REASONS: Readonly<Record<number, string>> = { 404: 'NotFound', 429: 'TooManyRequests' }

/** The error of an answer that is text and no Status: from flow control, or from a proxy in between. */
export function answerError(code: number, message: string): StatusError {
  return failure(code, REASONS[code] ?? 'Unknown', message)
}
