// All watchers of one cache, found by the value that they select on.
//
// A kubelet watches the pods whose `spec.nodeName` is its own: with a thousand nodes an event of a pod is looked at by
// one or two of those watchers and not by all. Upstream: indexedWatchers in .../storage/cacher/cacher.go

import type { CacheEvent } from '#apiserver/watchcache/cache-event.ts'
import type { Watcher } from '#apiserver/watchcache/watcher.ts'

export class Watchers {
  readonly #all = new Set<Watcher>()
  readonly #general = new Set<Watcher>()
  readonly #byTrigger = new Map<string, Set<Watcher>>()

  get size(): number {
    return this.#all.size
  }

  add(watcher: Watcher, trigger: string | undefined): void {
    this.#all.add(watcher)
    if (trigger === undefined) {
      this.#general.add(watcher)
      return
    }
    const set = this.#byTrigger.get(trigger)
    if (set) set.add(watcher)
    else this.#byTrigger.set(trigger, new Set([watcher]))
  }

  delete(watcher: Watcher, trigger: string | undefined): void {
    this.#all.delete(watcher)
    if (trigger === undefined) {
      this.#general.delete(watcher)
      return
    }
    const set = this.#byTrigger.get(trigger)
    set?.delete(watcher)
    if (set?.size === 0) this.#byTrigger.delete(trigger)
  }

  /** Offers the events of one batch, in order, and lets each watcher send what it took. */
  dispatch(events: readonly CacheEvent[], firstPosition: number): void {
    const touched = new Set<Watcher>()
    events.forEach((event, index) => {
      const offer = (watcher: Watcher): void => {
        watcher.offer(event, firstPosition + index)
        touched.add(watcher)
      }
      this.#general.forEach(offer)
      for (const trigger of event.triggers) this.#byTrigger.get(trigger)?.forEach(offer)
    })
    for (const watcher of touched) watcher.flush()
  }

  endAll(): void {
    for (const watcher of [...this.#all]) watcher.end()
  }
}
