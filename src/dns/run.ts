// Cluster DNS as a component: one server on each node, all of them behind the Service kube-dns.
//
// Each writes an EndpointSlice of its own that says "prefer me on my node": a pod asks the server beside it,
// and a node that is down takes no other's DNS with it. Needs get, list and watch of services, namespaces,
// endpointslices, and create, update of the latter in kube-system.
// Left out: other zones and plugins, which CoreDNS has.

import { objectKey } from '#api/meta/object.ts'
import { isAlreadyExists, isNotFound } from '#api/meta/status.ts'
import { endpointSlices, namespaces, services } from '#api/resources.ts'
import type { Namespace, Service } from '#api/types/core.ts'
import type { EndpointSlice } from '#api/types/discovery.ts'
import type { Client } from '#client/client.ts'
import type { InformerFactory } from '#client/informer-factory.ts'
import { createInformerFactory } from '#client/informer-factory.ts'
import { createForwarder, machineResolvers } from '#dns/forwarder.ts'
import type { ClusterNames } from '#dns/records.ts'
import { startDnsServer } from '#dns/server.ts'
import type { Clock } from '#sys/clock.ts'
import type { Logger } from '#sys/log.ts'
import type { Random } from '#sys/random.ts'

export interface DnsOptions {
  readonly client: Client
  readonly clock: Clock
  readonly random: Random
  readonly log: Logger
  readonly nodeName: string
  /** Where it listens: the node's own address. */
  readonly address: string
  readonly port: number
  /** `cluster.local`. */
  readonly domain: string
  /** Resolvers for all other names; absent: those of the machine. */
  readonly resolvers?: readonly string[]
}

const SERVICE = 'service'
const ADDRESS = 'address'
const RETRY_MS = 1_000

/** Serves until `signal` aborts. */
export async function runDns(options: DnsOptions, signal: AbortSignal): Promise<void> {
  const { clock, random, log, address, port } = options
  const informers = createInformerFactory(options)
  const names = clusterNames(informers)
  const running = informers.start(signal)
  await informers.whenSynced(signal)
  const resolvers = options.resolvers ?? machineResolvers(address)
  const forwarder = createForwarder(resolvers, clock, random)
  const server = await startDnsServer({ names, domain: options.domain, forwarder, address, port })
  log.info({ address, port, resolvers }, 'answering')
  await announce(options, signal)
  await running
  await server.close()
}

/** Names from informers, found by index. */
function clusterNames(informers: InformerFactory): ClusterNames {
  const serviceInformer = informers.informer<Service>(services)
  const sliceInformer = informers.informer<EndpointSlice>(endpointSlices)
  const namespaceInformer = informers.informer<Namespace>(namespaces)
  serviceInformer.addIndex(ADDRESS, (service) => service.spec?.clusterIPs ?? [])
  sliceInformer.addIndex(SERVICE, (slice) => [
    objectKey(slice.metadata?.namespace, slice.metadata?.labels?.['kubernetes.io/service-name'] ?? ''),
  ])
  sliceInformer.addIndex(ADDRESS, (slice) =>
    (slice.endpoints ?? []).flatMap((endpoint) => endpoint.addresses),
  )
  return {
    service: (namespace, name) => serviceInformer.get(objectKey(namespace, name)),
    slices: (namespace, service) => sliceInformer.byIndex(SERVICE, objectKey(namespace, service)),
    hasNamespace: (namespace) => namespaceInformer.get(namespace) !== undefined,
    serviceOf: (address) => serviceInformer.byIndex(ADDRESS, address)[0],
    slicesOf: (address) => sliceInformer.byIndex(ADDRESS, address),
  }
}

/** Writes this server's EndpointSlice, trying again until it is written; no write when it is there already. */
async function announce(options: DnsOptions, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    try {
      await writeSlice(options)
      return
    } catch (error) {
      options.log.warn({ error: String(error) }, 'the endpoint of this server was not written')
      await options.clock.sleep(RETRY_MS, signal).catch(() => undefined)
    }
  }
}

async function writeSlice({ client, nodeName, address, port }: DnsOptions): Promise<void> {
  const resource = client.resource(endpointSlices)
  const slice: EndpointSlice = {
    metadata: {
      namespace: 'kube-system',
      name: `kube-dns-${nodeName}`,
      labels: {
        'kubernetes.io/service-name': 'kube-dns',
        'endpointslice.kubernetes.io/managed-by': 'dns.k8ts.dev',
      },
    },
    addressType: 'IPv4',
    endpoints: [
      {
        addresses: [address],
        conditions: { ready: true, serving: true, terminating: false },
        nodeName,
        hints: { forNodes: [{ name: nodeName }] },
      },
    ],
    ports: [
      { name: 'dns', port, protocol: 'UDP' },
      { name: 'dns-tcp', port, protocol: 'TCP' },
    ],
  }
  try {
    const current = await resource.get('kube-system', slice.metadata?.name ?? '')
    const written = [current.endpoints, current.ports]
    if (JSON.stringify(written) === JSON.stringify([slice.endpoints, slice.ports])) return
    await resource.update({ ...slice, metadata: { ...slice.metadata, ...resourceVersionOf(current) } })
  } catch (error) {
    if (!isNotFound(error)) throw error
    await resource.create(slice).catch((createError: unknown) => {
      if (!isAlreadyExists(createError)) throw createError
    })
  }
}

function resourceVersionOf(slice: EndpointSlice): { resourceVersion?: string } {
  const version = slice.metadata?.resourceVersion
  return version === undefined ? {} : { resourceVersion: version }
}
