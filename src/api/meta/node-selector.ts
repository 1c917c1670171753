// Whether a node is one that a node selector means, as in node affinity and in volumes. Pure.
//
// Terms are alternatives, the requirements of one term all have to hold; a term without any matches nothing.
// Upstream: staging/src/k8s.io/component-helpers/scheduling/corev1/nodeaffinity

import { holds, type Operator } from '#api/meta/selectors.ts'
import type { Node, NodeSelector, NodeSelectorRequirement, NodeSelectorTerm, Pod } from '#api/types/core.ts'

const OPERATORS: Readonly<Record<string, Operator>> = {
  In: 'in',
  NotIn: 'notin',
  Exists: 'exists',
  DoesNotExist: '!',
  Gt: 'gt',
  Lt: 'lt',
}

export function matchesNodeSelector(selector: NodeSelector, node: Node): boolean {
  return (selector.nodeSelectorTerms ?? []).some((term) => matchesNodeSelectorTerm(term, node))
}

/** Whether a pod with this spec may be on the node, as far as its node selector and required affinity go. */
export function isNodeRequired(spec: Pod['spec'], node: Node): boolean {
  const labels = node.metadata?.labels
  const wanted = Object.entries(spec?.nodeSelector ?? {})
  if (!wanted.every(([key, value]) => labels?.[key] === value)) return false
  const required = spec?.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution
  return required ? matchesNodeSelector(required, node) : true
}

export function matchesNodeSelectorTerm(
  { matchExpressions = [], matchFields = [] }: NodeSelectorTerm,
  node: Node,
): boolean {
  if (matchExpressions.length + matchFields.length === 0) return false
  const fields = { 'metadata.name': node.metadata?.name ?? '' }
  return allHold(matchExpressions, node.metadata?.labels) && allHold(matchFields, fields)
}

function allHold(
  requirements: readonly NodeSelectorRequirement[],
  values: Readonly<Record<string, string>> | undefined,
): boolean {
  return requirements.every(({ key, operator, values: wanted }) => {
    const known = OPERATORS[operator]
    return known !== undefined && holds({ key, operator: known, values: wanted ?? [] }, values)
  })
}
