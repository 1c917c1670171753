// When nothing fits: would it fit somewhere if pods of lower priority went? Pure: it names node and victims.
//
// On each node where pods stand in the way, all pods of lower priority are taken away in thought, and then
// given back, the most important first, as far as the pod still fits. Of the nodes, the one is chosen whose
// victims matter least. Upstream: pkg/scheduler/framework/{preemption,plugins/defaultpreemption}
// Left out: PodDisruptionBudgets (victims are taken whether or not a budget protects them).

import { keyOf } from '#api/meta/object.ts'
import type { Pod } from '#api/types/core.ts'
import { type Diagnosis, filterNode, histogram } from '#scheduler/decide.ts'
import {
  type CycleState,
  type Rejection,
  rejected,
  type SchedulerPlugin,
  unresolvable,
} from '#scheduler/framework.ts'
import type { NodeInfo, Snapshot } from '#scheduler/snapshot.ts'

export type PreemptionResult =
  | { readonly nodeName: string; readonly victims: readonly Pod[] }
  | { readonly message: string }

interface Candidate {
  readonly nodeName: string
  readonly victims: readonly Pod[]
}

const NOT_HELPFUL = unresolvable('Preemption is not helpful for scheduling')

/** Looks for a node and victims, or says for each node why there are none. */
export function findPreemption(
  plugins: readonly SchedulerPlugin[],
  pod: Pod,
  snapshot: Snapshot,
  diagnosis: Diagnosis,
  state: CycleState,
): PreemptionResult {
  const ineligible = whyIneligible(pod, snapshot, diagnosis)
  if (ineligible) return { message: ineligible }
  const verdicts: Rejection[] = []
  const candidates: Candidate[] = []
  for (const node of snapshot.nodes) {
    if (diagnosis.rejections.get(node.name)?.isUnresolvable ?? true) verdicts.push(NOT_HELPFUL)
    else {
      const result = victimsOn(plugins, pod, node, state)
      if (Array.isArray(result)) candidates.push({ nodeName: node.name, victims: result })
      else verdicts.push(result as Rejection)
    }
  }
  const chosen = candidates.sort(compareCandidates)[0]
  return (
    chosen ?? { message: `0/${diagnosis.nodeCount} nodes are available: ${histogram(verdicts).join(', ')}.` }
  )
}

/** A pod may not preempt while its earlier victims are still on their way out. */
function whyIneligible(pod: Pod, snapshot: Snapshot, diagnosis: Diagnosis): string | undefined {
  if (pod.spec?.preemptionPolicy === 'Never') return 'not eligible due to preemptionPolicy=Never.'
  const nominated = pod.status?.nominatedNodeName
  if (!nominated || diagnosis.rejections.get(nominated)?.isUnresolvable) return undefined
  const node = snapshot.nodes.find((candidate) => candidate.name === nominated)
  const isWaiting = [...(node?.pods.values() ?? [])].some(
    (other) => other.metadata?.deletionTimestamp !== undefined && isLower(other, pod) && isVictim(other),
  )
  return isWaiting ? 'not eligible due to a terminating pod on the nominated node.' : undefined
}

const isVictim = (pod: Pod): boolean =>
  (pod.status?.conditions ?? []).some(
    ({ type, status, reason }) =>
      type === 'DisruptionTarget' && status === 'True' && reason === 'PreemptionByScheduler',
  )

const priorityOf = (pod: Pod): number => pod.spec?.priority ?? 0
const isLower = (a: Pod, b: Pod): boolean => priorityOf(a) < priorityOf(b)

/** The fewest pods of lower priority whose going makes room on `node`, the most important first. */
function victimsOn(
  plugins: readonly SchedulerPlugin[],
  pod: Pod,
  node: NodeInfo,
  state: CycleState,
): Pod[] | Rejection {
  const trial = node.clone()
  const potential = [...node.pods.values()].filter((other) => isLower(other, pod))
  if (potential.length === 0) return unresolvable('No preemption victims found for incoming pod')
  for (const victim of potential) trial.removePod(keyOf(victim))
  const verdict = filterNode(plugins, pod, trial, state)
  if (verdict) return rejected(...verdict.rejection.reasons)
  const victims: Pod[] = []
  for (const candidate of potential.sort(moreImportant)) {
    trial.addPod(candidate)
    if (!filterNode(plugins, pod, trial, state)) continue
    trial.removePod(keyOf(candidate))
    victims.push(candidate)
  }
  return victims
}

/** Higher priority first, then the one that runs longer. */
function moreImportant(a: Pod, b: Pod): number {
  return priorityOf(b) - priorityOf(a) || startOf(a).localeCompare(startOf(b))
}

const startOf = (pod: Pod): string => pod.status?.startTime ?? pod.metadata?.creationTimestamp ?? ''

/** Lowest highest priority, lowest sum, fewest, and last the one whose most important victim began latest. */
function compareCandidates(a: Candidate, b: Candidate): number {
  const highest = (c: Candidate) => Math.max(...c.victims.map(priorityOf))
  const sum = (c: Candidate) => c.victims.reduce((total, victim) => total + priorityOf(victim) + 2 ** 31, 0)
  const earliest = (c: Candidate) =>
    c.victims
      .filter((v) => priorityOf(v) === highest(c))
      .map(startOf)
      .sort()[0] ?? ''
  return (
    highest(a) - highest(b) ||
    sum(a) - sum(b) ||
    a.victims.length - b.victims.length ||
    earliest(b).localeCompare(earliest(a))
  )
}
