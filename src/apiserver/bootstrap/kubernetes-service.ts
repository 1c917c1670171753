// Keeps Service `default/kubernetes` and its endpoints: the address under which pods reach the API server.
//
// Event-driven: a server that comes or goes (server-leases.ts), or somebody's change of one of the three objects,
// brings the reconcile. Invariant: the endpoints are never emptied, since then nobody in the cluster could repair them.
// Upstream: pkg/controlplane/controller/kubernetesservice, pkg/controlplane/reconcilers

import { isLoopback, parseIp } from '#api/meta/ip.ts'
import { endpointSlices, endpoints, services } from '#api/resources.ts'
import type { ServerAccess } from '#apiserver/access.ts'
import { ensure } from '#apiserver/bootstrap/ensure.ts'
import {
  desiredEndpoints,
  desiredSlice,
  kubernetesService,
  serversByPort,
} from '#apiserver/bootstrap/kubernetes-endpoints.ts'
import type { ServerAddress, ServerLeases } from '#apiserver/bootstrap/server-leases.ts'
import { createWorkQueue } from '#client/work-queue.ts'

export interface KubernetesServiceOptions {
  /** The Service's cluster IP: the first of the service range. */
  readonly clusterIP: string
  /** Where other machines and pods reach this API server. */
  readonly advertise: ServerAddress
  readonly leases: ServerLeases
}

const KEY = 'default/kubernetes'
const SELECTION = { namespace: 'default', fieldSelector: 'metadata.name=kubernetes' }

export interface KubernetesServiceKeeper {
  /** Resolves when all three objects are there for the first time; `ended` when `signal` has aborted. */
  start(signal: AbortSignal): Promise<{ readonly ended: Promise<void> }>
}

/** To be made before the informers start. */
export function keepKubernetesService(
  access: ServerAccess,
  options: KubernetesServiceOptions,
): KubernetesServiceKeeper {
  const { client, informers, clock, log } = access
  const { clusterIP, advertise, leases } = options
  const service = informers.informer(services, SELECTION)
  const endpointsInformer = informers.informer(endpoints, SELECTION)
  const slices = informers.informer(endpointSlices, SELECTION)

  async function reconcile(): Promise<void> {
    if (!service.get(KEY)) await ensure(client, services, kubernetesService(clusterIP, advertise.port))
    const servers = serversByPort((await leases.list()).filter(({ address }) => isReachable(address)))
    if (!servers[0]) {
      // nobody elsewhere reaches a server on loopback, and the API refuses such an endpoint
      if (!isReachable(advertise.address)) return
      throw new Error('no API server is listed in the store: not emptying the endpoints')
    }
    const presentEndpoints = endpointsInformer.get(KEY)
    const wantedEndpoints = desiredEndpoints(presentEndpoints, servers)
    if (wantedEndpoints) {
      const resource = client.resource(endpoints)
      await (presentEndpoints ? resource.update(wantedEndpoints) : resource.create(wantedEndpoints))
    }
    const presentSlice = slices.get(KEY)
    const wantedSlice = desiredSlice(presentSlice, servers[0])
    if (!wantedSlice) return
    const resource = client.resource(endpointSlices)
    if (presentSlice && presentSlice.addressType !== wantedSlice.addressType) {
      await resource.delete('default', 'kubernetes')
      await resource.create({
        ...wantedSlice,
        metadata: { ...wantedSlice.metadata, resourceVersion: '', uid: '' },
      })
    } else await (presentSlice ? resource.update(wantedSlice) : resource.create(wantedSlice))
  }

  return {
    async start(signal) {
      let markRight: () => void = () => undefined
      const right = new Promise<void>((resolve) => {
        markRight = resolve
      })
      const queue = createWorkQueue({
        clock,
        async work() {
          await reconcile()
          markRight()
          return undefined
        },
        onError: (_key, error, failures) => {
          // The first failures are conflicts with other servers, or with an informer that is some moments old.
          if (failures > 3) log.warn({ error: String(error) }, 'could not reconcile the kubernetes service')
        },
      })
      const { left } = await leases.join(advertise, () => queue.add(KEY), signal)
      const running = queue.run(signal)
      for (const informer of [service, endpointsInformer, slices]) informer.onChange(() => queue.add(KEY))
      queue.add(KEY)
      // servers that start at the same moment are in each other's way: the queue tries again
      await Promise.race([right, running])
      return { ended: Promise.all([running, left]).then(() => undefined) }
    },
  }
}

function isReachable(address: string): boolean {
  const parsed = parseIp(address)
  return parsed !== undefined && !isLoopback(parsed)
}
