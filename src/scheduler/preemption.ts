// When nothing fits: would it fit somewhere if pods of lower priority went? Pure: it names node and victims.
//
// On each node where pods stand in the way, all pods of lower priority are taken away in thought, and then
// given back, the most important first, as far as the pod still fits. Of the nodes, the one is chosen whose
// victims matter least: those that no PodDisruptionBudget protects, but a budget is no promise against priority.
// Upstream: pkg/scheduler/framework/{preemption,plugins/defaultpreemption}

import { keyOf } from '#api/meta/object.ts'
import { matchesLabels, selectorOf } from '#api/meta/selectors.ts'
import type { Pod } from '#api/types/core.ts'
import type { PodDisruptionBudget } from '#api/types/policy.ts'
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
  /** `isFutile`: every node was considered, so an earlier promise of one is void. */
  | { readonly message: string; readonly isFutile?: boolean }

interface Victims {
  readonly victims: readonly Pod[]
  /** How many of them a budget protects. */
  readonly violations: number
}

interface Candidate extends Victims {
  readonly nodeName: string
}

const NOT_HELPFUL = unresolvable('Preemption is not helpful for scheduling')

/** Looks for a node and victims, or says for each node why there are none. */
export function findPreemption(
  plugins: readonly SchedulerPlugin[],
  pod: Pod,
  snapshot: Snapshot,
  diagnosis: Diagnosis,
  state: CycleState,
  budgets: readonly PodDisruptionBudget[] = [],
): PreemptionResult {
  const ineligible = whyIneligible(pod, snapshot, diagnosis)
  if (ineligible) return { message: ineligible }
  const verdicts: Rejection[] = []
  const candidates: Candidate[] = []
  for (const node of snapshot.nodes) {
    if (diagnosis.rejections.get(node.name)?.isUnresolvable ?? true) verdicts.push(NOT_HELPFUL)
    else {
      const result = victimsOn(plugins, pod, node, state, budgets)
      if ('victims' in result) candidates.push({ nodeName: node.name, ...result })
      else verdicts.push(result)
    }
  }
  const chosen = candidates.sort(compareCandidates)[0]
  const message = `0/${diagnosis.nodeCount} nodes are available: ${histogram(verdicts).join(', ')}.`
  return chosen ?? { message, isFutile: true }
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

/** The fewest pods of lower priority whose going makes room on `node`; the protected and most important stay first. */
function victimsOn(
  plugins: readonly SchedulerPlugin[],
  pod: Pod,
  node: NodeInfo,
  state: CycleState,
  budgets: readonly PodDisruptionBudget[],
): Victims | Rejection {
  const trial = node.clone()
  const potential = [...node.pods.values()].filter((other) => isLower(other, pod))
  if (potential.length === 0) return unresolvable('No preemption victims found for incoming pod')
  for (const victim of potential) trial.removePod(keyOf(victim))
  const verdict = filterNode(plugins, pod, trial, state)
  if (verdict) return rejected(...verdict.rejection.reasons)
  const sorted = potential.sort(moreImportant)
  const violating = violatingPods(sorted, budgets)
  const victims: Pod[] = []
  const order = [
    ...sorted.filter((other) => violating.has(other)),
    ...sorted.filter((other) => !violating.has(other)),
  ]
  for (const candidate of order) {
    trial.addPod(candidate)
    if (!filterNode(plugins, pod, trial, state)) continue
    trial.removePod(keyOf(candidate))
    victims.push(candidate)
  }
  return {
    victims: victims.sort(moreImportant),
    violations: victims.filter((victim) => violating.has(victim)).length,
  }
}

/** The pods whose going, in this order, would be more than a budget allows. */
function violatingPods(sorted: readonly Pod[], budgets: readonly PodDisruptionBudget[]): ReadonlySet<Pod> {
  const left = new Map(budgets.map((budget) => [budget, budget.status?.disruptionsAllowed ?? 0]))
  const violating = new Set<Pod>()
  for (const pod of sorted) {
    for (const budget of budgets.filter((candidate) => protects(candidate, pod))) {
      // One whose eviction was granted is counted already.
      if (budget.status?.disruptedPods?.[pod.metadata?.name ?? ''] !== undefined) continue
      const allowed = (left.get(budget) ?? 0) - 1
      left.set(budget, allowed)
      if (allowed < 0) violating.add(pod)
    }
  }
  return violating
}

/** An empty selector protects nobody here, unlike in evictions. */
function protects({ metadata, spec }: PodDisruptionBudget, pod: Pod): boolean {
  const selector = selectorOf(spec?.selector)
  return (
    metadata?.namespace === pod.metadata?.namespace &&
    selector.requirements.length > 0 &&
    matchesLabels(selector, pod.metadata?.labels)
  )
}

/** Higher priority first, then the one that runs longer. */
function moreImportant(a: Pod, b: Pod): number {
  return priorityOf(b) - priorityOf(a) || startOf(a).localeCompare(startOf(b))
}

const startOf = (pod: Pod): string => pod.status?.startTime ?? pod.metadata?.creationTimestamp ?? ''

/** Fewest budgets violated, lowest highest priority, lowest sum, fewest, and last the one whose most important victim began latest. */
function compareCandidates(a: Candidate, b: Candidate): number {
  const highest = (c: Candidate) => Math.max(...c.victims.map(priorityOf))
  const sum = (c: Candidate) => c.victims.reduce((total, victim) => total + priorityOf(victim) + 2 ** 31, 0)
  const earliest = (c: Candidate) =>
    c.victims
      .filter((v) => priorityOf(v) === highest(c))
      .map(startOf)
      .sort()[0] ?? ''
  return (
    a.violations - b.violations ||
    highest(a) - highest(b) ||
    sum(a) - sum(b) ||
    a.victims.length - b.victims.length ||
    earliest(b).localeCompare(earliest(a))
  )
}
