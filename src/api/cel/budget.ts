// A bound on what one evaluation may cost, so that no expression holds up the server.
//
// The library evaluates a tree of nodes, each through its own `evaluate`. Here each node of a compiled expression is
// wrapped once: evaluating it costs one, and one more for each ten characters or items of what it results in (which is
// what its consumers go through). Invariant: whatever the expression and its input, an evaluation ends after about
// `limit` steps. Upstream counts in the same unit, per function: staging/src/k8s.io/apiserver/pkg/cel/library/cost.go

/** Upstream's limit for one expression (PerCallLimit). */
export const COST_LIMIT = 1_000_000
const ITEMS_PER_STEP = 10

/** As much of the library's tree as is needed to wrap it. */
export interface CelTree {
  readonly op: string
  args: unknown
  evaluate?: Evaluate
}
type Evaluate = (this: CelTree, evaluator: unknown, tree: CelTree, context: unknown) => unknown

export class CostError extends Error {
  constructor() {
    super('operation cancelled: actual cost limit exceeded')
  }
}

export interface Budget {
  /** To be called before each evaluation. */
  reset(): void
  /** Throws CostError, also where the expression itself would have swallowed an error. */
  check(): void
}

/** Wraps all nodes of a tree. */
export function meter(tree: CelTree, limit: number): Budget {
  let left = limit
  const spend = (result: unknown): void => {
    left -= 1 + sizeOf(result) / ITEMS_PER_STEP
    if (left < 0) throw new CostError()
  }
  visit(tree, (node) => wrap(node, spend))
  return {
    reset: () => {
      left = limit
    },
    check: () => {
      if (left < 0) throw new CostError()
    },
  }
}

/** The library replaces `evaluate` of a node at its first call; the setter keeps that from undoing the wrapper. */
function wrap(node: CelTree, spend: (result: unknown) => void): void {
  let inner = node.evaluate
  if (!inner) return
  const metered: Evaluate = (evaluator, tree, context) => {
    const result = inner?.call(tree, evaluator, tree, context)
    spend(result)
    return result
  }
  Object.defineProperty(node, 'evaluate', {
    get: () => metered,
    set: (replacement: Evaluate) => {
      inner = replacement
    },
  })
}

/** Calls `each` for every node that was written, macros' arguments included. */
export function visit(value: unknown, each: (node: CelTree) => void): void {
  if (Array.isArray(value)) {
    for (const item of value) visit(item, each)
    return
  }
  if (!isTree(value)) return
  each(value)
  visit(value.args, each)
}

function isTree(value: unknown): value is CelTree {
  return typeof value === 'object' && value !== null && 'op' in value && 'args' in value
}

function sizeOf(value: unknown): number {
  if (typeof value === 'string' || Array.isArray(value) || value instanceof Uint8Array) return value.length
  return value instanceof Map ? value.size : 0
}
