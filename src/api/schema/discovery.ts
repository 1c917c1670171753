// Discovery: the documents from which clients learn what a server has.
//
// Two generations: the lists that one asks for group by group (`/api`, `/apis`, `/apis/apps/v1`), and the
// aggregated one that says everything at once (`apidiscovery.k8s.io`). Pure: the caller adds custom groups and
// keeps the bytes. Upstream: staging/src/k8s.io/apiserver/pkg/endpoints/discovery

import { apiVersionOf, type JsonObject } from '#api/meta/object.ts'
import type { ServedGroup, ServedResource, ServedVersion } from '#api/schema/resources.ts'

/** `/api`: the versions of the core group, and where the server is reached. */
export function apiVersions(serverAddress: string): JsonObject {
  return {
    kind: 'APIVersions',
    versions: ['v1'],
    serverAddressByClientCIDRs: [{ clientCIDR: '0.0.0.0/0', serverAddress }],
  }
}

/** `/apis`: every group but core. */
export function apiGroupList(groups: readonly ServedGroup[]): JsonObject {
  return { kind: 'APIGroupList', apiVersion: 'v1', groups: groups.filter(isNamed).map(describeGroup) }
}

/** `/apis/<group>`. */
export function apiGroup(group: ServedGroup): JsonObject {
  return { kind: 'APIGroup', apiVersion: 'v1', ...describeGroup(group) }
}

const isNamed = (group: ServedGroup): boolean => group.name !== ''

function describeGroup(group: ServedGroup): JsonObject {
  const versions = group.versions.map(({ version }) => ({
    groupVersion: apiVersionOf(group.name, version),
    version,
  }))
  return { name: group.name, versions, preferredVersion: versions[0] }
}

/** `/api/v1`, `/apis/<group>/<version>`: resources and subresources in one list. */
export function apiResourceList(group: string, version: ServedVersion): JsonObject {
  const entries = version.resources.flatMap(resourceEntries)
  entries.sort((a, b) => ((a['name'] as string) < (b['name'] as string) ? -1 : 1))
  return {
    kind: 'APIResourceList',
    ...(group !== '' && { apiVersion: 'v1' }),
    groupVersion: apiVersionOf(group, version.version),
    resources: entries,
  }
}

function resourceEntries(resource: ServedResource): JsonObject[] {
  const { namespaced } = resource
  const subresources = resource.subresources.map((sub) => ({
    name: `${resource.resource}/${sub.name}`,
    singularName: '',
    namespaced,
    ...(sub.group && { group: sub.group, version: sub.version }),
    kind: sub.kind,
    verbs: sub.verbs,
  }))
  const { shortNames, categories, storageVersionHash } = resource
  return [
    {
      name: resource.resource,
      singularName: resource.singular,
      namespaced,
      kind: resource.kind,
      verbs: resource.verbs,
      ...(shortNames && { shortNames }),
      ...(categories && { categories }),
      ...(storageVersionHash && { storageVersionHash }),
    },
    ...subresources,
  ]
}

export type AggregatedVersion = 'v2' | 'v2beta1'

/** `/api` (the core group) or `/apis` (the others) for clients that accept the aggregated form. */
export function aggregatedDiscovery(
  groups: readonly ServedGroup[],
  prefix: 'api' | 'apis',
  version: AggregatedVersion = 'v2',
): JsonObject {
  const chosen = groups.filter((group) => isNamed(group) === (prefix === 'apis'))
  return {
    kind: 'APIGroupDiscoveryList',
    apiVersion: `apidiscovery.k8s.io/${version}`,
    metadata: {},
    items: chosen.map((group) => ({
      metadata: group.name === '' ? {} : { name: group.name },
      versions: group.versions.map((served) => ({
        version: served.version,
        resources: served.resources.map(aggregatedResource),
        freshness: served.freshness ?? 'Current',
      })),
    })),
  }
}

function aggregatedResource(resource: ServedResource): JsonObject {
  const { shortNames, categories, subresources } = resource
  return {
    resource: resource.resource,
    responseKind: responseKind(resource.kind),
    scope: resource.namespaced ? 'Namespaced' : 'Cluster',
    singularResource: resource.singular,
    verbs: resource.verbs,
    ...(shortNames && { shortNames }),
    ...(categories && { categories }),
    ...(subresources.length > 0 && {
      subresources: subresources.map((sub) => ({
        subresource: sub.name,
        responseKind: responseKind(sub.kind, sub.group, sub.version),
        verbs: sub.verbs,
      })),
    }),
  }
}

/** Empty group and version mean those of the resource. */
const responseKind = (kind: string, group = '', version = ''): JsonObject => ({ group, version, kind })
