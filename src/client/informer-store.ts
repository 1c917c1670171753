// The indexed set of objects inside an informer.
//
// Kept apart from the watching so that it can be read (and tested) alone: an object goes in, every index is
// brought up to date with work proportional to that object. Upstream: client-go/tools/cache/thread_safe_store.go

import { type KubeObject, keyOf, type ObjectKey } from '#api/meta/object.ts'

type ValuesOf<T> = (object: T) => readonly string[]

interface Index<T> {
  readonly valuesOf: ValuesOf<T>
  readonly buckets: Map<string, Map<ObjectKey, T>>
}

const NAMESPACE = 'metadata.namespace'

export class InformerStore<T extends KubeObject> {
  readonly #objects = new Map<ObjectKey, T>()
  readonly #indexes = new Map<string, Index<T>>()

  constructor() {
    this.addIndex(NAMESPACE, (object) => [object.metadata?.namespace ?? ''])
  }

  get(key: ObjectKey): T | undefined {
    return this.#objects.get(key)
  }

  keys(): IterableIterator<ObjectKey> {
    return this.#objects.keys()
  }

  list(namespace?: string): readonly T[] {
    return namespace === undefined ? [...this.#objects.values()] : this.byIndex(NAMESPACE, namespace)
  }

  addIndex(name: string, valuesOf: ValuesOf<T>): void {
    if (this.#indexes.has(name)) return
    const index: Index<T> = { valuesOf, buckets: new Map() }
    this.#indexes.set(name, index)
    for (const [key, object] of this.#objects) insert(index, key, object)
  }

  byIndex(name: string, value: string): readonly T[] {
    const index = this.#indexes.get(name)
    if (!index) throw new Error(`no index ${name}`)
    return [...(index.buckets.get(value)?.values() ?? [])]
  }

  /** Puts an object in and gives the one that it replaces. */
  put(object: T): T | undefined {
    const key = keyOf(object)
    const previous = this.#objects.get(key)
    this.#objects.set(key, object)
    for (const index of this.#indexes.values()) {
      if (previous) remove(index, key, previous)
      insert(index, key, object)
    }
    return previous
  }

  /** Takes an object out and gives it. */
  delete(key: ObjectKey): T | undefined {
    const previous = this.#objects.get(key)
    if (!previous) return undefined
    this.#objects.delete(key)
    for (const index of this.#indexes.values()) remove(index, key, previous)
    return previous
  }
}

function insert<T>(index: Index<T>, key: ObjectKey, object: T): void {
  for (const value of index.valuesOf(object)) {
    const bucket = index.buckets.get(value) ?? new Map<ObjectKey, T>()
    bucket.set(key, object)
    index.buckets.set(value, bucket)
  }
}

function remove<T>(index: Index<T>, key: ObjectKey, object: T): void {
  for (const value of index.valuesOf(object)) {
    const bucket = index.buckets.get(value)
    bucket?.delete(key)
    if (bucket?.size === 0) index.buckets.delete(value)
  }
}
