// What an expression costs at most, before it is ever evaluated: from the sizes that its variables can have.
//
// Each node has the way to the value that it stands for (`self`, `spec`, `@items`), by which its greatest size is asked for.
// Upstream: github.com/google/cel-go/checker/cost.go (Cost)

import type { CheckedCel } from '#api/cel/check.ts'
import type { CelType } from '#api/cel/checker/types.ts'
import { isOptional } from '#api/cel/checker/types.ts'
import { callCost } from '#api/cel/cost/call-cost.ts'
import { fixed, NOTHING, type Range, sum, times, UNKNOWN, union } from '#api/cel/cost/size.ts'
import type { CelCall, CelLoop, CelNode } from '#api/cel/node.ts'

export type Way = readonly string[]
/** How large what lies at the end of a way can be; undefined where nothing is known. */
export type SizeAt = (way: Way) => Range | undefined

/** The greatest cost. */
export function estimateCost(checked: CheckedCel, sizeAt: SizeAt): number {
  return new Estimate(checked, sizeAt).cost(checked.node).max
}

const ONE = fixed(1)
const LIST_COST = fixed(10)
const MAP_COST = fixed(30)
const MESSAGE_COST = fixed(40)

interface Entries {
  readonly isList: boolean
  readonly key: Range
  readonly value: Range
}

/** A name that the expression itself gives: of a loop, or of what a loop collects. */
interface Local {
  readonly way: Way | undefined
  readonly size: Range | undefined
  readonly entries: Entries | undefined
}

class Estimate {
  readonly #checked: CheckedCel
  readonly #sizeAt: SizeAt
  readonly #costs = new Map<CelNode, Range>()
  readonly #ways = new Map<CelNode, Way>()
  readonly #sizes = new Map<CelNode, Range>()
  readonly #entries = new Map<CelNode, Entries>()
  readonly #locals = new Map<string, Local[]>()

  constructor(checked: CheckedCel, sizeAt: SizeAt) {
    this.#checked = checked
    this.#sizeAt = sizeAt
  }

  /** A node that stands in several places costs the same in all of them. */
  cost(node: CelNode): Range {
    const cost = this.#costs.get(node) ?? this.#costOf(node)
    this.#costs.set(node, cost)
    return cost
  }

  #costOf(node: CelNode): Range {
    switch (node.kind) {
      case 'literal':
        return NOTHING
      case 'identifier':
        this.#setWay(node, this.#local(node.name) ? this.#local(node.name)?.way : [node.name])
        return ONE
      case 'select':
        return this.#selectCost(node)
      case 'call':
        return this.#callCost(node)
      case 'list':
        return this.#listCost(node)
      case 'map':
        return this.#mapCost(node)
      case 'message':
        return sum(MESSAGE_COST, ...node.fields.map(({ value }) => this.cost(value)))
      case 'loop':
        return isBinding(node) ? this.#bindingCost(node) : this.#loopCost(node)
    }
  }

  #typeOf(node: CelNode): CelType {
    return this.#checked.types.get(node)!
  }

  #selectCost(node: CelNode & { readonly kind: 'select' }): Range {
    const { operand, field, mode } = node
    const before = this.cost(operand)
    if (mode === 'test') return before
    // an optional selection is a call with the name as its argument
    if (mode === 'optional') return sum(before, ONE)
    this.#setWay(node, [...(this.#wayOf(operand) ?? []), field])
    const { kind } = this.#typeOf(operand)
    return kind === 'map' || kind === 'object' || kind === 'parameter' ? sum(before, ONE) : before
  }

  #callCost(node: CelCall): Range {
    const { name, target, args } = node
    if (name === 'dyn' && !target) {
      const cost = this.cost(args[0]!)
      this.#copySizes(node, args[0]!)
      return sum(ONE, cost)
    }
    const costs = args.map((arg) => this.cost(arg))
    const overloads = this.#checked.overloads.get(node) ?? []
    const isQualified = this.#checked.qualified.has(node)
    const own = target && !isQualified ? this.cost(target) : NOTHING
    let call: Range = { min: Number.POSITIVE_INFINITY, max: 0 }
    let size: Range | undefined
    for (const { takes } of overloads) {
      const found = callCost({
        name: isQualified ? this.#checked.qualified.get(node)! : name,
        first: takes[0],
        second: takes[1],
        target: target && !isQualified ? this.#argument(target) : undefined,
        args: args.map((arg) => this.#argument(arg)),
        itemSize: () => this.#itemSize(target!),
      })
      call = union(call, this.#withArguments(node, found?.cost ?? ONE, costs))
      if (found?.size) size = size ? union(size, found.size) : found.size
      if (name === '_[_]' && takes[0]?.kind !== 'opaque')
        size = this.#indexed(node, takes[0]?.kind === 'list') ?? size
      size ??= this.#sizeOf(node)
    }
    if (overloads.length === 0) return sum(own, ...costs)
    if (size) this.#sizes.set(node, size)
    this.#setEntriesOfCall(node)
    return sum(own, call)
  }

  #argument(node: CelNode) {
    return { node, type: this.#typeOf(node), size: this.#sizeOf(node) }
  }

  #withArguments({ name }: CelCall, own: Range, costs: readonly Range[]): Range {
    const [first = NOTHING, second = NOTHING, third = NOTHING] = costs
    // the right side of a logical operator may never be asked
    if (name === '_&&_' || name === '_||_') return { min: first.min, max: first.max + second.max }
    if (name === '_?_:_') return sum(first, union(second, third))
    return sum(own, ...costs)
  }

  #indexed(node: CelCall, isList: boolean): Range | undefined {
    const [container] = node.args
    this.#setWay(node, [...(this.#wayOf(container!) ?? []), isList ? '@items' : '@values'])
    return this.#entriesOf(container!)?.value
  }

  #setEntriesOfCall(node: CelCall): void {
    const [left, right] = node.name === '_?_:_' ? node.args.slice(1) : node.args
    if (node.name !== '_?_:_' && node.name !== '_+_') return
    const [a, b] = [left && this.#entriesOf(left), right && this.#entriesOf(right)]
    if (!a || !b) return
    this.#entries.set(node, { isList: a.isList, key: union(a.key, b.key), value: union(a.value, b.value) })
  }

  #itemSize(list: CelNode): Range {
    const way = this.#wayOf(list)
    return (way && way.length > 0 ? this.#sizeAt([...way, '@items']) : undefined) ?? UNKNOWN
  }

  #listCost(node: CelNode & { readonly kind: 'list' }): Range {
    const items = node.items.map(({ value }) => value)
    const costs = items.map((item) => this.cost(item))
    this.#entries.set(node, { isList: true, key: ONE, value: this.#joined(items) })
    return sum(LIST_COST, ...costs)
  }

  #mapCost(node: CelNode & { readonly kind: 'map' }): Range {
    const costs = node.entries.flatMap(({ key, value }) => [this.cost(key), this.cost(value)])
    const keys = this.#joined(node.entries.map(({ key }) => key))
    const values = this.#joined(node.entries.map(({ value }) => value))
    this.#entries.set(node, { isList: false, key: keys, value: values })
    return sum(MAP_COST, ...costs)
  }

  #joined(nodes: readonly CelNode[]): Range {
    if (nodes.length === 0) return NOTHING
    return nodes.map((node) => this.#sizeOf(node) ?? UNKNOWN).reduce(union)
  }

  #loopCost(node: CelLoop): Range {
    const { range, names, accumulator, init, condition, step, result } = node
    const before = sum(this.cost(range), this.cost(init))
    this.#push(accumulator, this.#localOf(init))
    for (const [name, local] of this.#loopLocals(range, names)) this.#push(name, local)
    const each = sum(this.cost(step), this.cost(condition))
    for (const name of names) this.#pop(name)
    const after = this.cost(result)
    this.#pop(accumulator)
    const count = this.#sizeOf(range) ?? UNKNOWN
    if (init.kind === 'literal') {
      const size = this.#sizeOf(init)
      if (size) this.#sizes.set(node, size)
    } else if (init.kind === 'list' || init.kind === 'map') {
      this.#sizes.set(node, count)
      const entries = this.#entriesOf(step)
      if (entries) this.#entries.set(node, entries)
    }
    return sum(before, after, times(count, each))
  }

  #loopLocals(range: CelNode, names: readonly string[]): (readonly [string, Local])[] {
    const entries = this.#entriesOf(range)
    const isList = entries ? entries.isList : this.#typeOf(range).kind === 'list'
    const way = this.#wayOf(range) ?? []
    const key: Local = {
      way: [...way, isList ? '@indices' : '@keys'],
      size: entries?.key,
      entries: undefined,
    }
    const value: Local = {
      way: [...way, isList ? '@items' : '@values'],
      size: entries?.value,
      entries: undefined,
    }
    if (names.length === 2) return [[names[0]!, key] as const, [names[1]!, value] as const]
    return [[names[0]!, isList ? value : key]]
  }

  #bindingCost(node: CelLoop): Range {
    const before = sum(this.cost(node.range), this.cost(node.init))
    this.#push(node.accumulator, this.#localOf(node.init))
    const cost = sum(before, this.cost(node.result))
    this.#pop(node.accumulator)
    this.#copySizes(node, node.result)
    return cost
  }

  #localOf(node: CelNode): Local {
    return { way: this.#wayOf(node), size: this.#sizeOf(node), entries: this.#entriesOf(node) }
  }

  #local(name: string): Local | undefined {
    return this.#locals.get(name)?.at(-1)
  }

  #push(name: string, local: Local): void {
    this.#locals.set(name, [...(this.#locals.get(name) ?? []), local])
  }

  #pop(name: string): void {
    this.#locals.get(name)?.pop()
  }

  #setWay(node: CelNode, way: Way | undefined): void {
    if (way) this.#ways.set(node, way)
  }

  #wayOf(node: CelNode): Way | undefined {
    const local = node.kind === 'identifier' ? this.#local(node.name) : undefined
    return local ? local.way : this.#ways.get(node)
  }

  #sizeOf(node: CelNode): Range | undefined {
    const known = this.#sizes.get(node) ?? literalSize(node)
    if (known) return known
    const way = this.#wayOf(node)
    const declared = way && way.length > 0 && way[0] !== '@result' ? this.#sizeAt(way) : undefined
    if (declared) return declared
    if (isScalar(this.#typeOf(node))) return ONE
    return node.kind === 'identifier' ? this.#local(node.name)?.size : undefined
  }

  #entriesOf(node: CelNode): Entries | undefined {
    return (
      this.#entries.get(node) ?? (node.kind === 'identifier' ? this.#local(node.name)?.entries : undefined)
    )
  }

  #copySizes(to: CelNode, from: CelNode): void {
    const size = this.#sizeOf(from)
    const entries = this.#entriesOf(from)
    if (size) this.#sizes.set(to, size)
    if (entries) this.#entries.set(to, entries)
  }
}

/** A loop over nothing only gives a value a name. */
const isBinding = ({ range, condition }: CelLoop): boolean =>
  range.kind === 'list' &&
  range.items.length === 0 &&
  condition.kind === 'literal' &&
  condition.text === 'false'

function literalSize(node: CelNode): Range | undefined {
  if (node.kind === 'list') return fixed(node.items.length)
  if (node.kind === 'map') return fixed(node.entries.length)
  if (node.kind !== 'literal') return undefined
  if (node.type === 'bytes') return fixed(Buffer.byteLength(node.text))
  return fixed(node.type === 'string' ? [...node.text].length : 1)
}

const SCALARS = ['bool', 'double', 'duration', 'int', 'timestamp', 'uint']

const isScalar = (type: CelType): boolean =>
  type.kind === 'simple' ? SCALARS.includes(type.name) : isOptional(type) && isScalar(type.of[0]!)
