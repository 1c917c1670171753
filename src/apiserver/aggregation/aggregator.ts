// Aggregation: other servers under the roof of this one, each for a group and version, by APIService objects.
//
// APIService ──▶ is its server there, what does it have? ──▶ status Available, discovery
// request for its group and version ──▶ forward.ts
// What another server has can only be asked for: its discovery is read when the APIService or the addresses of its
// Service change, and every half minute, as upstream does.
// Upstream: staging/src/k8s.io/kube-aggregator/pkg/{apiserver/apiserver.go,controllers/status/remote}
// Left out: OpenAPI v2 of aggregated APIs; APIServices for the groups of this server

import { semanticEqual } from '#api/meta/equality.ts'
import { apiVersionOf, type JsonObject, type KubeObject } from '#api/meta/object.ts'
import { isNotFound, StatusError, serviceUnavailable } from '#api/meta/status.ts'
import { apiServices, endpoints, services } from '#api/resources.ts'
import type { ServedGroup } from '#api/schema/resources.ts'
import type { APIService } from '#api/types/apiregistration.ts'
import type { ServerAccess } from '#apiserver/access.ts'
import { askBackend, askForOpenApi } from '#apiserver/aggregation/ask.ts'
import { type Aggregated, documentsOf, groupsOf, resourcesIn } from '#apiserver/aggregation/discovered.ts'
import { type FrontProxyTls, forwardToBackend } from '#apiserver/aggregation/forward.ts'
import type { Handler } from '#apiserver/pipeline.ts'
import { createWorkQueue, type Requeue } from '#client/work-queue.ts'
import { formatTime } from '#sys/clock.ts'

export type { FrontProxyTls } from '#apiserver/aggregation/forward.ts'

const DOCUMENTS = '/openapi/v3/'
const AGAIN_MS = 30_000
/** A server that is just starting is looked at more often. */
const AGAIN_SOON_MS = 2_000

export interface Aggregator {
  /** Serves a path below a group and version of another server, and its OpenAPI v3 document; undefined for this server's own paths. */
  readonly handlerFor: (path: string) => Handler | undefined
  /** What the others have; another array whenever that has changed. */
  readonly groups: () => readonly ServedGroup[]
  /** The OpenAPI v3 documents of the others: URL by name, `apis/GROUP/VERSION`; another object whenever that has changed. */
  readonly openApi: () => Readonly<Record<string, string>>
  /** Keeps availability and discovery up to date until `signal` aborts. */
  run(signal: AbortSignal): Promise<void>
}

interface Availability {
  readonly status: 'True' | 'False'
  readonly reason: string
  readonly message: string
}

export function createAggregator(access: ServerAccess, frontProxy: FrontProxyTls | undefined): Aggregator {
  const { client, clock, log, informers } = access
  const informer = informers.informer(apiServices)
  const discovered = new Map<string, Aggregated>()
  let groups: readonly ServedGroup[] = []
  let documents: Readonly<Record<string, string>> = {}

  function publish(): void {
    const next = groupsOf([...discovered.values()])
    if (!semanticEqual(next, groups)) groups = next
    const nextDocuments = documentsOf([...discovered.values()])
    if (!semanticEqual(nextDocuments, documents)) documents = nextDocuments
  }

  async function reconcile(name: string): Promise<Requeue> {
    const apiService = informer.get(name)
    if (!apiService?.spec?.service) {
      if (discovered.delete(name)) publish()
      return undefined
    }
    const { availability, resources } = await look(access, apiService, frontProxy)
    const known = resources ?? discovered.get(name)?.resources
    const openApi = resources && (await askForOpenApi(access, apiService, frontProxy))
    const isFresh = resources !== undefined
    if (known) discovered.set(name, { apiService, resources: known, isFresh, ...(openApi && { openApi }) })
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
    openApi: () => documents,
    handlerFor(path) {
      const isDocument = path.startsWith(DOCUMENTS)
      if (isDocument && documents[path.slice(DOCUMENTS.length)] === undefined) return undefined
      const [, prefix, group = '', version = ''] = path
        .slice(isDocument ? DOCUMENTS.length - 1 : 0)
        .split('/')
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
    const path = `/apis/${apiVersionOf(group, version)}`
    const { code, text, url } = await askBackend(access, apiService, frontProxy, path)
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
