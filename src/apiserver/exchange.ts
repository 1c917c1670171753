// One request and its answer, independent of sockets: what the HTTP server and the in-process transport share.
//
// A transport makes an ApiRequest, `handle` (pipeline.ts) turns it into an ApiResponse, and the transport delivers
// that: the HTTP server encodes it into the negotiated media type, the in-process transport hands over the objects.
// Invariant: no stage of the pipeline knows which of the two it serves.

import type { Duplex } from 'node:stream'
import type { KindDefinition } from '#api/kinds/kind.ts'
import type { JsonObject } from '#api/meta/object.ts'
import type { Level } from '#apiserver/audit/event.ts'
import type { RequestAudit } from '#apiserver/audit/request-audit.ts'
import type { OutputFormat } from '#apiserver/http/negotiation.ts'
import type { RegistryList, RegistryWatch } from '#apiserver/registry/results.ts'
import type { StoredObject } from '#apiserver/registry/stored-object.ts'
import type { RequestHead, UserInfo } from '#apiserver/request.ts'

/** The body of a request: bytes from a socket, read on demand and bounded, or an object that is handed over. */
export type RequestBody =
  | { readonly type: 'none' }
  | { readonly type: 'object'; readonly object: object }
  | { readonly type: 'bytes'; read(): Promise<Uint8Array>; readonly stream: AsyncIterable<Uint8Array> }

export interface ApiRequest {
  readonly head: RequestHead
  /** Path and query as they came, undecoded: what proxies pass on. */
  readonly rawUrl: string
  /** Set by the in-process transport, whose callers the process itself vouches for. */
  readonly user?: UserInfo
  readonly body: RequestBody
  /** Aborts when the client has gone or the server ends the request. */
  readonly signal: AbortSignal
  /** The raw connection of an upgrade request (WebSocket, SPDY/3.1) with what was read beyond its head. */
  readonly upgrade?: { readonly socket: Duplex; readonly head: Uint8Array }
}

export type ResponseHeaders = Readonly<Record<string, string | readonly string[]>>

/** Which kind and version an answer's objects have, so that they can become a Table or protobuf. */
export interface ObjectType {
  readonly kind: KindDefinition
  readonly version: string
}

export type ApiResponse =
  /** One object, in the version of the request; `stored` has its encodings where that is the stored version. */
  | {
      readonly type: 'object'
      readonly code: number
      readonly object: JsonObject
      readonly stored?: StoredObject
      readonly objectType?: ObjectType
      readonly format: OutputFormat
    }
  | { readonly type: 'list'; readonly list: RegistryList; readonly format: OutputFormat }
  | { readonly type: 'watch'; readonly watch: RegistryWatch; readonly format: OutputFormat }
  /** Plain text or prepared bytes: health, metrics, OpenAPI, discovery. */
  | {
      readonly type: 'raw'
      readonly code: number
      readonly headers: ResponseHeaders
      readonly body: Uint8Array | string
    }
  /** Passed through from elsewhere: logs, proxies. */
  | {
      readonly type: 'stream'
      readonly code: number
      readonly headers: ResponseHeaders
      readonly body: AsyncIterable<Uint8Array>
    }
  /** The connection has been taken over (upgrade); nothing more is to be written to it. */
  | { readonly type: 'hijacked' }

/** What a request collects on its way, besides its answer. */
export interface RequestTrail {
  readonly auditId: string
  /** Collects what is recorded of the request; absent when nothing is, or not yet. */
  audit?: RequestAudit
  /** Texts for `Warning` headers, without repeats, in the order in which they were given. */
  readonly warnings: readonly string[]
  warn(text: string): void
  /** More headers of the answer, by lower-case name. */
  readonly headers: Map<string, string>
  /** For the audit; `least` is the level from which on it is recorded, default Metadata. */
  annotate(key: string, value: string, least?: Level): void
}

/** An answer with what the trail adds to its headers. */
export interface HandledResponse {
  readonly response: ApiResponse
  readonly trail: RequestTrail
  /** To be called by the transport when the answer has been delivered, or never will be; with its size where known. */
  finished(bytes?: number): void
}
