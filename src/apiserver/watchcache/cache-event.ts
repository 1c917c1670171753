// One change of one object, and what it is to a watcher: a selector decides whether it came, changed or went.
//
// Each form (added, modified, deleted) is made once, for the first watcher that needs it, and shared by the others.
// Upstream: staging/src/k8s.io/apiserver/pkg/storage/cacher/cache_watcher.go (convertToWatchEvent)

import type { JsonObject } from '#api/meta/object.ts'
import type { RegistryWatchEvent } from '#apiserver/registry/results.ts'
import type { StoredObject } from '#apiserver/registry/stored-object.ts'
import type { Revision } from '#store/store.ts'

export type Matches = ((object: JsonObject) => boolean) | undefined

export interface CacheEvent {
  readonly key: string
  readonly revision: Revision
  /** About what it costs to remember it. */
  readonly sizeBytes: number
  /** The values of the trigger field before and after; empty where the resource has none. */
  readonly triggers: readonly string[]
  /** What a watcher with this selector is told; undefined: nothing. */
  seenBy(matches: Matches): RegistryWatchEvent | undefined
}

export interface Transition {
  readonly key: string
  readonly revision: Revision
  readonly sizeBytes: number
  /** Absent: there was none. */
  readonly previous: StoredObject | undefined
  /** Absent: it was deleted. */
  readonly current: StoredObject | undefined
}

/** `lastState` gives the previous state as of the deletion's revision. */
export function cacheEvent(
  transition: Transition,
  triggerOf: ((object: JsonObject) => string) | undefined,
  lastState: (previous: StoredObject, revision: Revision) => StoredObject,
): CacheEvent {
  const { key, revision, sizeBytes, previous, current } = transition
  const states = [previous, current].filter((state) => state !== undefined)
  const forms: { added?: RegistryWatchEvent; modified?: RegistryWatchEvent; deleted?: RegistryWatchEvent } =
    {}
  const added = () => (forms.added ??= sharedEvent('ADDED', current!))
  const modified = () => (forms.modified ??= sharedEvent('MODIFIED', current!))
  const deleted = () => (forms.deleted ??= sharedEvent('DELETED', lastState(previous!, revision)))
  return {
    key,
    revision,
    sizeBytes,
    triggers: triggerOf ? [...new Set(states.map((state) => triggerOf(state.object)))] : [],
    seenBy(matches) {
      const is = current !== undefined && (matches?.(current.object) ?? true)
      const was = previous !== undefined && (matches?.(previous.object) ?? true)
      if (is) return was ? modified() : added()
      return was ? deleted() : undefined
    },
  }
}

/** What is sent of a state. */
export function wireEvent(type: 'ADDED' | 'MODIFIED' | 'DELETED', state: StoredObject): RegistryWatchEvent {
  return { type, object: state.object, state }
}

/** The same for many watchers: they share its frames too. */
function sharedEvent(type: 'ADDED' | 'MODIFIED' | 'DELETED', state: StoredObject): RegistryWatchEvent {
  return { ...wireEvent(type, state), frames: new Map() }
}
