// What the text of an expression says, as a tree: names, calls, literals, and loops in place of macros.
//
// Operators are calls by cel-go's names (`_+_`, `!_`, `_?_:_`), which its messages show. `at` is the place that a message
// about the node points to: the operator, the dot, the parenthesis. Upstream: github.com/google/cel-go/common/ast

export type LiteralType = 'null' | 'bool' | 'int' | 'uint' | 'double' | 'string' | 'bytes'

export type CelNode =
  | {
      readonly kind: 'literal'
      readonly type: LiteralType
      /** As it is written, but for strings: what they say. */
      readonly text: string
      readonly at: number
    }
  | { readonly kind: 'identifier'; readonly name: string; readonly at: number }
  | {
      readonly kind: 'select'
      readonly operand: CelNode
      readonly field: string
      /** `a.?b`, and `has(a.b)`. */
      readonly mode: 'plain' | 'optional' | 'test'
      readonly at: number
    }
  | CelCall
  | { readonly kind: 'list'; readonly items: readonly CelItem[]; readonly at: number }
  | { readonly kind: 'map'; readonly entries: readonly CelEntry[]; readonly at: number }
  | {
      readonly kind: 'message'
      readonly type: string
      readonly fields: readonly CelField[]
      readonly at: number
    }
  | CelLoop

export interface CelCall {
  readonly kind: 'call'
  readonly target: CelNode | undefined
  readonly name: string
  readonly args: readonly CelNode[]
  readonly at: number
}

export interface CelItem {
  readonly value: CelNode
  readonly isOptional: boolean
}

export interface CelEntry extends CelItem {
  readonly key: CelNode
}

export interface CelField extends CelItem {
  readonly name: string
  readonly at: number
}

/** `accumulator` begins as `init`, becomes `step` for each item while `condition` holds, and gives `result`. */
export interface CelLoop {
  readonly kind: 'loop'
  readonly range: CelNode
  /** One name for items or keys; two for index or key, and value. */
  readonly names: readonly string[]
  readonly accumulator: string
  readonly init: CelNode
  readonly condition: CelNode
  readonly step: CelNode
  readonly result: CelNode
  readonly at: number
}

/** The nodes right inside of one. */
export function partsOf(node: CelNode): readonly CelNode[] {
  switch (node.kind) {
    case 'literal':
    case 'identifier':
      return []
    case 'select':
      return [node.operand]
    case 'call':
      return node.target ? [node.target, ...node.args] : node.args
    case 'list':
      return node.items.map(({ value }) => value)
    case 'map':
      return node.entries.flatMap(({ key, value }) => [key, value])
    case 'message':
      return node.fields.map(({ value }) => value)
    case 'loop':
      return [node.range, node.init, node.condition, node.step, node.result]
  }
}

/** A node and all within, each once: macros put one node into several places. */
export function allNodes(root: CelNode): ReadonlySet<CelNode> {
  const found = new Set([root])
  // a set gives what is added while it is gone through
  for (const node of found) for (const part of partsOf(node)) found.add(part)
  return found
}

/** `a.b.c`, where that is all there is. */
export function qualifiedName(node: CelNode): string | undefined {
  if (node.kind === 'identifier') return node.name
  if (node.kind !== 'select' || node.mode !== 'plain') return undefined
  const before = qualifiedName(node.operand)
  return before === undefined ? undefined : `${before}.${node.field}`
}
