// One watch of etcd over all keys, from a revision on: whole revisions, in order, until it ends.
//
// Upstream: etcd's client/v3/watch.go

import type { EtcdConnection } from '#store/etcd/connection.ts'
import { storeError } from '#store/etcd/errors.ts'
import { type EtcdEvent, type EtcdWatchResponse, toStoreEvent } from '#store/etcd/messages.ts'
import { CompactedError, type Revision, type StoreEvent, StoreUnavailableError } from '#store/store.ts'
import type { Clock } from '#sys/clock.ts'

/** The range that etcd takes for all keys. */
const ALL_KEYS = { key: Buffer.from('\0'), rangeEnd: Buffer.from('\0') }
/** How long etcd may take to answer that the watch is there. */
const CREATE_MS = 10_000

export interface WatchStreamHandlers {
  /** `revision` is that of the last event. */
  onEvents(events: readonly StoreEvent[], revision: Revision): void
  /** Called once, and not after `close`. */
  onEnd(error: Error): void
}

export interface WatchStream {
  /** The watch sees everything after this revision. */
  readonly after: Revision
  close(): void
}

/** Opens it; `fromRevision` 0: from now. Rejects with StoreUnavailableError or CompactedError. */
export function openWatchStream(
  connection: EtcdConnection,
  clock: Clock,
  fromRevision: Revision,
  handlers: WatchStreamHandlers,
): Promise<WatchStream> {
  const { call, failed } = connection.stream('Watch', 'Watch')
  return new Promise((resolve, reject) => {
    let isOpen = false
    let isDone = false
    let fragments: EtcdEvent[] = []
    const timer = clock.after(CREATE_MS, () =>
      finish(new StoreUnavailableError('etcd: the watch was not answered in time')),
    )

    function finish(error: Error | undefined): void {
      if (isDone) return
      isDone = true
      timer.cancel()
      call.cancel()
      if (!error) return
      if (error instanceof StoreUnavailableError) failed()
      if (isOpen) handlers.onEnd(error)
      else reject(error)
    }

    function onData(response: EtcdWatchResponse): void {
      if (isDone) return
      if (response.compactRevision > 0) connection.compactRevision = response.compactRevision
      if (response.canceled) {
        finish(
          response.compactRevision > 0
            ? new CompactedError(response.compactRevision)
            : new StoreUnavailableError(`etcd: the watch was cancelled: ${response.cancelReason}`),
        )
        return
      }
      if (response.created) {
        isOpen = true
        timer.cancel()
        const after = fromRevision > 0 ? fromRevision - 1 : response.header.revision
        resolve({ after, close: () => finish(undefined) })
      }
      if (response.events.length === 0) return
      fragments = fragments.length === 0 ? [...response.events] : fragments.concat(response.events)
      if (response.fragment) return
      const events = fragments.map(toStoreEvent)
      fragments = []
      handlers.onEvents(events, events.at(-1)!.kv.modRevision)
    }

    call.on('data', onData)
    call.on('error', (error: unknown) => finish(storeError(error, connection.compactRevision)))
    call.on('end', () => finish(new StoreUnavailableError('etcd: the watch was ended by the server')))
    call.write({ createRequest: { ...ALL_KEYS, startRevision: fromRevision, prevKv: true, fragment: true } })
  })
}
