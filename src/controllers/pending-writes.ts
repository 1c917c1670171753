// What a controller has written and its cache does not show yet, so that it does not do it a second time.
//
// A ReplicaSet that has just created three pods must not count its cache and create three more. Writes and
// deletions are remembered by UID until the informer shows them; a key with writes on their way is not acted
// on. An entry that never settles is dropped after a while: the informer may have missed a short life.
// Upstream: pkg/controller/controller_utils.go (UIDTrackingControllerExpectations), which counts creations

import { type KubeObject, keyOf } from '#api/meta/object.ts'
import type { Informer } from '#client/informer.ts'
import type { Clock } from '#sys/clock.ts'

/** Upstream waits as long for what never shows. */
const TIMEOUT_MS = 300_000

interface Pending {
  readonly kind: 'written' | 'deleted'
  /** Key of the object in the informer. */
  readonly object: string
  readonly resourceVersion: string
  readonly since: number
}

export class PendingWrites<T extends KubeObject> {
  readonly #informer: Informer<T>
  readonly #clock: Clock
  /** By the owner's key, then by the child's UID. */
  readonly #pending = new Map<string, Map<string, Pending>>()

  constructor(informer: Informer<T>, clock: Clock) {
    this.#informer = informer
    this.#clock = clock
    // What somebody else deletes before it was ever seen must not be waited for.
    informer.onChange(({ type, object }) => {
      if (type !== 'deleted') return
      for (const entries of this.#pending.values()) entries.delete(object.metadata?.uid ?? '')
    })
  }

  /** `object` is what the server answered to the creation. */
  created(owner: string, object: T): void {
    this.#add(owner, object, 'written')
  }

  /** `object` is what the server answered to the update. */
  updated(owner: string, object: T): void {
    this.#add(owner, object, 'written')
  }

  /** To be called before the deletion is sent; `failed` takes it back. */
  deleting(owner: string, object: T): void {
    this.#add(owner, object, 'deleted')
  }

  failed(owner: string, object: T): void {
    this.#pending.get(owner)?.delete(object.metadata?.uid ?? '')
  }

  /** Whether the cache shows all that was written for `owner`. */
  isSettled(owner: string): boolean {
    const entries = this.#pending.get(owner)
    if (!entries) return true
    for (const [uid, pending] of entries) {
      if (this.#shows(uid, pending) || this.#clock.monotonic() - pending.since > TIMEOUT_MS)
        entries.delete(uid)
    }
    if (entries.size === 0) this.#pending.delete(owner)
    return entries.size === 0
  }

  /** The owner is gone. */
  forget(owner: string): void {
    this.#pending.delete(owner)
  }

  #add(owner: string, object: T, kind: Pending['kind']): void {
    const entries = this.#pending.get(owner) ?? new Map<string, Pending>()
    this.#pending.set(owner, entries)
    const { uid = '', resourceVersion = '' } = object.metadata ?? {}
    entries.set(uid, { kind, object: keyOf(object), resourceVersion, since: this.#clock.monotonic() })
  }

  #shows(uid: string, { kind, object, resourceVersion }: Pending): boolean {
    const cached = this.#informer.get(object)
    const isThere = cached?.metadata?.uid === uid
    if (kind === 'deleted') return !isThere || cached.metadata?.deletionTimestamp !== undefined
    return isThere && Number(cached.metadata?.resourceVersion) >= Number(resourceVersion)
  }
}
