// CEL's own functions on lists that Kubernetes has since v1.34: sort, distinct, reverse, slice, flatten, first, last, range.
//
// Upstream: github.com/google/cel-go/ext/lists.go. Left out: sortBy

import { type Environment, Optional } from '@marcbachmann/cel-js'
import { celEquals } from '#api/cel/library/equality.ts'

class ListsNamespace {}

type List = readonly unknown[]
/** `lists.range` of more than an evaluation may cost would fill memory before it is counted. */
const MAX_RANGE = 1_000_000n

export function addSequences(environment: Environment): void {
  environment
    .registerType('lists', ListsNamespace)
    .registerConstant('lists', 'lists', new ListsNamespace())
    .registerFunction('lists.range(int): list<int>', (_lists: unknown, count: bigint) => range(count))
    .registerFunction('list<A>.distinct(): list<A>', (list: List) =>
      list.filter((item, i) => list.findIndex((other) => celEquals(item, other)) === i),
    )
    .registerFunction('list<A>.reverse(): list<A>', (list: List) => list.toReversed())
    .registerFunction('list<A>.slice(int, int): list<A>', slice)
    .registerFunction('list<A>.first(): optional<A>', (list: List) => Optional.of(list[0]))
    .registerFunction('list<A>.last(): optional<A>', (list: List) => Optional.of(list.at(-1)))
    .registerFunction('list.flatten(): list', (list: List) => list.flat(1))
    .registerFunction('list.flatten(int): list', (list: List, depth: bigint) => list.flat(Number(depth)))
    .registerFunction('list<A>.sort(): list<A>', (list: List) =>
      (list as readonly (string | bigint)[]).toSorted((a, b) => (a < b ? -1 : a > b ? 1 : 0)),
    )
}

function range(count: bigint): bigint[] {
  if (count > MAX_RANGE) throw new Error(`range of ${count} is too long`)
  return Array.from({ length: Math.max(0, Number(count)) }, (_, i) => BigInt(i))
}

function slice(list: List, start: bigint, end: bigint): List {
  if (start < 0n || end < start || end > BigInt(list.length)) {
    throw new Error(`cannot slice(${start}, ${end}), list is length ${list.length}`)
  }
  return list.slice(Number(start), Number(end))
}
