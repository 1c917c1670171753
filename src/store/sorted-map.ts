// A map from strings to values that is always in the order of its keys.
//
// ```
//   blocks:  [ a b c d ] [ e f ] [ g h i ]      each at most BLOCK entries, none empty
// ```
// The keys lie in blocks: to insert moves the keys of one block, to walk a prefix is to walk an array. Lookups go
// through a hash beside it. Keys are ASCII, so that this is the order of their bytes, as in etcd.

/** Beyond so many keys a block is split in two. */
const BLOCK = 512

export class SortedMap<V> {
  readonly #values = new Map<string, V>()
  readonly #blocks: string[][] = []

  get size(): number {
    return this.#values.size
  }

  get(key: string): V | undefined {
    return this.#values.get(key)
  }

  set(key: string, value: V): void {
    if (!this.#values.has(key)) this.#insert(key)
    this.#values.set(key, value)
  }

  delete(key: string): boolean {
    if (!this.#values.delete(key)) return false
    const index = this.#blockOf(key)
    const block = this.#blocks[index]!
    block.splice(lowerBound(block, key), 1)
    if (block.length === 0) this.#blocks.splice(index, 1)
    return true
  }

  clear(): void {
    this.#values.clear()
    this.#blocks.length = 0
  }

  /** The values of the keys from `start` up to, without, `end`. The map must not change while this is walked. */
  *range(start: string, end: string): Generator<V> {
    let index = this.#blockOf(start)
    let block = this.#blocks[index]
    let position = block ? lowerBound(block, start) : 0
    for (; block; block = this.#blocks[++index], position = 0) {
      for (; position < block.length; position++) {
        const key = block[position]!
        if (key >= end) return
        yield this.#values.get(key)!
      }
    }
  }

  /** How many keys there are from `start` up to, without, `end`; looks at blocks and not at keys. */
  countRange(start: string, end: string): number {
    return Math.max(0, this.#rank(end) - this.#rank(start))
  }

  /** How many keys lie before `key`. */
  #rank(key: string): number {
    const index = this.#blockOf(key)
    const block = this.#blocks[index]
    if (!block) return 0
    let rank = lowerBound(block, key)
    for (let before = 0; before < index; before++) rank += this.#blocks[before]!.length
    return rank
  }

  values(): IterableIterator<V> {
    return this.#values.values()
  }

  #insert(key: string): void {
    const index = this.#blockOf(key)
    const block = this.#blocks[index]
    if (!block) {
      this.#blocks.push([key])
      return
    }
    block.splice(lowerBound(block, key), 0, key)
    if (block.length > BLOCK) this.#blocks.splice(index + 1, 0, block.splice(splitPoint(block, key)))
  }

  /** The last block that begins at or before `key`, or the first. */
  #blockOf(key: string): number {
    let low = 0
    let high = this.#blocks.length
    while (high - low > 1) {
      const middle = (low + high) >> 1
      if (this.#blocks[middle]![0]! <= key) low = middle
      else high = middle
    }
    return low
  }
}

/** In the middle; at the end when keys come in order, which leaves full blocks behind. */
function splitPoint(block: readonly string[], inserted: string): number {
  return block[block.length - 1] === inserted ? block.length - 1 : block.length >> 1
}

function lowerBound(sorted: readonly string[], key: string): number {
  let low = 0
  let high = sorted.length
  while (low < high) {
    const middle = (low + high) >> 1
    if (sorted[middle]! < key) low = middle + 1
    else high = middle
  }
  return low
}
