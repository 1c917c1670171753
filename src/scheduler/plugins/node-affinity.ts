// Node selectors and node affinity: where a pod must run, and where it would rather run.
// Upstream: pkg/scheduler/framework/plugins/nodeaffinity

import { isNodeRequired, matchesNodeSelectorTerm } from '#api/meta/node-selector.ts'
import type { NodeSelectorTerm } from '#api/types/core.ts'
import { nodeChange } from '#scheduler/cluster-events.ts'
import {
  normalizeByMaximum,
  type PreFilterResult,
  type SchedulerPlugin,
  unresolvable,
} from '#scheduler/framework.ts'

export const nodeAffinity: SchedulerPlugin = {
  name: 'NodeAffinity',
  weight: 2,

  /** A DaemonSet's pod names its node by a field: only that one is looked at, however many there are. */
  preFilter(pod): PreFilterResult {
    const terms =
      pod.spec?.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms
    if (!terms || terms.length === 0) return undefined
    const names = new Set<string>()
    for (const term of terms) {
      const named = namesOf(term)
      if (!named) return undefined
      for (const name of named) names.add(name)
    }
    return names.size === 0 ? { reject: unresolvable('pod affinity terms conflict') } : { nodeNames: names }
  },

  filter(pod, node) {
    return node.node && isNodeRequired(pod.spec, node.node)
      ? undefined
      : unresolvable("node(s) didn't match Pod's node affinity/selector")
  },

  /** The weights of the preferred terms that the node matches. */
  score(pod, node) {
    let sum = 0
    for (const { weight, preference } of pod.spec?.affinity?.nodeAffinity
      ?.preferredDuringSchedulingIgnoredDuringExecution ?? []) {
      if (node.node && matchesNodeSelectorTerm(preference, node.node)) sum += weight
    }
    return sum
  },
  normalize: (scores) => normalizeByMaximum(scores, false),
  isHelpedBy(pod, event) {
    const change = nodeChange(event)
    if (!change || !isNodeRequired(pod.spec, change.node)) return false
    return change.previous === undefined || !isNodeRequired(pod.spec, change.previous)
  },
}

/** The node names that a term allows by `matchFields`; undefined when it allows any. */
function namesOf(term: NodeSelectorTerm): readonly string[] | undefined {
  const lists = (term.matchFields ?? [])
    .filter((field) => field.key === 'metadata.name' && field.operator === 'In')
    .map((field) => field.values ?? [])
  if (lists.length === 0) return undefined
  return lists.reduce((common, list) => common.filter((name) => list.includes(name)))
}
