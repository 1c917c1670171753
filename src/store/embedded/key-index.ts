// Which states each key has had since the last compaction: the whole of it in memory, values aside.
//
// etcd keeps the same tree. A key costs some hundred bytes, a state some dozens; what it buys is that a condition of
// a transaction is checked without touching the disk. Upstream: etcd's server/mvcc/index.go, key_index.go

import type { State } from '#store/embedded/backend.ts'
import { SortedMap } from '#store/sorted-map.ts'
import type { Revision } from '#store/store.ts'

export interface KeyHistory {
  readonly key: string
  /** Oldest first, never empty. */
  readonly states: State[]
}

export class KeyIndex {
  readonly #keys = new SortedMap<KeyHistory>()

  /** The newest state, also when that is a deletion. */
  newest(key: string): State | undefined {
    return this.#keys.get(key)?.states.at(-1)
  }

  /** Adds a state and gives the one before. */
  append(key: string, state: State): State | undefined {
    const history = this.#keys.get(key)
    if (!history) {
      this.#keys.set(key, { key, states: [state] })
      return undefined
    }
    const previous = history.states.at(-1)
    history.states.push(state)
    return previous
  }

  /** The keys from `start` up to `end` that existed at `revision`, with their states then. */
  *range(
    start: string,
    end: string | undefined,
    revision: Revision,
  ): Generator<{ key: string; state: State }> {
    if (end === undefined) {
      const history = this.#keys.get(start)
      const state = history && stateAt(history, revision)
      if (state) yield { key: start, state }
      return
    }
    for (const history of this.#keys.range(start, end)) {
      const state = stateAt(history, revision)
      if (state) yield { key: history.key, state }
    }
  }

  /** Drops all states of a key that nobody can ask for once `revision` is the oldest; gives what it dropped. */
  compact(key: string, revision: Revision): State[] {
    const history = this.#keys.get(key)
    if (!history) return []
    const { states } = history
    const kept = states.findLastIndex((state) => state.revision <= revision)
    if (kept < 0) return []
    const isDeleted = states[kept]!.version === 0
    const dropped = states.splice(0, isDeleted ? kept + 1 : kept)
    if (states.length === 0) this.#keys.delete(key)
    return dropped
  }
}

/** The state at a revision; undefined when there was none or it was deleted. */
function stateAt(history: KeyHistory, revision: Revision): State | undefined {
  const { states } = history
  for (let position = states.length - 1; position >= 0; position--) {
    const state = states[position]!
    if (state.revision <= revision) return state.version === 0 ? undefined : state
  }
  return undefined
}
