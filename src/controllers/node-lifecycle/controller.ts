// Watches over the nodes: notices that a kubelet fell silent, taints its node, tells the node's pods.
//
//   leases, node status ─▶ last heard of ─(50 s)─▶ conditions Unknown ─▶ taints ─▶ (taint eviction) pods leave
//
// A lease that is renewed only moves a time in memory; a node is looked at when it changes, or when its time
// has run out. Upstream: pkg/controller/nodelifecycle, which walks over all nodes every five seconds.

import { keyOf, type ObjectKey } from '#api/meta/object.ts'
import { isNotFound } from '#api/meta/status.ts'
import { leases, nodes, pods } from '#api/resources.ts'
import type { Lease } from '#api/types/coordination.ts'
import type { Node, Pod } from '#api/types/core.ts'
import type { Change } from '#client/informer.ts'
import type { Requeue } from '#client/work-queue.ts'
import {
  type Controller,
  type ControllerContext,
  controller,
  mapped,
  primary,
} from '#controllers/controller.ts'
import { NodeHealth } from '#controllers/node-lifecycle/health.ts'
import { type Eviction, evictionOf, planLabels, planTaints } from '#controllers/node-lifecycle/plan.ts'
import { nodeCondition, silentConditions } from '#controllers/node-lifecycle/status.ts'
import { Zones, zoneOf } from '#controllers/node-lifecycle/zones.ts'
import { podCondition } from '#controllers/pods/pod-state.ts'
import { indexByNode, podsOnNode } from '#controllers/pods/pods-by-node.ts'
import { formatTime } from '#sys/clock.ts'

const isReady = (node: Node): boolean => nodeCondition(node, 'Ready')?.status === 'True'

export function nodeLifecycleController(context: ControllerContext): Controller {
  const { client, clock } = context
  const nodeInformer = context.informers.informer(nodes)
  const leaseInformer = context.informers.informer(leases, { namespace: 'kube-node-lease' })
  const podInformer = context.informers.informer(pods)
  indexByNode(podInformer)
  const events = context.events('node-controller')
  const health = new NodeHealth()
  const zones = new Zones()
  const known = new Map<string, Node>()
  /** Whether the node was ready when it was last looked at. */
  const wasReady = new Map<string, boolean>()
  /** Pods that have to be told that their node is not ready, by node. */
  const untold = new Map<string, Set<ObjectKey>>()
  let enqueueAll: () => void = () => undefined
  /** All nodes are silent: the fault is on our side, and nobody is to be driven away. */
  let isIsolated = false

  async function reconcile(name: ObjectKey): Promise<Requeue> {
    const cached = nodeInformer.get(name)
    if (!cached) return forget(name)
    welcome(cached)
    health.observe(cached, leaseInformer.get(`kube-node-lease/${name}`), clock.now())
    const node = await markSilent(cached)
    turnZones(node)
    const waitMs = await taint(node)
    await copyLabels(node)
    await tellPods(node)
    const silentInMs =
      nodeCondition(node, 'Ready')?.status === 'Unknown' ? Infinity : health.remainingMs(node, clock.now())
    const afterMs = Math.min(waitMs, Math.max(silentInMs, 1))
    return Number.isFinite(afterMs) ? { afterMs } : undefined
  }

  function welcome(node: Node): void {
    const name = node.metadata?.name ?? ''
    const isNew = known.get(name)?.metadata?.uid !== node.metadata?.uid
    known.set(name, node)
    if (isNew) record(node, 'RegisteredNode', `event: Registered Node ${name} in Controller`)
  }

  function forget(name: string): undefined {
    const node = known.get(name)
    if (node) record(node, 'RemovingNode', `event: Removing Node ${name} from Controller`)
    known.delete(name)
    wasReady.delete(name)
    untold.delete(name)
    health.forget(name)
    turnZones()
  }

  /** Events about nodes name nothing but the node, so that they stay the same while it changes. */
  function record(node: Node, reason: string, what: string): void {
    const { name = '', uid = '' } = node.metadata ?? {}
    const reference = { apiVersion: 'v1', kind: 'Node', metadata: { name, uid } }
    events.event(reference, 'Normal', reason, `Node ${name} ${what}`)
  }

  async function markSilent(node: Node): Promise<Node> {
    if (health.remainingMs(node, clock.now()) > 0) return node
    const conditions = silentConditions(node, clock.now())
    if (conditions === (node.status?.conditions ?? conditions)) return node
    return client
      .resource(nodes)
      .updateStatus({ ...node, status: { ...node.status, conditions: [...conditions] } })
  }

  function turnZones(fresh?: Node): void {
    const all = nodeInformer.list().map((node) => (keyOf(node) === (fresh && keyOf(fresh)) ? fresh : node))
    const turn = zones.update(
      all.filter((node) => node !== undefined),
      clock.now(),
    )
    if (turn === 'recovered') health.forgive(clock.now())
    if (turn !== undefined) {
      isIsolated = turn === 'isolated'
      enqueueAll()
    }
  }

  /** Writes the taints; gives how long to wait for the zone's leave to empty the node. */
  async function taint(node: Node): Promise<number> {
    let eviction: Eviction = evictionOf(node)
    let waitMs = Infinity
    if (isIsolated) eviction = 'end'
    else if (eviction === 'begin') {
      waitMs = zones.takeTurn(zoneOf(node), clock.now())
      if (waitMs > 0) eviction = 'keep'
      else waitMs = Infinity
    }
    const taints = planTaints(node, eviction, clock.now())
    if (taints) {
      const { name = '', resourceVersion } = node.metadata ?? {}
      const patch = { metadata: { resourceVersion }, spec: { taints: taints.length > 0 ? taints : null } }
      await client.resource(nodes).patch('', name, 'merge', patch)
    }
    return waitMs
  }

  async function copyLabels(node: Node): Promise<void> {
    const labels = planLabels(node)
    if (labels)
      await client.resource(nodes).patch('', node.metadata?.name ?? '', 'merge', { metadata: { labels } })
  }

  /** When a node stops being ready, its pods are no longer ready either, though their kubelet cannot say so. */
  async function tellPods(node: Node): Promise<void> {
    const name = node.metadata?.name ?? ''
    const before = wasReady.get(name)
    wasReady.set(name, isReady(node))
    if (isReady(node)) {
      untold.delete(name)
      return
    }
    if (!nodeCondition(node, 'Ready')) return
    const waiting = untold.get(name) ?? new Set<ObjectKey>()
    untold.set(name, waiting)
    if (before === true) {
      record(node, 'NodeNotReady', 'status is now: NodeNotReady')
      for (const pod of podsOnNode(podInformer, name)) waiting.add(keyOf(pod))
    }
    for (const key of [...waiting]) {
      await markNotReady(podInformer.get(key), name)
      waiting.delete(key)
    }
  }

  async function markNotReady(pod: Pod | undefined, nodeName: string): Promise<void> {
    const condition = pod && podCondition(pod, 'Ready')
    if (!condition || condition.status === 'False' || pod.spec?.nodeName !== nodeName) return
    const changed = { ...condition, status: 'False', lastTransitionTime: formatTime(clock.now()) }
    const conditions = pod.status?.conditions?.map((other) => (other === condition ? changed : other)) ?? []
    try {
      await client.resource(pods).updateStatus({ ...pod, status: { ...pod.status, conditions } })
    } catch (error) {
      if (isNotFound(error)) return
      throw error
    }
    events.event(pod, 'Warning', 'NodeNotReady', 'Node is not ready')
  }

  /** A pod that comes to a node which is not ready. */
  function nodeOfNewPod(change: Change<Pod>): readonly ObjectKey[] {
    const name = change.object.spec?.nodeName ?? ''
    const isNew =
      change.type === 'added' || (change.type === 'updated' && change.previous.spec?.nodeName !== name)
    const node = nodeInformer.get(name)
    if (!isNew || !node || isReady(node) || !nodeCondition(node, 'Ready')) return []
    const waiting = untold.get(name) ?? new Set<ObjectKey>()
    untold.set(name, waiting.add(keyOf(change.object)))
    return [name]
  }

  /** A renewed lease moves a time; only a node that was given up or is new has to be looked at. */
  function nodeOfLease({ type, object }: Change<Lease>): readonly ObjectKey[] {
    const name = object.metadata?.name ?? ''
    if (type === 'deleted') return []
    return health.observeLease(object, clock.now()) ? [] : [name]
  }

  const nodeWatch = primary(nodeInformer)
  return controller(context, 'node-lifecycle-controller', {
    watches: [
      {
        ...nodeWatch,
        start(queue) {
          enqueueAll = () => {
            for (const node of nodeInformer.list()) queue.add(keyOf(node))
          }
          return nodeWatch.start(queue)
        },
      },
      mapped(leaseInformer, nodeOfLease),
      mapped(podInformer, nodeOfNewPod),
    ],
    workers: 8,
    reconcile,
  })
}
