// Functions on lists: isSorted, sum, min, max, indexOf, lastIndexOf, and the set relations of CEL's `sets`.
//
// Upstream: staging/src/k8s.io/apiserver/pkg/cel/library/lists.go, github.com/google/cel-go/ext/sets.go

import type { Environment } from '@marcbachmann/cel-js'
import { celEquals } from '#api/cel/library/equality.ts'

type Comparable = string | number | bigint | boolean | Date

const SUMMABLE = { int: 0n, double: 0 } as const
const COMPARABLE = [
  'int',
  'double',
  'string',
  'bool',
  'google.protobuf.Timestamp',
  'google.protobuf.Duration',
]

class SetsNamespace {}

export function addLists(environment: Environment): void {
  for (const [type, zero] of Object.entries(SUMMABLE)) {
    environment.registerFunction(`list<${type}>.sum(): ${type}`, (list: readonly (bigint | number)[]) =>
      list.reduce(
        (sum, item) => add(sum, item),
        list.length === 0 ? zero : typeof list[0] === 'bigint' ? 0n : 0,
      ),
    )
  }
  for (const type of COMPARABLE) {
    environment
      .registerFunction(`list<${type}>.isSorted(): bool`, (list: readonly Comparable[]) =>
        list.every((item, i) => i === 0 || !(item < list[i - 1]!)),
      )
      .registerFunction(`list<${type}>.min(): ${type}`, (list: readonly Comparable[]) => extreme(list, 'min'))
      .registerFunction(`list<${type}>.max(): ${type}`, (list: readonly Comparable[]) => extreme(list, 'max'))
  }
  environment
    .registerFunction('list<A>.indexOf(A): int', (list: readonly unknown[], item: unknown) =>
      BigInt(list.findIndex((other) => celEquals(item, other))),
    )
    .registerFunction('list<A>.lastIndexOf(A): int', (list: readonly unknown[], item: unknown) =>
      BigInt(list.findLastIndex((other) => celEquals(item, other))),
    )
  addSets(environment)
}

function addSets(environment: Environment): void {
  const has = (list: readonly unknown[], item: unknown) => list.some((other) => celEquals(item, other))
  const contains = (list: readonly unknown[], part: readonly unknown[]) =>
    part.every((item) => has(list, item))
  type Relation = (left: readonly unknown[], right: readonly unknown[]) => boolean
  const relations: Readonly<Record<string, Relation>> = {
    contains,
    equivalent: (left, right) => contains(left, right) && contains(right, left),
    intersects: (left, right) => left.some((item) => has(right, item)),
  }
  environment.registerType('sets', SetsNamespace).registerConstant('sets', 'sets', new SetsNamespace())
  for (const [name, holds] of Object.entries(relations)) {
    environment.registerFunction(
      `sets.${name}(list, list): bool`,
      (_sets: unknown, left: readonly unknown[], right: readonly unknown[]) => holds(left, right),
    )
  }
}

function add(left: bigint | number, right: bigint | number): bigint | number {
  if (typeof left === 'bigint' && typeof right === 'bigint') return left + right
  return Number(left) + Number(right)
}

function extreme(list: readonly Comparable[], which: 'min' | 'max'): Comparable {
  const [first, ...rest] = list
  if (first === undefined) throw new Error(`${which} called on empty list`)
  return rest.reduce((best, item) => ((which === 'min' ? item < best : item > best) ? item : best), first)
}
