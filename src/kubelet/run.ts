// The kubelet: brings up its parts and lets them run until it is told to stop. Pods go on running without it.
//
//   API ─pods of this node─▶ pod workers ─▶ CRI ─▶ containers
//                               ▲   └─▶ status writer ─▶ API
//   runtime cache, probes, ConfigMaps and Secrets: they wake the workers
//
// Start order: the runtime, then what is on the node already (runtime cache), then the API's pods; only when both
// are known is anything ended as an orphan. Upstream: cmd/kubelet/app/server.go, pkg/kubelet/kubelet.go (Run)

import { setMaxListeners } from 'node:events'
import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { nodes, pods, services } from '#api/resources.ts'
import type { Node, Taint } from '#api/types/core.ts'
import type { Client } from '#client/client.ts'
import { createEventRecorder } from '#client/events.ts'
import { createInformerFactory } from '#client/informer-factory.ts'
import { createCgroupTree } from '#kubelet/cgroups/cgroup-tree.ts'
import { parseResolvConf } from '#kubelet/containers/dns.ts'
import { connectRuntime, type Runtime } from '#kubelet/cri/runtime.ts'
import { createImagePuller } from '#kubelet/images/image-puller.ts'
import { filesystemUsage, readMachine } from '#kubelet/node/machine.ts'
import { createNodeAgent } from '#kubelet/node/node-agent.ts'
import { keepNodeLease } from '#kubelet/node/node-lease.ts'
import type { NodeFacts } from '#kubelet/node/node-status.ts'
import { createRuntimeHealth } from '#kubelet/node/runtime-health.ts'
import { createAllocations } from '#kubelet/pods/allocations.ts'
import { Backoff } from '#kubelet/pods/backoff.ts'
import { cleanUpLeftovers } from '#kubelet/pods/leftovers.ts'
import type { PodContext } from '#kubelet/pods/pod-context.ts'
import { createPodEvents } from '#kubelet/pods/pod-events.ts'
import { createPodWorkers, type PodWorkers } from '#kubelet/pods/pod-workers.ts'
import { createObjectWatches } from '#kubelet/pods/referred-objects.ts'
import { createPodProbes } from '#kubelet/probes/pod-probes.ts'
import { createRuntimeCache } from '#kubelet/runtime/runtime-cache.ts'
import { serveKubelet } from '#kubelet/server/kubelet-server.ts'
import type { ServerContext } from '#kubelet/server/server-context.ts'
import { createStatusWriter } from '#kubelet/status/status-writer.ts'
import { PodDirectories } from '#kubelet/volumes/pod-directories.ts'
import { createPodVolumes } from '#kubelet/volumes/pod-volumes.ts'
import { createServiceAccountTokens } from '#kubelet/volumes/service-account-token.ts'
import type { Clock } from '#sys/clock.ts'
import type { Logger } from '#sys/log.ts'
import type { Random } from '#sys/random.ts'

export interface KubeletOptions {
  readonly nodeName: string
  /** The node's address; a second one of the other family may follow in `nodeIPs`. */
  readonly nodeIP: string
  readonly nodeIPs?: readonly string[]
  readonly client: Client
  /** Path of the runtime's socket. */
  readonly criSocket: string
  /** Everything that the kubelet keeps is below it. */
  readonly rootDir: string
  /** Cgroup below which `kubepods` is made: `/` or `/k8ts/n1`. */
  readonly cgroupParent: string
  readonly clusterDNS: readonly string[]
  readonly clusterDomain: string
  /** Of the server; default 10250. */
  readonly port?: number
  readonly servingCertFile: string
  readonly servingKeyFile: string
  /** Whoever has a client certificate of this authority is known by its name. */
  readonly clientCAFile: string
  readonly maxPods?: number
  readonly labels?: Readonly<Record<string, string>>
  readonly taints?: readonly Taint[]
  readonly resolvConf?: string
  readonly clock: Clock
  readonly random: Random
  readonly log: Logger
}

const KUBELET_VERSION = 'v1.36.2'
const DEFAULT_PORT = 10_250
const DEFAULT_MAX_PODS = 110
const CRASH_FIRST_MS = 10_000
const CRASH_LONGEST_MS = 300_000
const RUNTIME_RETRY_MS = 200

/** Resolves when `signal` has aborted and all parts have ended; rejects when one fails for good. */
export async function runKubelet(options: KubeletOptions, signal: AbortSignal): Promise<void> {
  const { clock, random, log, client, nodeName } = options
  // Everything here listens to the one signal; Node would take the many listeners for a leak.
  setMaxListeners(0, signal)
  const runtime = connectRuntime(options.criSocket)
  const version = await whenAnswering(runtime, options, signal)
  if (!version) return runtime.close()
  const machine = await readMachine()
  const factory = createInformerFactory({ client, clock, random, log })
  const podInformer = factory.informer(pods, { fieldSelector: `spec.nodeName=${nodeName}` })
  const nodeInformer = factory.informer(nodes, { fieldSelector: `metadata.name=${nodeName}` })
  const serviceInformer = factory.informer(services)
  const recorder = createEventRecorder({ client, clock, log, component: 'kubelet', host: nodeName })
  const events = createPodEvents(recorder)
  const directories = new PodDirectories(options.rootDir)
  const hostIPs = options.nodeIPs ?? [options.nodeIP]
  const tokens = createServiceAccountTokens({ client, clock, random, log })

  // The workers need the context, and parts of the context wake the workers: they are tied by these.
  let workers: PodWorkers | undefined
  const wake = (uid: string): void => workers?.wake(uid)
  const cache = createRuntimeCache({ runtime, clock, log, onChange: (uid) => onRuntimeChange(uid) })
  const statuses = createStatusWriter({
    client,
    clock,
    log,
    latest: (key) => podInformer.get(key),
    mayBeRunning: (uid) => workers?.mayBeRunning(uid) === true,
  })
  const probes = createPodProbes({
    runtime,
    clock,
    events,
    statusOf: (pod) => statuses.get(pod),
    onVerdict: wake,
  })
  const objects = createObjectWatches({
    client,
    clock,
    random,
    log,
    services: () => serviceInformer.list(),
    onChange: wake,
  })
  const health = createRuntimeHealth({ runtime, cache, clock, onChange: () => onHealthChange() })
  const node = createNodeAgent({
    client,
    clock,
    log,
    recorder,
    nodeName,
    labels: { ...nodeLabels(nodeName, machine.architecture), ...options.labels },
    taints: options.taints ?? [],
    facts: nodeFacts,
  })
  const allocatable = () => node.current()?.status?.allocatable ?? {}
  const volumes = createPodVolumes({
    client,
    directories,
    events,
    clock,
    sources: () => ({
      configMap: (namespace, name) => objects.configMap(namespace, name),
      secret: (namespace, name) => objects.secret(namespace, name),
      token: (pod, projection) => tokens.get(pod, projection),
      allocatable: allocatable(),
      hostIPs,
    }),
  })
  const context: PodContext = {
    runtime,
    runtimeName: version.runtimeName,
    cache,
    images: createImagePuller({ runtime, clock, events }),
    volumes,
    cgroups: createCgroupTree({ parent: options.cgroupParent, clock }),
    probes,
    statuses,
    objects,
    events,
    allocations: createAllocations(directories, events),
    crashes: new Backoff(clock, CRASH_FIRST_MS, CRASH_LONGEST_MS),
    directories,
    logRoot: path.join(options.rootDir, 'logs'),
    seccompRoot: path.join(options.rootDir, 'seccomp'),
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
  workers = createPodWorkers({ context, node: () => node.current(), renewAt: (uid) => tokens.renewAt(uid) })

  async function nodeFacts(): Promise<NodeFacts> {
    const [images, storage] = await Promise.all([runtime.listImages(), filesystemUsage(options.rootDir)])
    return {
      nodeName,
      addresses: hostIPs,
      machine,
      storageBytes: storage.capacityBytes,
      maxPods: options.maxPods ?? DEFAULT_MAX_PODS,
      port: options.port ?? DEFAULT_PORT,
      kubeletVersion: KUBELET_VERSION,
      runtimeVersion: `${version!.runtimeName}://${version!.runtimeVersion}`,
      runtime: health.status(),
      images,
      problems: health.problems(),
      pressure: { memory: false, disk: false, pids: false },
    }
  }

  // Until the workers have heard of the pods, everything that runs would look like an orphan.
  let arePodsKnown = false

  function onRuntimeChange(uid: string): void {
    if (workers?.has(uid)) workers.wake(uid)
    else if (arePodsKnown) adoptOrphans([uid])
  }

  /** What runs and belongs to no pod of the API is ended. */
  function adoptOrphans(uids: readonly string[]): void {
    for (const uid of uids) {
      const orphan = cache.get(uid)
      if (orphan && !workers?.has(uid)) workers?.adoptOrphan(orphan)
    }
  }

  function onHealthChange(): void {
    node.refresh()
    for (const pod of workers?.list() ?? []) wake(pod.metadata?.uid ?? '')
  }

  await volumes.prepare()
  await context.cgroups.prepare()
  nodeInformer.onChange((change) => node.observe(change.type === 'deleted' ? undefined : change.object))
  recorder.event(
    { apiVersion: 'v1', kind: 'Node', metadata: { name: nodeName, uid: nodeName } } as Node,
    'Normal',
    'Starting',
    'Starting kubelet.',
  )
  const serverContext: ServerContext = {
    nodeName,
    runtime,
    cgroups: context.cgroups,
    rootDir: options.rootDir,
    clock,
    log,
    signal,
    pods: () => workers?.list() ?? [],
    podNamed: (namespace, name) => podInformer.get(`${namespace}/${name}`),
    statusOf: (pod) => statuses.get(pod),
    runtimePod: (uid) => cache.get(uid),
    isRunning: (uid, id) =>
      cache.get(uid)?.containers.some((one) => one.id === id && one.state === 'running') === true,
    node: () => node.current(),
    healthProblem: () => health.problems()[0],
  }
  const server = serveKubelet(
    {
      context: serverContext,
      client,
      address: options.nodeIP,
      port: options.port ?? DEFAULT_PORT,
      certFile: options.servingCertFile,
      keyFile: options.servingKeyFile,
      clientCAFile: options.clientCAFile,
      page: () => Promise.resolve(undefined),
    },
    signal,
  )
  const running = [server, cache.run(signal), health.run(signal), factory.start(signal), statuses.run(signal)]
  running.push(
    node.run(signal),
    keepNodeLease({ client, clock, log, nodeName, node: () => node.current() }, signal),
  )
  try {
    await Promise.all([
      cache.whenListed(signal),
      podInformer.whenSynced(signal),
      serviceInformer.whenSynced(signal),
    ])
    await node.whenRegistered()
    podInformer.onChange((change) => {
      const uid = change.object.metadata?.uid ?? ''
      if (change.type === 'deleted') workers?.remove(uid)
      else workers?.update(change.object)
      if (change.type === 'deleted') tokens.forget(uid)
    })
    arePodsKnown = true
    adoptOrphans(cache.list().map(({ uid }) => uid))
    await cleanUpLeftovers(context, (uid) => workers?.has(uid) === true)
    running.push(workers.run(signal))
  } catch (error) {
    if (!signal.aborted) throw error
  }
  await Promise.all(running)
  probes.stop()
  await objects.stop()
  await recorder.flush()
  runtime.close()
}

/** Waits for the runtime to come up; undefined when told to stop before. */
async function whenAnswering(
  runtime: Runtime,
  { clock, log }: KubeletOptions,
  signal: AbortSignal,
): Promise<Awaited<ReturnType<Runtime['version']>> | undefined> {
  for (let attempt = 0; !signal.aborted; attempt++) {
    try {
      return await runtime.version()
    } catch (error) {
      if (attempt === 10)
        log.warn({ error: String(error) }, 'the container runtime does not answer, still trying')
      await clock.sleep(RUNTIME_RETRY_MS, signal).catch(() => undefined)
    }
  }
  return undefined
}

function nodeLabels(nodeName: string, architecture: string): Record<string, string> {
  return {
    'beta.kubernetes.io/arch': architecture,
    'beta.kubernetes.io/os': 'linux',
    'kubernetes.io/arch': architecture,
    'kubernetes.io/hostname': nodeName,
    'kubernetes.io/os': 'linux',
  }
}
