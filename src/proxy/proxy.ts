// The proxy's loop: a changed Service or EndpointSlice marks its service, and one transaction brings the
// kernel up to date with all that is marked.
//
//   informers ─▶ marked services ─▶ proxiedPorts ─▶ rulesFor ─▶ transaction ─▶ nft -f -
//
// While one transaction runs, changes gather for the next. What the kernel holds is known from what was
// accepted; when it refuses (somebody else touched the table), the whole table is built anew in one step.
// Upstream: pkg/proxy/nftables/proxier.go

import { type ObjectKey, objectKey } from '#api/meta/object.ts'
import { endpointSlices, nodes, services } from '#api/resources.ts'
import type { Node, Service } from '#api/types/core.ts'
import type { EndpointSlice } from '#api/types/discovery.ts'
import type { InformerFactory } from '#client/informer-factory.ts'
import { createWorkQueue } from '#client/work-queue.ts'
import { clearStaleFlows, staleFlows } from '#proxy/conntrack.ts'
import type { ProxyNode } from '#proxy/endpoints.ts'
import { createHealthCheckServers } from '#proxy/health-check.ts'
import type { ProxyMetrics } from '#proxy/metrics.ts'
import type { PortRules } from '#proxy/rules.ts'
import { rulesFor } from '#proxy/rules.ts'
import { type ProxiedPort, proxiedPorts } from '#proxy/service-ports.ts'
import { baseTable, transaction } from '#proxy/transaction.ts'
import type { Clock } from '#sys/clock.ts'
import type { Logger } from '#sys/log.ts'
import { run } from '#sys/process.ts'

export interface ProxyDependencies {
  readonly metrics?: ProxyMetrics | undefined
  readonly informers: InformerFactory
  readonly clock: Clock
  readonly log: Logger
  /** The node that it serves; '' for the machine itself, which is no node. */
  readonly nodeName: string
  /** Of all pods. */
  readonly podCIDR: string
  /** Name of its nft table; it may hold nothing else. */
  readonly table: string
  /** Node ports answer on 127.0.0.1 too. */
  readonly onLoopback?: boolean
}

const SERVICE_INDEX = 'service'
const SYNC = 'sync'
const FLUSH_TIMEOUT_MS = 30_000

/** Serves until `signal` aborts. The table stays, so that connections go on over a restart. */
export async function proxy(dependencies: ProxyDependencies, signal: AbortSignal): Promise<void> {
  const { informers, clock, log, table } = dependencies
  const serviceInformer = informers.informer<Service>(services)
  const sliceInformer = informers.informer<EndpointSlice>(endpointSlices)
  sliceInformer.addIndex(SERVICE_INDEX, (slice) => [serviceOf(slice)])
  const nodeInformer = dependencies.nodeName
    ? informers.informer<Node>(nodes, { fieldSelector: `metadata.name=${dependencies.nodeName}` })
    : undefined
  const applied = new Map<string, PortRules>()
  const portsOf = new Map<ObjectKey, readonly ProxiedPort[]>()
  const marked = new Set<ObjectKey>()
  const healthChecks = createHealthCheckServers(log)
  let isTableKnown = false
  let zone = ''

  const queue = createWorkQueue({
    clock,
    baseDelayMs: 100,
    maxDelayMs: 10_000,
    onError: (_key, error, failures) =>
      log.error({ failures, error: String(error) }, 'rules were not applied'),
    async work() {
      await sync()
      return undefined
    },
  })

  function mark(key: ObjectKey): void {
    marked.add(key)
    queue.add(SYNC)
  }

  async function sync(): Promise<void> {
    const startMs = clock.monotonic()
    const keys = [...marked]
    marked.clear()
    const node: ProxyNode = { name: dependencies.nodeName, zone }
    const next = new Map(applied)
    const flows = keys.flatMap((key) => {
      const before = portsOf.get(key) ?? []
      const after = portsNow(key, node)
      for (const port of before) next.delete(port.id)
      for (const port of after) next.set(port.id, rulesFor(port, dependencies.podCIDR))
      if (after.length > 0) portsOf.set(key, after)
      else portsOf.delete(key)
      return staleFlows(before, after)
    })
    try {
      await apply(next)
    } catch (error) {
      isTableKnown = false
      for (const key of keys) marked.add(key)
      throw error
    }
    for (const key of keys)
      healthChecks.update(key, serviceInformer.get(key), portsOf.get(key) ?? [], dependencies.nodeName)
    dependencies.metrics?.synced((clock.monotonic() - startMs) / 1000, clock.now() / 1000, applied.size)
    await clearStaleFlows(flows, log)
  }

  function portsNow(key: ObjectKey, node: ProxyNode): readonly ProxiedPort[] {
    const service = serviceInformer.get(key)
    return service ? proxiedPorts(service, sliceInformer.byIndex(SERVICE_INDEX, key), node) : []
  }

  /** Brings the kernel to `next`: by the difference, or from nothing when its state is not known. */
  async function apply(next: ReadonlyMap<string, PortRules>): Promise<void> {
    const script = isTableKnown
      ? transaction(table, applied, next)
      : `${baseTable(table, dependencies.onLoopback ?? false)}${transaction(table, new Map(), next)}`
    if (script !== '') await run('nft', ['-f', '-'], { input: script, timeoutMs: FLUSH_TIMEOUT_MS })
    isTableKnown = true
    applied.clear()
    for (const [id, rules] of next) applied.set(id, rules)
  }

  await Promise.all([
    serviceInformer.whenSynced(signal),
    sliceInformer.whenSynced(signal),
    nodeInformer?.whenSynced(signal),
  ])
  serviceInformer.onChange(({ object }) =>
    mark(objectKey(object.metadata?.namespace, object.metadata?.name ?? '')),
  )
  sliceInformer.onChange((change) => {
    mark(serviceOf(change.object))
    if (change.type === 'updated') mark(serviceOf(change.previous))
  })
  nodeInformer?.onChange(({ object }) => {
    const current = object.metadata?.labels?.['topology.kubernetes.io/zone'] ?? ''
    if (current === zone) return
    zone = current
    for (const service of serviceInformer.list())
      mark(objectKey(service.metadata?.namespace, service.metadata?.name ?? ''))
  })
  queue.add(SYNC)
  await queue.run(signal)
  healthChecks.close()
}

function serviceOf(slice: EndpointSlice): ObjectKey {
  return objectKey(slice.metadata?.namespace, slice.metadata?.labels?.['kubernetes.io/service-name'] ?? '')
}
