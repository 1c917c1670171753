// Objects by the values of their labels and fields, so that a list by label does not look at all there are.
//
// An index is made when somebody first asks for a value of that label or field, and kept up from then on: a write costs
// one comparison for each. Invariant: an index holds exactly the objects of the cache that have the value.
// Upstream has no label indexes; its indexers are for fields: pkg/registry/core/pod/strategy.go (Indexers)

import type { StoredObject } from '#apiserver/registry/stored-object.ts'
import type { Narrow } from '#apiserver/watchcache/watch-cache.ts'
import type { SortedMap } from '#store/sorted-map.ts'

/** More labels than this are seldom asked for in turn; the one that was made first is forgotten. */
const MAX_INDEXES = 16

interface Index {
  readonly valueIn: Narrow['valueIn']
  readonly byValue: Map<string, Map<string, StoredObject>>
}

export class Indexes {
  readonly #indexes = new Map<string, Index>()

  /** The objects with that value, in the order of their keys; `all` is what the cache has. */
  find(narrow: Narrow, all: SortedMap<StoredObject>): StoredObject[] {
    const index = this.#indexes.get(narrow.name) ?? this.#make(narrow, all)
    const found = [...(index.byValue.get(narrow.value)?.values() ?? [])]
    return found.sort((a, b) => (a.key < b.key ? -1 : 1))
  }

  /** Follows a change of the cache: an object came, changed or went. */
  change(previous: StoredObject | undefined, current: StoredObject | undefined): void {
    for (const index of this.#indexes.values()) {
      if (previous) remove(index, previous)
      if (current) add(index, current)
    }
  }

  /** To be called when the cache takes over another state. */
  clear(): void {
    this.#indexes.clear()
  }

  #make({ name, valueIn }: Narrow, all: SortedMap<StoredObject>): Index {
    const index: Index = { valueIn, byValue: new Map() }
    for (const state of all.values()) add(index, state)
    if (this.#indexes.size >= MAX_INDEXES) this.#indexes.delete([...this.#indexes.keys()][0]!)
    this.#indexes.set(name, index)
    return index
  }
}

function add({ valueIn, byValue }: Index, state: StoredObject): void {
  const value = valueIn(state.object)
  if (value === undefined) return
  const states = byValue.get(value)
  if (states) states.set(state.key, state)
  else byValue.set(value, new Map([[state.key, state]]))
}

function remove({ valueIn, byValue }: Index, state: StoredObject): void {
  const value = valueIn(state.object)
  if (value === undefined) return
  const states = byValue.get(value)
  states?.delete(state.key)
  if (states?.size === 0) byValue.delete(value)
}
