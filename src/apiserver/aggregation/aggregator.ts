// Aggregation: other servers under the roof of this one, each for a group and version, by APIService objects.
//
// APIService ──▶ is its server there, what does it have? ──▶ status Available, discovery
// request for its group and version ──▶ forward.ts
// What another server has can only be asked for: its discovery is read when the APIService or the addresses of its
// Service change, and every half minute, as upstream does.
// Upstream: staging/src/k8s.io/kube-aggregator/pkg/{apiserver/apiserver.go,controllers/status/remote}
// Left out: OpenAPI of aggregated APIs; APIServices for the groups of this server

import { semanticEqual } from '#api/meta/equality.ts'
import { apiVersionOf, type JsonObject, type KubeObject } from '#api/meta/object.ts'
import { isNotFound, StatusError, serviceUnavailable } from '#api/meta/status.ts'
import { apiServices, endpoints, services } from '#api/resources.ts'
import type { ServedGroup } from '#api/schema/resources.ts'
import type { APIService } from '#api/types/apiregistration.ts'
import type { ServerAccess } from '#apiserver/access.ts'
import { type Aggregated, groupsOf, resourcesIn } from '#apiserver/aggregation/discovered.ts'
import {
  backendOf,
  type FrontProxyTls,
  forwardToBackend,
  identityOf,
} from '#apiserver/aggregation/forward.ts'
import type { Handler } from '#apiserver/pipeline.ts'
import { createWorkQueue, type Requeue } from '#client/work-queue.ts'
import { formatTime } from '#sys/clock.ts'
import { sendHttps } from '#sys/https.ts'

export type { FrontProxyTls } from '#apiserver/aggregation/forward.ts'

const AGAIN_MS = 30_000
/** A server that is just starting is looked at more often. */
const AGAIN_SOON_MS = 2_000
const DISCOVERY_TIMEOUT_MS = 5_000

export interface Aggregator {
  /** Serves a path below a group and version of another server; undefined for this server's own paths. */
  readonly handlerFor: (path: string) => Handler | undefined
  /** What the others have; another array whenever that has changed. */
  readonly groups: () => readonly ServedGroup[]
  /** Keeps availability and discovery up to date until `signal` aborts. */
  run(signal: AbortSignal): Promise<void>
}

interface Availability {
  readonly status: 'True' | 'False'
  readonly reason: string
  readonly message: string
}

/** Who asks for discovery: this server itself. */
const SELF = { name: 'system:kube-aggregator', groups: ['system:masters'] }

export function createAggregator(access: ServerAccess, frontProxy: FrontProxyTls | undefined): Aggregator {
  const { client, clock, log, informers } = access
  const informer = informers.informer(apiServices)
  const discovered = new Map<string, Aggregated>()
  let groups: readonly ServedGroup[] = []

  function publish(): void {
    const next = groupsOf([...discovered.values()])
    if (!semanticEqual(next, groups)) groups = next
  }

  async function reconcile(name: string): Promise<Requeue> {
    const apiService = informer.get(name)
    if (!apiService?.spec?.service) {
      if (discovered.delete(name)) publish()
      return undefined
    }
    const { availability, resources } = await look(access, apiService, frontProxy)
    const known = resources ?? discovered.get(name)?.resources
    if (known) discovered.set(name, { apiService, resources: known, isFresh: resources !== undefined })
    publish()
    await report(apiService, availability)
    return { afterMs: resources ? AGAIN_MS : AGAIN_SOON_MS }
  }

  async function report(apiService: APIService, next: Availability): Promise<void> {
    const others = (apiService.status?.conditions ?? []).filter(({ type }) => type !== 'Available')
    const old = apiService.status?.conditions?.find(({ type }) => type === 'Available')
    const lastTransitionTime = old?.status === next.status ? old.lastTransitionTime : formatTime(clock.now())
    const condition = { type: 'Available', ...next, ...(lastTransitionTime && { lastTransitionTime }) }
    if (semanticEqual(condition, old)) return
    const conditions = [...others, condition]
    await client
      .resource(apiServices)
      .updateStatus({ ...apiService, status: { ...apiService.status, conditions } })
  }

  const queue = createWorkQueue({
    clock,
    workers: 4,
    work: (name) =>
      reconcile(name).catch((error: unknown) => {
        if (isNotFound(error)) return undefined
        throw error
      }),
    onError: (name, error) => log.info({ apiService: name, error: String(error) }, 'looks at an API again'),
  })

  /** An APIService is looked at when its Service or the addresses behind that change. */
  const touch = ({ object: { metadata } }: { object: KubeObject }): void => {
    for (const { metadata: own, spec } of informer.list()) {
      const { service } = spec ?? {}
      if (service?.name === metadata?.name && service?.namespace === metadata?.namespace)
        queue.add(own?.name ?? '')
    }
  }

  return {
    groups: () => groups,
    handlerFor(path) {
      const [, prefix, group = '', version = ''] = path.split('/')
      const apiService = prefix === 'apis' ? informer.get(`${version}.${group}`) : undefined
      if (!apiService?.spec?.service) return undefined
      return async (context) => {
        const available = apiService.status?.conditions?.find(({ type }) => type === 'Available')
        if (available?.status === 'False') throw serviceUnavailable('service unavailable')
        return forwardToBackend(access, apiService, frontProxy, context)
      }
    },
    async run(signal) {
      const stops = [
        informer.onChange(({ object }) => queue.add(object.metadata?.name ?? '')),
        informers.informer(services).onChange(touch),
        informers.informer(endpoints).onChange(touch),
      ]
      await queue.run(signal)
      for (const stop of stops) stop()
    },
  }
}

/** Whether the server of an APIService answers, and what it has. */
async function look(
  access: ServerAccess,
  apiService: APIService,
  frontProxy: FrontProxyTls | undefined,
): Promise<{ availability: Availability; resources?: Aggregated['resources'] }> {
  const { group = '', version = '', service } = apiService.spec ?? {}
  const { name = '', namespace = '' } = service ?? {}
  const no = (reason: string, message: string) => ({
    availability: { status: 'False', reason, message } as const,
  })
  if (!access.informers.informer(services).get(`${namespace}/${name}`)) {
    return no('ServiceNotFound', `service/${name} in ${JSON.stringify(namespace)} is not present`)
  }
  try {
    const { host, port, serverName, tls } = await backendOf(access, apiService, frontProxy)
    const url = `https://${serverName}/apis/${apiVersionOf(group, version)}`
    const { rejectUnauthorized, ca, cert, key } = tls
    const target = {
      url,
      serverName,
      address: { host, port },
      ...(ca && { ca }),
      ...(cert && key && { cert, key }),
      ...(rejectUnauthorized === false && { isInsecure: true }),
      headers: Object.fromEntries(
        Object.entries(identityOf(SELF)).map(([header, value]) => [header, String(value)]),
      ),
    }
    const { code, text } = await sendHttps(target, undefined, DISCOVERY_TIMEOUT_MS, access.clock)
    if (code < 200 || code >= 300) {
      return no(
        'FailedDiscoveryCheck',
        `failing or missing response from ${url}: bad status from ${url}: ${code}`,
      )
    }
    const availability = { status: 'True', reason: 'Passed', message: 'all checks passed' } as const
    return { availability, resources: resourcesIn(JSON.parse(text) as JsonObject) }
  } catch (error) {
    const said = error instanceof Error ? error.message : String(error)
    if (error instanceof StatusError) {
      const where = `endpointslices for service/${name} in ${JSON.stringify(namespace)}`
      return no('MissingEndpoints', `${where} have no addresses: ${said}`)
    }
    return no('FailedDiscoveryCheck', `failing or missing response: ${said}`)
  }
}
