// All watches of the store over one watch of etcd that covers every key.
//
// ```
//   etcd ─ every revision ─▶ main stream ─▶ hub ─▶ the watches that have seen all up to here
//   etcd ─ from a past revision ─▶ its own stream ─▶ one watch that has not, until it has
// ```
// Every revision of etcd changes at least one key. So a stream over all keys shows by its events alone how far it has
// come, and each watch knows its progress without asking: a list that must be as new as etcd waits for a revision that
// is certain to arrive. (etcd's progress requests, which upstream uses, can be answered ahead of events before 3.4.31,
// and Debian 12 has 3.4.23.) The price is that keys of others in the same etcd are received and dropped.

import type { EtcdConnection } from '#store/etcd/connection.ts'
import { openWatchStream, type WatchStream } from '#store/etcd/watch-stream.ts'
import {
  CompactedError,
  type Revision,
  type StoreEvent,
  StoreUnavailableError,
  type WatchRequest,
} from '#store/store.ts'
import type { Clock } from '#sys/clock.ts'

/** A main stream that was lost is opened again for so long before the watches are told. */
const RETRIES = 8
const RETRY_MS = 250

interface Watcher {
  readonly request: WatchRequest
  /** The first revision that it has not seen. */
  next: Revision
  isLive: boolean
  /** Its own stream while it catches up. */
  stream: WatchStream | undefined
  end(error: Error | undefined): void
}

export class EtcdWatchHub {
  readonly #connection: EtcdConnection
  readonly #clock: Clock
  readonly #watchers = new Set<Watcher>()
  readonly #stop = new AbortController()
  #main: WatchStream | undefined
  #opening: Promise<void> | undefined
  /** The main stream has shown everything up to here. */
  #revision: Revision = 0

  constructor(connection: EtcdConnection, clock: Clock) {
    this.#connection = connection
    this.#clock = clock
  }

  /** Resolves once every revision from `fromRevision` on is certain to reach the watch. */
  async add(request: WatchRequest, fromRevision: Revision): Promise<void> {
    await this.#ensureMain()
    const watcher: Watcher = {
      request,
      next: fromRevision,
      isLive: fromRevision > this.#revision,
      stream: undefined,
      end: (error) => {
        if (!this.#watchers.delete(watcher)) return
        request.signal.removeEventListener('abort', onAbort)
        watcher.stream?.close()
        request.onEnd(error)
      },
    }
    const onAbort = () => watcher.end(undefined)
    this.#watchers.add(watcher)
    request.signal.addEventListener('abort', onAbort, { once: true })
    if (request.signal.aborted) onAbort()
    else if (!watcher.isLive) await this.#catchUp(watcher)
  }

  close(): void {
    this.#stop.abort()
    this.#main?.close()
    this.#endAll(new StoreUnavailableError('the store is closed'))
  }

  #endAll(error: Error): void {
    for (const watcher of [...this.#watchers]) watcher.end(error)
  }

  /** Opens the main stream unless it is there; several callers share one try. */
  async #ensureMain(): Promise<void> {
    if (this.#main) return
    await this.#openOnce(() => this.#openMain(0))
  }

  async #openOnce(open: () => Promise<void>): Promise<void> {
    this.#opening ??= open().finally(() => {
      this.#opening = undefined
    })
    await this.#opening
  }

  async #openMain(fromRevision: Revision): Promise<void> {
    this.#main = await openWatchStream(this.#connection, this.#clock, fromRevision, {
      onEvents: (events, revision) => this.#receive(events, revision),
      onEnd: (error) => {
        this.#main = undefined
        this.#openOnce(() => this.#reopen(error)).catch((failure: Error) => this.#endAll(failure))
      },
    })
    if (this.#stop.signal.aborted) this.#main.close()
    this.#revision = Math.max(this.#revision, this.#main.after)
  }

  #receive(events: readonly StoreEvent[], revision: Revision): void {
    this.#revision = revision
    for (const watcher of [...this.#watchers]) if (watcher.isLive) deliver(watcher, events, revision)
  }

  /** Goes on where the stream broke off, so that the watches do not notice; rejects after a while. */
  async #reopen(cause: Error): Promise<void> {
    let error = cause
    for (let tries = 0; tries < RETRIES && !(error instanceof CompactedError); tries++) {
      await this.#clock.sleep(RETRY_MS * tries, this.#stop.signal)
      try {
        await this.#openMain(this.#revision + 1)
        return
      } catch (failure) {
        error = failure instanceof Error ? failure : new Error(String(failure))
      }
    }
    throw error
  }

  async #catchUp(watcher: Watcher): Promise<void> {
    try {
      watcher.stream = await openWatchStream(this.#connection, this.#clock, watcher.next, {
        onEvents: (events, revision) => {
          deliver(watcher, events, revision)
          this.#joinWhenLevel(watcher)
        },
        onEnd: (error) => watcher.end(error),
      })
    } catch (error) {
      // it is over as any watch is: by `onEnd`
      watcher.end(error instanceof Error ? error : new Error(String(error)))
      return
    }
    if (!this.#watchers.has(watcher)) watcher.stream.close()
  }

  #joinWhenLevel(watcher: Watcher): void {
    if (watcher.next <= this.#revision) return
    watcher.isLive = true
    watcher.stream?.close()
    watcher.stream = undefined
  }
}

function deliver(watcher: Watcher, events: readonly StoreEvent[], revision: Revision): void {
  const { request, next } = watcher
  if (revision < next) return
  const own = events.filter(({ kv }) => kv.modRevision >= next && covers(request, kv.key))
  watcher.next = revision + 1
  try {
    request.onBatch({ events: own, revision })
  } catch (error) {
    watcher.end(new Error('a watch was ended because its receiver failed', { cause: error }))
  }
}

function covers(request: WatchRequest, key: string): boolean {
  return request.end === undefined ? key === request.start : key >= request.start && key < request.end
}
