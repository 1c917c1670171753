// The scheduler's picture of the cluster: each node with the pods on it and what they ask for.
//
// Fed by informers and by *assumed* pods: a pod counts on its node from the moment it was chosen, before the
// binding is written, so that the next pod does not take the same room. Sums are kept up to date with each
// pod that comes and goes; nothing is added up anew for a decision.
// Upstream: pkg/scheduler/backend/cache and pkg/scheduler/framework/types.go (NodeInfo)

import { keyOf, type ObjectKey } from '#api/meta/object.ts'
import type { Labels } from '#api/meta/selectors.ts'
import type { Namespace, Node, Pod } from '#api/types/core.ts'
import { type Namespaces, type PodTerms, podTermsOf } from '#scheduler/affinity-terms.ts'
import type { Workloads } from '#scheduler/default-selector.ts'
import { type CountedPods, PodCounts } from '#scheduler/pod-counts.ts'
import {
  addResources,
  allocatableOf,
  nonZeroRequestsOf,
  type Resources,
  requestsOf,
} from '#scheduler/resources.ts'
import type { Storage } from '#scheduler/volumes.ts'

/** A host port in use; `hostIP` '0.0.0.0' means all addresses. */
export interface UsedPort {
  readonly hostIP: string
  readonly protocol: string
  readonly port: number
}

export class NodeInfo {
  readonly name: string
  /** Undefined while only its pods are known: the node is gone or has not come yet. */
  node: Node | undefined
  allocatable: Resources = new Map()
  readonly pods = new Map<ObjectKey, Pod>()
  /** Of those pods that say something about the company of others. */
  readonly podTerms = new Map<ObjectKey, PodTerms>()
  readonly requested: Resources = new Map()
  /** For scores: pods without requests count as a little, so that they spread too. */
  readonly nonZeroRequested: Resources = new Map()
  /** Sizes in bytes of the images on the node, by each of their names. */
  images: ReadonlyMap<string, number> = new Map()
  readonly #counts = new PodCounts()

  constructor(name: string) {
    this.name = name
  }

  setNode(node: Node): void {
    this.node = node
    this.allocatable = allocatableOf(node)
    const images = new Map<string, number>()
    for (const image of node.status?.images ?? []) {
      for (const name of image.names ?? []) images.set(name, image.sizeBytes ?? 0)
    }
    this.images = images
  }

  addPod(pod: Pod): void {
    this.removePod(keyOf(pod))
    this.pods.set(keyOf(pod), pod)
    const terms = podTermsOf(pod)
    if (terms) this.podTerms.set(keyOf(pod), terms)
    addResources(this.requested, requestsOf(pod), 1)
    addResources(this.nonZeroRequested, nonZeroRequestsOf(pod), 1)
    this.#counts.change(pod, 1)
  }

  removePod(key: ObjectKey): void {
    const pod = this.pods.get(key)
    if (!pod) return
    this.pods.delete(key)
    this.podTerms.delete(key)
    addResources(this.requested, requestsOf(pod), -1)
    addResources(this.nonZeroRequested, nonZeroRequestsOf(pod), -1)
    this.#counts.change(pod, -1)
  }

  /** A copy whose pods may be taken away to try a preemption. */
  clone(): NodeInfo {
    const copy = new NodeInfo(this.name)
    if (this.node) copy.setNode(this.node)
    for (const pod of this.pods.values()) copy.addPod(pod)
    return copy
  }

  /** How many of its pods match. */
  countPods(question: CountedPods): number {
    return this.#counts.of(question, this.pods.values())
  }

  *usedPorts(): Generator<UsedPort> {
    for (const pod of this.pods.values()) yield* hostPortsOf(pod)
  }
}

/** The host ports that a pod's containers ask for. */
export function* hostPortsOf(pod: Pod): Generator<UsedPort> {
  const sidecars = (pod.spec?.initContainers ?? []).filter(
    (container) => container.restartPolicy === 'Always',
  )
  for (const container of [...(pod.spec?.containers ?? []), ...sidecars]) {
    for (const { hostPort, hostIP, protocol } of container.ports ?? []) {
      if (hostPort) yield { hostIP: hostIP || '0.0.0.0', protocol: protocol || 'TCP', port: hostPort }
    }
  }
}

/** What plugins see: the nodes that exist, in the order in which they came. */
export interface Snapshot {
  readonly nodes: readonly NodeInfo[]
  readonly namespaces: Namespaces
  /** Undefined where nothing is known of any storage. */
  readonly storage: Storage | undefined
  /** Undefined where nothing is known of what stands behind pods. */
  readonly workloads: Workloads | undefined
}

export class SchedulerCache {
  readonly #storage: Storage | undefined
  readonly #workloads: Workloads | undefined
  /** The nodes that exist; undefined when one came or went since. */
  #existing: readonly NodeInfo[] | undefined
  readonly #nodes = new Map<string, NodeInfo>()
  readonly #namespaces = new Map<string, Labels>()
  /** Where each counted pod is. */
  readonly #assignments = new Map<
    ObjectKey,
    { readonly nodeName: string; readonly uid: string; isAssumed: boolean }
  >()

  constructor(storage?: Storage, workloads?: Workloads) {
    this.#storage = storage
    this.#workloads = workloads
  }

  setNode(node: Node): void {
    this.#existing = undefined
    this.#nodeInfo(node.metadata?.name ?? '').setNode(node)
  }

  removeNode(name: string): void {
    const info = this.#nodes.get(name)
    if (!info) return
    this.#existing = undefined
    info.node = undefined
    if (info.pods.size === 0) this.#nodes.delete(name)
  }

  setNamespace({ metadata }: Namespace): void {
    this.#namespaces.set(metadata?.name ?? '', metadata?.labels)
  }

  removeNamespace(name: string): void {
    this.#namespaces.delete(name)
  }

  /** Counts a bound pod, be it assumed before or not. */
  setPod(pod: Pod): void {
    this.#place(pod, pod.spec?.nodeName ?? '', false)
  }

  /** Counts a pod on the node that was chosen for it, before anybody else knows. */
  assume(pod: Pod, nodeName: string): void {
    this.#place(pod, nodeName, true)
  }

  /** The binding failed: the room is free again. A pod that turned out to be bound stays. */
  forget(pod: Pod): void {
    if (this.#assignments.get(keyOf(pod))?.isAssumed) this.removePod(keyOf(pod))
  }

  isAssumed(key: ObjectKey): boolean {
    return this.#assignments.get(key)?.isAssumed ?? false
  }

  removePod(key: ObjectKey): void {
    const assignment = this.#assignments.get(key)
    if (!assignment) return
    this.#assignments.delete(key)
    const info = this.#nodes.get(assignment.nodeName)
    info?.removePod(key)
    if (info && !info.node && info.pods.size === 0) this.#nodes.delete(info.name)
  }

  /** The nodes that exist. The entries are live: decisions are made without awaiting. */
  snapshot(): Snapshot {
    this.#existing ??= [...this.#nodes.values()].filter((info) => info.node !== undefined)
    return {
      nodes: this.#existing,
      namespaces: this.#namespaces,
      storage: this.#storage,
      workloads: this.#workloads,
    }
  }

  #place(pod: Pod, nodeName: string, isAssumed: boolean): void {
    const key = keyOf(pod)
    this.removePod(key)
    this.#assignments.set(key, { nodeName, uid: pod.metadata?.uid ?? '', isAssumed })
    this.#nodeInfo(nodeName).addPod(pod)
  }

  #nodeInfo(name: string): NodeInfo {
    const info = this.#nodes.get(name) ?? new NodeInfo(name)
    this.#nodes.set(name, info)
    return info
  }
}
