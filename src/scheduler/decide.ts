// The decision: which node for this pod? Pure, and made without waiting for anything.
//
// First every plugin may exclude nodes (filter), then those that are left are compared (score). In a large
// cluster only so many fitting nodes are looked for, starting each time where the last search ended.
// Upstream: pkg/scheduler/schedule_one.go

import type { Pod } from '#api/types/core.ts'
import { type CycleState, type Rejection, type SchedulerPlugin, unresolvable } from '#scheduler/framework.ts'
import type { NodeInfo, Snapshot } from '#scheduler/snapshot.ts'
import type { Random } from '#sys/random.ts'

/** Why no node did. */
export interface Diagnosis {
  readonly nodeCount: number
  /** The reason of a plugin that spoke for the whole cluster. */
  readonly preFilterMessage?: string
  readonly rejections: ReadonlyMap<string, Rejection>
  readonly rejectedBy: ReadonlySet<string>
}

export type Decision =
  | { readonly nodeName: string; readonly diagnosis?: undefined }
  | { readonly nodeName?: undefined; readonly diagnosis: Diagnosis; readonly state: CycleState }

/** Below this many nodes all are looked at; above it a share that falls with the size, but never fewer. */
const MIN_FEASIBLE_NODES = 100
const MIN_SHARE = 5

/** Pods that were promised room by a preemption and are not there yet. */
export interface NominatedPods {
  on(nodeName: string): readonly Pod[]
  nodeOf(pod: Pod): string | undefined
}

export function createDecider(plugins: readonly SchedulerPlugin[], random: Random, nominated: NominatedPods) {
  let start = 0

  function decide(pod: Pod, snapshot: Snapshot): Decision {
    const state: CycleState = new Map()
    const narrowed = narrow(plugins, pod, snapshot, state)
    if ('diagnosis' in narrowed) return { diagnosis: narrowed.diagnosis, state }
    const { nodes, excludedBy } = narrowed
    const promised = nodes.find(({ name }) => name === nominated.nodeOf(pod))
    // Room was made for it there: it is not compared with others.
    if (promised && !filterNode(plugins, pod, withNominated(pod, promised, nominated), state)) {
      return { nodeName: promised.name }
    }
    const wanted = feasibleNodesWanted(nodes.length)
    const feasible: NodeInfo[] = []
    const rejections = new Map<string, Rejection>()
    const rejectedBy = new Set<string>()
    let looked = 0
    for (; looked < nodes.length && feasible.length < wanted; looked++) {
      const node = nodes[(start + looked) % nodes.length]
      if (!node) continue
      const verdict = filterNode(plugins, pod, withNominated(pod, node, nominated), state)
      if (!verdict) feasible.push(node)
      else {
        rejections.set(node.name, verdict.rejection)
        rejectedBy.add(verdict.plugin)
      }
    }
    start = nodes.length === 0 ? 0 : (start + looked) % nodes.length
    if (feasible.length === 0)
      return { diagnosis: diagnose(snapshot, rejections, rejectedBy, excludedBy), state }
    return { nodeName: best(plugins, pod, feasible, snapshot, state, random).name }
  }

  return decide
}

/** The node as it will be when the pods of at least this pod's priority that were promised room there have come. */
function withNominated(pod: Pod, node: NodeInfo, nominated: NominatedPods): NodeInfo {
  const priority = pod.spec?.priority ?? 0
  const coming = nominated
    .on(node.name)
    .filter((other) => other.metadata?.uid !== pod.metadata?.uid && (other.spec?.priority ?? 0) >= priority)
  if (coming.length === 0) return node
  const copy = node.clone()
  for (const other of coming) copy.addPod(other)
  return copy
}

/** Nodes that preFilter left out get the reason of the plugins that did so. */
function diagnose(
  snapshot: Snapshot,
  rejections: Map<string, Rejection>,
  rejectedBy: Set<string>,
  excludedBy: readonly string[],
): Diagnosis {
  const rejection = unresolvable(`node(s) didn't satisfy plugin(s) [${[...excludedBy].sort().join(' ')}]`)
  for (const node of snapshot.nodes) if (!rejections.has(node.name)) rejections.set(node.name, rejection)
  for (const name of excludedBy) rejectedBy.add(name)
  return { nodeCount: snapshot.nodes.length, rejections, rejectedBy }
}

/** Runs preFilter: the nodes that are left to look at, or why none is. */
function narrow(
  plugins: readonly SchedulerPlugin[],
  pod: Pod,
  snapshot: Snapshot,
  state: CycleState,
):
  | { readonly nodes: readonly NodeInfo[]; readonly excludedBy: readonly string[] }
  | { readonly diagnosis: Diagnosis } {
  let names: ReadonlySet<string> | undefined
  const excludedBy: string[] = []
  for (const plugin of plugins) {
    const result = plugin.preFilter?.(pod, snapshot, state)
    if (!result) continue
    if ('reject' in result) return { diagnosis: rejectedForAll(snapshot, plugin.name, result.reject) }
    const allowed = result.nodeNames
    excludedBy.push(plugin.name)
    names = names ? new Set([...names].filter((name) => allowed.has(name))) : allowed
  }
  const only = names
  return { nodes: only ? snapshot.nodes.filter((node) => only.has(node.name)) : snapshot.nodes, excludedBy }
}

function rejectedForAll(snapshot: Snapshot, plugin: string, rejection: Rejection): Diagnosis {
  return {
    nodeCount: snapshot.nodes.length,
    preFilterMessage: rejection.reasons.join(', '),
    rejections: new Map(snapshot.nodes.map((node) => [node.name, rejection])),
    rejectedBy: new Set([plugin]),
  }
}

/** The first plugin that rejects the node. */
export function filterNode(
  plugins: readonly SchedulerPlugin[],
  pod: Pod,
  node: NodeInfo,
  state: CycleState,
): { readonly plugin: string; readonly rejection: Rejection } | undefined {
  for (const plugin of plugins) {
    const rejection = plugin.filter?.(pod, node, state)
    if (rejection) return { plugin: plugin.name, rejection }
  }
  return undefined
}

function feasibleNodesWanted(nodeCount: number): number {
  if (nodeCount <= MIN_FEASIBLE_NODES) return nodeCount
  const share = Math.max(MIN_SHARE, 50 - Math.floor(nodeCount / 125))
  return Math.max(MIN_FEASIBLE_NODES, Math.floor((nodeCount * share) / 100))
}

/** The node with the highest weighted sum of scores; chance decides between equals, so that load spreads. */
function best(
  plugins: readonly SchedulerPlugin[],
  pod: Pod,
  nodes: readonly NodeInfo[],
  snapshot: Snapshot,
  state: CycleState,
  random: Random,
): NodeInfo {
  const totals = nodes.map(() => 0)
  if (nodes.length > 1) {
    for (const plugin of plugins) plugin.preScore?.(pod, snapshot, state, nodes)
    for (const plugin of plugins) {
      const { score, weight = 1 } = plugin
      if (!score) continue
      const scores = nodes.map((node) => score(pod, node, state))
      plugin.normalize?.(scores)
      for (const [i, value] of scores.entries()) totals[i] = (totals[i] ?? 0) + value * weight
    }
  }
  const highest = Math.max(...totals)
  const equals = nodes.filter((_node, i) => totals[i] === highest)
  return equals[Math.floor(random.next() * equals.length)] as NodeInfo
}

/** `0/2 nodes are available: 1 Insufficient cpu, 1 node(s) had untolerated taint(s).` with the postFilter's word behind. */
export function describe(diagnosis: Diagnosis, postFilterMessage: string): string {
  if (diagnosis.nodeCount === 0) return 'no nodes available to schedule pods'
  let text = `0/${diagnosis.nodeCount} nodes are available:`
  if (diagnosis.preFilterMessage) text += ` ${diagnosis.preFilterMessage}.`
  else {
    const counted = histogram(diagnosis.rejections.values())
    if (counted.length > 0) text += ` ${counted.join(', ')}.`
  }
  return postFilterMessage === '' ? text : `${text} ${postFilterMessage}`
}

/** `2 Insufficient cpu` for each reason, sorted as text. */
export function histogram(rejections: Iterable<Rejection>): readonly string[] {
  const counts = new Map<string, number>()
  for (const { reasons } of rejections) {
    for (const reason of reasons) counts.set(reason, (counts.get(reason) ?? 0) + 1)
  }
  return [...counts].map(([reason, count]) => `${count} ${reason}`).sort()
}
