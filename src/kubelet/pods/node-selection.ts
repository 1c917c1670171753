// Whether a node is one that a pod asks for: node selector and required node affinity, and its taints. Pure.
//
// Upstream: staging/src/k8s.io/component-helpers/scheduling/corev1/nodeaffinity

import { holds, type Operator } from '#api/meta/selectors.ts'
import type { Node, NodeSelectorRequirement, NodeSelectorTerm, Pod, Taint } from '#api/types/core.ts'

const OPERATORS: Readonly<Record<string, Operator>> = {
  In: 'in',
  NotIn: 'notin',
  Exists: 'exists',
  DoesNotExist: '!',
  Gt: 'gt',
  Lt: 'lt',
}

export function selectsNode(pod: Pod, node: Node): boolean {
  const labels = node.metadata?.labels
  const wanted = Object.entries(pod.spec?.nodeSelector ?? {})
  if (!wanted.every(([key, value]) => labels?.[key] === value)) return false
  const required = pod.spec?.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution
  return required ? (required.nodeSelectorTerms ?? []).some((term) => termMatches(term, node)) : true
}

/** A term without any requirement matches nothing. */
function termMatches({ matchExpressions = [], matchFields = [] }: NodeSelectorTerm, node: Node): boolean {
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

/** A taint with the effect NoExecute that the pod does not tolerate. */
export function untoleratedTaint(pod: Pod, node: Node): Taint | undefined {
  return node.spec?.taints?.find((taint) => {
    if (taint.effect !== 'NoExecute') return false
    return !pod.spec?.tolerations?.some(
      ({ key = '', operator = 'Equal', value = '', effect = '' }) =>
        (effect === '' || effect === taint.effect) &&
        (key === '' || key === taint.key) &&
        (operator === 'Exists' || (key !== '' && value === (taint.value ?? ''))),
    )
  })
}
