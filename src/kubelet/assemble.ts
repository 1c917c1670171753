// Puts the kubelet's parts together: what needs what, in one place.
//
// Parts that find something out (the runtime cache, probes, watches of objects) wake the pod workers, and the
// workers need those parts: the knot is tied here, by functions that look the workers up when they are called.

import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { nodes, pods, services } from '#api/resources.ts'
import type { Node, Pod, Service } from '#api/types/core.ts'
import { createEventRecorder, type EventRecorder } from '#client/events.ts'
import type { Informer } from '#client/informer.ts'
import { createInformerFactory, type InformerFactory } from '#client/informer-factory.ts'
import { createCgroupTree } from '#kubelet/cgroups/cgroup-tree.ts'
import { parseResolvConf } from '#kubelet/containers/dns.ts'
import type { Runtime } from '#kubelet/cri/runtime.ts'
import type { RuntimeVersion } from '#kubelet/cri/types.ts'
import { createEvictor, type Evictor } from '#kubelet/eviction/evictor.ts'
import { createImageCollector, type ImageCollector } from '#kubelet/images/image-gc.ts'
import { createImagePuller } from '#kubelet/images/image-puller.ts'
import { filesystemUsage, type Machine } from '#kubelet/node/machine.ts'
import { createNodeAgent, type NodeAgent } from '#kubelet/node/node-agent.ts'
import { nodeLabels, nodeReference } from '#kubelet/node/node-identity.ts'
import type { NodeFacts } from '#kubelet/node/node-status.ts'
import { createRuntimeHealth, type RuntimeHealth } from '#kubelet/node/runtime-health.ts'
import { DEFAULT_MAX_PODS, DEFAULT_PORT, KUBELET_VERSION, type KubeletOptions } from '#kubelet/options.ts'
import { createAllocations } from '#kubelet/pods/allocations.ts'
import { Backoff } from '#kubelet/pods/backoff.ts'
import { createLimiter } from '#kubelet/pods/limiter.ts'
import type { PodContext } from '#kubelet/pods/pod-context.ts'
import { createPodEvents, type PodEvents } from '#kubelet/pods/pod-events.ts'
import { createPodWorkers, type PodWorkers } from '#kubelet/pods/pod-workers.ts'
import { createObjectWatches, type ObjectWatches } from '#kubelet/pods/referred-objects.ts'
import { createPodProbes } from '#kubelet/probes/pod-probes.ts'
import { createRuntimeCache, type RuntimeCache } from '#kubelet/runtime/runtime-cache.ts'
import { createStatusWriter } from '#kubelet/status/status-writer.ts'
import { createImageVolumes, volumeImageNames } from '#kubelet/volumes/image-volumes.ts'
import { PodDirectories } from '#kubelet/volumes/pod-directories.ts'
import { createPodVolumes } from '#kubelet/volumes/pod-volumes.ts'
import {
  createServiceAccountTokens,
  type ServiceAccountTokens,
} from '#kubelet/volumes/service-account-token.ts'

/** What is known before anything is made. */
export interface Ground {
  readonly options: KubeletOptions
  readonly runtime: Runtime
  readonly version: RuntimeVersion
  readonly machine: Machine
}

export interface Parts {
  readonly informers: Informers
  readonly recorder: EventRecorder
  readonly tokens: ServiceAccountTokens
  readonly objects: ObjectWatches
  readonly health: RuntimeHealth
  readonly node: NodeAgent
  readonly context: PodContext
  readonly workers: PodWorkers
  readonly images: ImageCollector
  readonly evictor: Evictor
  /** From now on what runs and belongs to no pod that the workers know is ended. */
  adoptOrphans(): void
}

export interface Informers {
  readonly factory: InformerFactory
  readonly pods: Informer<Pod>
  readonly nodes: Informer<Node>
  readonly services: Informer<Service>
}

/** Filled as the parts are made; nothing looks before all are there. */
interface Knot {
  workers?: PodWorkers
  node?: NodeAgent
  evictor?: Evictor
  cache?: RuntimeCache
  arePodsKnown: boolean
}

const CRASH_FIRST_MS = 10_000
const CRASH_LONGEST_MS = 300_000
/** Measured on two cores: with fewer the runtime idles, with more its mounts and network set-ups collide. */
export const SANDBOXES_AT_ONCE = 8

export function assemble(ground: Ground): Parts {
  const { options, runtime } = ground
  const { client, clock, random, log, nodeName } = options
  const knot: Knot = { arePodsKnown: false }
  const informers = createInformers(options)
  const recorder = createEventRecorder({ client, clock, log, component: 'kubelet', host: nodeName })
  const events = createPodEvents(recorder)
  const tokens = createServiceAccountTokens({ client, clock, random, log })
  const wake = (uid: string): void => knot.workers?.wake(uid)
  const cache = createRuntimeCache({ runtime, clock, log, onChange: (uid) => onRuntimeChange(knot, uid) })
  knot.cache = cache
  const listServices = () => informers.services.list()
  const objects = createObjectWatches({ client, clock, random, log, services: listServices, onChange: wake })
  const health = createRuntimeHealth({ runtime, cache, clock, onChange: () => onHealthChange(knot) })
  const node = createNode(ground, recorder, health, knot)
  knot.node = node
  const base = { ground, informers, events, tokens, cache, objects, health, node, wake }
  const context = createContext(base, knot)
  const workers = createPodWorkers({
    context,
    node: () => node.current(),
    renewAt: (uid) => tokens.renewAt(uid),
  })
  knot.workers = workers
  const tellNode = (reason: string, message: string) =>
    recorder.event(nodeReference(nodeName), 'Warning', reason, message)
  const images = createImageCollector({
    runtime,
    clock,
    log,
    volumeImages: () => (knot.workers?.list() ?? []).flatMap(volumeImageNames),
    onFailure: (message) => tellNode('FreeDiskSpaceFailed', message),
  })
  const evictor = createEvictor({
    context,
    rootDir: options.rootDir,
    images,
    workers: () => workers,
    onChange: () => node.refresh(),
    onShortage: (resource) => tellNode('EvictionThresholdMet', `Attempting to reclaim ${resource}`),
  })
  knot.evictor = evictor
  return {
    informers,
    recorder,
    tokens,
    objects,
    health,
    node,
    context,
    workers,
    images,
    evictor,
    adoptOrphans() {
      knot.arePodsKnown = true
      for (const { uid } of cache.list()) onRuntimeChange(knot, uid)
    },
  }
}

function createInformers({ client, clock, random, log, nodeName }: KubeletOptions): Informers {
  const factory = createInformerFactory({ client, clock, random, log })
  return {
    factory,
    pods: factory.informer(pods, { fieldSelector: `spec.nodeName=${nodeName}` }),
    nodes: factory.informer(nodes, { fieldSelector: `metadata.name=${nodeName}` }),
    services: factory.informer(services),
  }
}

/** Until the workers have heard of the pods, everything that runs would look like an orphan. */
function onRuntimeChange({ workers, cache, arePodsKnown }: Knot, uid: string): void {
  if (workers?.has(uid)) workers.wake(uid)
  else if (arePodsKnown) {
    const orphan = cache?.get(uid)
    if (orphan) workers?.adoptOrphan(orphan)
  }
}

function onHealthChange({ node, workers }: Knot): void {
  node?.refresh()
  for (const pod of workers?.list() ?? []) workers?.wake(pod.metadata?.uid ?? '')
}

function createNode(ground: Ground, recorder: EventRecorder, health: RuntimeHealth, knot: Knot): NodeAgent {
  const { options, runtime, version, machine } = ground
  const { client, clock, log, nodeName } = options

  async function facts(): Promise<NodeFacts> {
    const [images, storage] = await Promise.all([runtime.listImages(), filesystemUsage(options.rootDir)])
    return {
      nodeName,
      addresses: options.nodeIPs ?? [options.nodeIP],
      machine,
      storageBytes: storage.capacityBytes,
      maxPods: options.maxPods ?? DEFAULT_MAX_PODS,
      port: options.port ?? DEFAULT_PORT,
      kubeletVersion: KUBELET_VERSION,
      runtimeVersion: `${version.runtimeName}://${version.runtimeVersion}`,
      runtime: health.status(),
      images,
      problems: health.problems(),
      pressure: knot.evictor?.pressure() ?? { memory: false, disk: false, pids: false },
    }
  }

  return createNodeAgent({
    client,
    clock,
    log,
    recorder,
    nodeName,
    labels: { ...nodeLabels(nodeName, machine.architecture), ...options.labels },
    taints: options.taints ?? [],
    facts,
  })
}

interface Base {
  readonly ground: Ground
  readonly informers: Informers
  readonly events: PodEvents
  readonly tokens: ServiceAccountTokens
  readonly cache: RuntimeCache
  readonly objects: ObjectWatches
  readonly health: RuntimeHealth
  readonly node: NodeAgent
  readonly wake: (uid: string) => void
}

function createContext(base: Base, knot: Knot): PodContext {
  const { ground, informers, events, tokens, cache, objects, health, node, wake } = base
  const { options, runtime, version, machine } = ground
  const { client, clock, random, log, rootDir } = options
  const directories = new PodDirectories(rootDir)
  const hostIPs = options.nodeIPs ?? [options.nodeIP]
  const allocatable = () => node.current()?.status?.allocatable ?? {}
  const statuses = createStatusWriter({
    client,
    clock,
    log,
    latest: (key) => informers.pods.get(key),
    mayBeRunning: (uid) => knot.workers?.mayBeRunning(uid) === true,
  })
  const images = createImagePuller({ runtime, clock, events })
  const imageVolumes = createImageVolumes({ runtime, version, images, directories })
  const volumes = createPodVolumes({
    client,
    directories,
    events,
    clock,
    imageVolumes,
    sources: () => ({
      configMap: (namespace, name) => objects.configMap(namespace, name),
      secret: (namespace, name) => objects.secret(namespace, name),
      token: (pod, projection) => tokens.get(pod, projection),
      allocatable: allocatable(),
      hostIPs,
    }),
  })
  return {
    runtime,
    runtimeName: version.runtimeName,
    cache,
    images,
    volumes,
    imageVolumes,
    cgroups: createCgroupTree({ parent: options.cgroupParent, clock }),
    probes: createPodProbes({
      runtime,
      clock,
      events,
      statusOf: (pod) => statuses.get(pod),
      onVerdict: wake,
    }),
    statuses,
    objects,
    events,
    allocations: createAllocations(directories, events),
    sandboxes: createLimiter(SANDBOXES_AT_ONCE),
    crashes: new Backoff(clock, CRASH_FIRST_MS, CRASH_LONGEST_MS),
    directories,
    logRoot: path.join(rootDir, 'logs'),
    seccompRoot: path.join(rootDir, 'seccomp'),
    clusterDNS: { servers: options.clusterDNS, domain: options.clusterDomain },
    hostDNS: async () => parseResolvConf(await readFile(options.resolvConf ?? '/etc/resolv.conf', 'utf8')),
    hostIPs,
    memoryCapacityBytes: machine.memoryBytes,
    allocatable,
    networkProblem: () => health.networkProblem(),
    clock,
    random,
    log,
  }
}
