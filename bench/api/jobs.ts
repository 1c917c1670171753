// What a client process is told to do, and what it reports; both travel as JSON between the processes.

import type { Connection } from '#bench/api/connection.ts'
import type { Encoding } from '#bench/api/objects.ts'

/** `library` is @kubernetes/client-node as its users have it; `raw` is plain HTTP. */
export type ClientKind = 'library' | 'raw'

export type LoopOperation = 'get' | 'create' | 'update' | 'patch' | 'apply'

export type Job =
  /** One operation again and again, `parallel` at a time, over the indices `first`, `first + step`, … below `end`. */
  | {
      readonly type: 'loop'
      readonly operation: LoopOperation
      readonly client: ClientKind
      readonly encoding: Encoding
      readonly parallel: number
      readonly first: number
      readonly step: number
      readonly end: number
      /** Where to create; absent: spread over the namespaces of the measurement. */
      readonly namespace?: string
      /** Begins anew at `first` until so much time is over; absent: each index once. */
      readonly durationMs?: number
    }
  | {
      readonly type: 'list'
      readonly client: ClientKind
      readonly encoding: Encoding
      readonly query: ListQuery
      readonly times: number
      readonly parallel: number
    }
  /** Watches the config maps of the scratch namespace until each watcher has seen so many stamped events. */
  | {
      readonly type: 'watch'
      readonly encoding: Encoding
      readonly watchers: number
      readonly events: number
    }
  /** Writes stamped config maps, one each `intervalMs`. */
  | { readonly type: 'stamp'; readonly count: number; readonly intervalMs: number }
  /** An informer of all pods, from its start until it has all of them. */
  | {
      readonly type: 'informer'
      readonly client: ClientKind
      readonly encoding: Encoding
      readonly times: number
    }

export interface ListQuery {
  readonly namespace?: string
  readonly labelSelector?: string
  readonly limit?: number
  readonly resourceVersion?: string
}

export interface JobResult {
  readonly elapsedMs: number
  /** Milliseconds of each single one. */
  readonly latencies: readonly number[]
}

export type ToClient = { readonly connection: Connection; readonly job: Job }
export type FromClient =
  | { readonly type: 'ready' }
  | { readonly type: 'done'; readonly result: JobResult }
  | { readonly type: 'failed'; readonly error: string }
