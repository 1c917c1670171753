// What an aggregated API says it has, as the groups that discovery is made from. Pure.
//
// Upstream: staging/src/k8s.io/apiserver/pkg/endpoints/discovery/aggregated (ConvertAPIResourcesToV2 and its callers)

import { compareVersions } from '#api/custom/version-order.ts'
import type { JsonObject } from '#api/meta/object.ts'
import type { ServedGroup, ServedResource, ServedSubresource, ServedVersion } from '#api/schema/resources.ts'
import type { APIService } from '#api/types/apiregistration.ts'

interface ApiResource {
  readonly name: string
  readonly singularName?: string
  readonly kind: string
  readonly namespaced?: boolean
  readonly verbs?: readonly string[]
  readonly shortNames?: readonly string[]
  readonly categories?: readonly string[]
  readonly storageVersionHash?: string
  readonly group?: string
  readonly version?: string
}

/** The resources in an APIResourceList. */
export function resourcesIn(list: JsonObject): readonly ServedResource[] {
  const all = (list['resources'] ?? []) as readonly ApiResource[]
  const subresourcesOf = (parent: string): readonly ServedSubresource[] =>
    all
      .filter(({ name }) => name.startsWith(`${parent}/`))
      .map(({ name, kind, verbs = [], group, version }) => ({
        name: name.slice(parent.length + 1),
        kind,
        verbs,
        ...(group && version && { group, version }),
      }))
  return all
    .filter(({ name }) => !name.includes('/'))
    .map(({ name, singularName = '', kind, namespaced = false, verbs = [], ...more }) => ({
      resource: name,
      singular: singularName,
      kind,
      namespaced,
      verbs,
      ...(more.shortNames && { shortNames: more.shortNames }),
      ...(more.categories && { categories: more.categories }),
      ...(more.storageVersionHash && { storageVersionHash: more.storageVersionHash }),
      subresources: subresourcesOf(name),
    }))
}

/** An aggregated version, with what its server has said last. */
export interface Aggregated {
  readonly apiService: APIService
  readonly resources: readonly ServedResource[]
  readonly isFresh: boolean
  /** Where its OpenAPI v3 document is. */
  readonly openApi?: string
}

/** The OpenAPI v3 documents of those that answer: URL by name. */
export function documentsOf(aggregated: readonly Aggregated[]): Readonly<Record<string, string>> {
  return Object.fromEntries(
    aggregated.flatMap(({ apiService: { spec }, openApi }) =>
      openApi === undefined ? [] : [[`apis/${spec?.group}/${spec?.version}`, openApi]],
    ),
  )
}

/** The groups of all aggregated versions: by priority, as the administrator has set it. */
export function groupsOf(aggregated: readonly Aggregated[]): readonly ServedGroup[] {
  const groups = new Map<string, Aggregated[]>()
  for (const one of [...aggregated].sort(byPriority)) {
    const name = one.apiService.spec?.group ?? ''
    groups.set(name, [...(groups.get(name) ?? []), one])
  }
  return [...groups].map(([name, versions]) => ({ name, versions: versions.map(versionOf) }))
}

const versionOf = ({ apiService, resources, isFresh }: Aggregated): ServedVersion => ({
  version: apiService.spec?.version ?? '',
  resources,
  freshness: isFresh ? 'Current' : 'Stale',
})

function byPriority({ apiService: a }: Aggregated, { apiService: b }: Aggregated): number {
  const group = (b.spec?.groupPriorityMinimum ?? 0) - (a.spec?.groupPriorityMinimum ?? 0)
  const version = (b.spec?.versionPriority ?? 0) - (a.spec?.versionPriority ?? 0)
  return group || version || compareVersions(a.spec?.version ?? '', b.spec?.version ?? '')
}
