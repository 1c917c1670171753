// Follows a prefix of the store: lists it at one revision, then watches from the next, for as long as it is told to.
//
// ```
//   list at R ─▶ replace ─▶ watch from R+1 ─▶ batches …
//     ▲                        │ connection lost: watch again from where it was
//     └── compacted meanwhile ─┘
// ```
// Upstream: the reflector in staging/src/k8s.io/apiserver/pkg/storage/cacher/cacher.go

import { setImmediate as nextTurn } from 'node:timers/promises'
import { TransformError } from '#apiserver/encryption/value-transformer.ts'
import {
  CompactedError,
  type KeyValue,
  prefixEnd,
  type Revision,
  type Store,
  type WatchBatch,
} from '#store/store.ts'
import type { Clock } from '#sys/clock.ts'
import type { Logger } from '#sys/log.ts'

/** So many objects are read at once. */
const PAGE = 500
const FIRST_RETRY_MS = 50
const LAST_RETRY_MS = 5_000

export interface FollowOptions {
  readonly store: Store
  readonly prefix: string
  readonly clock: Clock
  readonly log: Logger
  /** The whole state at a revision. */
  replace(kvs: readonly KeyValue[], revision: Revision): void
  apply(batch: WatchBatch): void
  /** Told of each failure before the next try. */
  onFailure(error: Error): void
}

/** Resolves when `signal` has aborted; never rejects. */
export async function follow(options: FollowOptions, signal: AbortSignal): Promise<void> {
  const { clock, log, prefix } = options
  /** The revision that is known; 0: list first. */
  let known: Revision = 0
  let retryMs = FIRST_RETRY_MS
  while (!signal.aborted) {
    try {
      if (known === 0) known = await listAll(options, signal)
      await watchFrom(options, known + 1, signal, (revision) => {
        known = revision
        retryMs = FIRST_RETRY_MS
      })
    } catch (cause) {
      if (signal.aborted) return
      const error = cause instanceof Error ? cause : new Error(String(cause))
      if (error instanceof CompactedError || error instanceof TransformError) known = 0
      options.onFailure(error)
      log.warn({ prefix, error: error.message, retryMs }, 'the watch of the store was lost, trying again')
      await clock.sleep(retryMs, signal).catch(() => undefined)
      retryMs = Math.min(LAST_RETRY_MS, retryMs * 2)
    }
  }
}

async function listAll(options: FollowOptions, signal: AbortSignal): Promise<Revision> {
  const { store, prefix } = options
  const kvs: KeyValue[] = []
  const end = prefixEnd(prefix)
  let start = prefix
  let revision: Revision = 0
  for (;;) {
    const page = await store.range({ start, end, limit: PAGE, ...(revision && { revision }) })
    signal.throwIfAborted()
    if (revision === 0) revision = page.revision
    kvs.push(...page.kvs)
    if (!page.more) break
    start = `${page.kvs.at(-1)!.key}\0`
    await nextTurn()
  }
  options.replace(kvs, revision)
  return revision
}

/** Watches until the signal aborts; rejects with what the watch ended with. */
async function watchFrom(
  { store, prefix, apply }: FollowOptions,
  fromRevision: Revision,
  signal: AbortSignal,
  onProgress: (revision: Revision) => void,
): Promise<void> {
  const controller = new AbortController()
  const stop = () => controller.abort()
  signal.addEventListener('abort', stop, { once: true })
  if (signal.aborted) stop()
  try {
    await new Promise<void>((resolve, reject) => {
      const request = {
        start: prefix,
        end: prefixEnd(prefix),
        fromRevision,
        signal: controller.signal,
        onBatch(batch: WatchBatch) {
          try {
            apply(batch)
          } catch (error) {
            stop()
            reject(error instanceof Error ? error : new Error(String(error)))
            return
          }
          onProgress(batch.revision)
        },
        onEnd: (error: Error | undefined) => (error ? reject(error) : resolve()),
      }
      store.watch(request).catch(reject)
    })
  } finally {
    signal.removeEventListener('abort', stop)
    stop()
  }
}
