// What the API server serves, for controllers that deal with objects of every kind.
//
// One type per resource, in the version that its group prefers. A group whose server does not answer (an
// aggregated API that is down) is reported and not guessed at: its objects may well exist.
// Upstream: staging/src/k8s.io/client-go/discovery (ServerPreferredResources)

import { parseApiVersion } from '#api/meta/object.ts'
import type { ResourceType } from '#api/resources.ts'
import type { Client } from '#client/client.ts'

export interface DiscoveredResource extends ResourceType {
  readonly verbs: readonly string[]
  /** `status`, `scale`, … */
  readonly subresources: readonly string[]
}

export interface Discovery {
  readonly resources: readonly DiscoveredResource[]
  /** By group and version, what went wrong. */
  readonly failures: ReadonlyMap<string, string>
}

interface GroupList {
  readonly groups?: readonly {
    readonly name: string
    readonly versions: readonly { readonly groupVersion: string }[]
    readonly preferredVersion?: { readonly groupVersion: string }
  }[]
}

interface ResourceList {
  readonly groupVersion: string
  readonly resources?: readonly {
    readonly name: string
    readonly kind: string
    readonly namespaced: boolean
    readonly verbs: readonly string[]
  }[]
}

/** For the discovery of the server to catch up with a definition that has just been accepted. */
export const DISCOVERY_DELAY_MS = 1000

/** What brings kinds and takes them away. */
export const DEFINITIONS: readonly ResourceType[] = [
  {
    group: 'apiextensions.k8s.io',
    version: 'v1',
    resource: 'customresourcedefinitions',
    kind: 'CustomResourceDefinition',
    namespaced: false,
  },
  {
    group: 'apiregistration.k8s.io',
    version: 'v1',
    resource: 'apiservices',
    kind: 'APIService',
    namespaced: false,
  },
]

/** Asks the API server; rejects only when not even the list of groups can be had. */
export async function discover(client: Client): Promise<Discovery> {
  const get = (path: string) => client.request({ method: 'GET', path, query: {} })
  const { groups = [] } = (await get('/apis')) as GroupList
  const failures = new Map<string, string>()
  const load = async (groupVersion: string): Promise<readonly DiscoveredResource[]> => {
    const path = groupVersion.includes('/') ? `/apis/${groupVersion}` : `/api/${groupVersion}`
    try {
      return resourcesOf((await get(path)) as unknown as ResourceList, groupVersion)
    } catch (error) {
      failures.set(groupVersion, error instanceof Error ? error.message : String(error))
      return []
    }
  }
  // The preferred version first: of a resource in several versions, the first one counts.
  const versions = groups.flatMap(({ versions: all, preferredVersion }) => {
    const names = all.map(({ groupVersion }) => groupVersion)
    return preferredVersion
      ? [preferredVersion.groupVersion, ...names.filter((name) => name !== preferredVersion.groupVersion)]
      : names
  })
  const lists = await Promise.all(['v1', ...versions].map(load))
  const found = new Map<string, DiscoveredResource>()
  for (const resource of lists.flat()) {
    const id = `${resource.group}/${resource.resource}`
    if (!found.has(id)) found.set(id, resource)
  }
  return { resources: [...found.values()], failures }
}

function resourcesOf(list: ResourceList, groupVersion: string): readonly DiscoveredResource[] {
  const { group, version } = parseApiVersion(groupVersion)
  const all = list.resources ?? []
  return all.flatMap(({ name, kind, namespaced, verbs }) => {
    if (name.includes('/')) return []
    const prefix = `${name}/`
    const subresources = all
      .filter((other) => other.name.startsWith(prefix))
      .map((other) => other.name.slice(prefix.length))
    return [{ group, version, resource: name, kind, namespaced, verbs, subresources }]
  })
}

/** Looks kinds up as object references name them, asking the server once and again for kinds that are new. */
export class ServedKinds {
  readonly #client: Client
  #resources: readonly DiscoveredResource[] = []

  constructor(client: Client) {
    this.#client = client
  }

  async find(group: string, kind: string): Promise<DiscoveredResource | undefined> {
    const known = (): DiscoveredResource | undefined =>
      this.#resources.find((type) => type.group === group && type.kind === kind)
    if (!known()) this.#resources = (await discover(this.#client)).resources
    return known()
  }
}

/** One error text for all failures, as discovery clients word it. */
export function discoveryFailureText(failures: Discovery['failures']): string {
  const parts = [...failures].sort(([a], [b]) => (a < b ? -1 : 1)).map(([name, why]) => `${name}: ${why}`)
  return `unable to retrieve the complete list of server APIs: ${parts.join(', ')}`
}
