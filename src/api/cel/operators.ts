// The operators of two operands, from those that bind least, and chains of them as trees.
//
// Upstream: github.com/google/cel-go/parser/helper.go (balancer), gen/CEL.g4

import type { CelNode } from '#api/cel/node.ts'

export const BINARY: readonly Readonly<Record<string, string>>[] = [
  { '||': '_||_' },
  { '&&': '_&&_' },
  { '==': '_==_', '!=': '_!=_', '<': '_<_', '<=': '_<=_', '>': '_>_', '>=': '_>=_', in: '@in' },
  { '+': '_+_', '-': '_-_' },
  { '*': '_*_', '/': '_/_', '%': '_%_' },
]
/** The levels of `||` and `&&`, which come first. */
export const LOGICAL_LEVELS = 2

/** `places`: of the operators between the terms. The tree of a long chain is only as deep as it must be. */
export function balanced(name: string, terms: readonly CelNode[], places: readonly number[]): CelNode {
  const between = (from: number, to: number): CelNode => {
    if (from === to) return terms[from]!
    const middle = Math.floor((from + to) / 2)
    const args = [between(from, middle), between(middle + 1, to)]
    return { kind: 'call', target: undefined, name, args, at: places[middle]! }
  }
  return between(0, terms.length - 1)
}
