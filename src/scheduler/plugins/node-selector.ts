// Whether a node matches a node selector (as in node affinity and in volumes).
//
// Terms are alternatives, the requirements of one term all have to hold; a term without any matches nothing.
// Upstream: staging/src/k8s.io/component-helpers/scheduling/corev1/nodeaffinity

import type { Node, NodeSelector, NodeSelectorRequirement, NodeSelectorTerm } from '#api/types/core.ts'

export function matchesNodeSelector(selector: NodeSelector, node: Node): boolean {
  return selector.nodeSelectorTerms.some((term) => matchesNodeSelectorTerm(term, node))
}

export function matchesNodeSelectorTerm(term: NodeSelectorTerm, node: Node): boolean {
  const expressions = term.matchExpressions ?? []
  const fields = term.matchFields ?? []
  if (expressions.length + fields.length === 0) return false
  const labels = node.metadata?.labels ?? {}
  return (
    expressions.every((requirement) => holds(requirement, labels[requirement.key])) &&
    fields.every((requirement) =>
      holds(requirement, requirement.key === 'metadata.name' ? node.metadata?.name : undefined),
    )
  )
}

function holds(requirement: NodeSelectorRequirement, value: string | undefined): boolean {
  const values = requirement.values ?? []
  switch (requirement.operator) {
    case 'In':
      return value !== undefined && values.includes(value)
    case 'NotIn':
      return value === undefined || !values.includes(value)
    case 'Exists':
      return value !== undefined
    case 'DoesNotExist':
      return value === undefined
    case 'Gt':
      return compareIntegers(value, values[0], (a, b) => a > b)
    case 'Lt':
      return compareIntegers(value, values[0], (a, b) => a < b)
    default:
      return false
  }
}

function compareIntegers(
  a: string | undefined,
  b: string | undefined,
  test: (a: bigint, b: bigint) => boolean,
): boolean {
  if (!a || !b || !/^[+-]?\d+$/.test(a) || !/^[+-]?\d+$/.test(b)) return false
  return test(BigInt(a), BigInt(b))
}
