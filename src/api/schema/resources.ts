// What a set of kinds serves: every resource and subresource, group by group, version by version.
//
// The one list from which discovery and OpenAPI are written, and with which the server tells a path that it
// does not know from one that it does. Custom resources and aggregated APIs add groups of the same shape.
// Upstream: staging/src/k8s.io/apiserver/pkg/endpoints/installer.go

import { createHash } from 'node:crypto'
import type { Schema } from '#api/kinds/apiextensions/schema.ts'
import type { KindDefinition, Verb } from '#api/kinds/kind.ts'

export interface ServedSubresource {
  readonly name: string
  readonly kind: string
  /** Set where the kind is of another group than the resource. */
  readonly group?: string
  readonly version?: string
  readonly verbs: readonly string[]
  /** Passed on to a node or a pod: exec, attach, portforward, proxy, log. */
  readonly isConnection?: boolean
}

export interface ServedResource {
  readonly resource: string
  readonly singular: string
  readonly kind: string
  readonly namespaced: boolean
  readonly verbs: readonly string[]
  readonly shortNames?: readonly string[]
  readonly categories?: readonly string[]
  /** Absent for what is never stored. */
  readonly storageVersionHash?: string
  /** Of a custom resource: its schema, or null for none. */
  readonly customSchema?: Schema | null
  /** Sorted by name. */
  readonly subresources: readonly ServedSubresource[]
}

export interface ServedVersion {
  readonly version: string
  /** Sorted by name. */
  readonly resources: readonly ServedResource[]
  /** `Stale` while an aggregated API does not answer. */
  readonly freshness?: 'Current' | 'Stale'
}

export interface ServedGroup {
  /** `''` is the core group. */
  readonly name: string
  /** The preferred first. */
  readonly versions: readonly ServedVersion[]
}

const ALL_VERBS: readonly Verb[] = [
  'create',
  'delete',
  'deletecollection',
  'get',
  'list',
  'patch',
  'update',
  'watch',
]
/** In the order in which discovery lists them for custom kinds. */
const CUSTOM_VERBS: readonly Verb[] = [
  'delete',
  'deletecollection',
  'get',
  'list',
  'patch',
  'create',
  'update',
  'watch',
]
const STORED_VERBS = ['get', 'patch', 'update']
const PROXY_VERBS = ['create', 'delete', 'get', 'patch', 'update']
const STREAM_VERBS = ['create', 'get']

/** Subresources that do not store into their parent, by resource of the core group. */
const OTHER_SUBRESOURCES: Readonly<Record<string, readonly ServedSubresource[]>> = {
  nodes: [{ name: 'proxy', kind: 'NodeProxyOptions', verbs: PROXY_VERBS, isConnection: true }],
  pods: [
    { name: 'attach', kind: 'PodAttachOptions', verbs: STREAM_VERBS, isConnection: true },
    { name: 'binding', kind: 'Binding', verbs: ['create'] },
    { name: 'eviction', kind: 'Eviction', group: 'policy', version: 'v1', verbs: ['create'] },
    { name: 'exec', kind: 'PodExecOptions', verbs: STREAM_VERBS, isConnection: true },
    { name: 'log', kind: 'Pod', verbs: ['get'], isConnection: true },
    { name: 'portforward', kind: 'PodPortForwardOptions', verbs: STREAM_VERBS, isConnection: true },
    { name: 'proxy', kind: 'PodProxyOptions', verbs: PROXY_VERBS, isConnection: true },
  ],
  serviceaccounts: [
    { name: 'token', kind: 'TokenRequest', group: 'authentication.k8s.io', version: 'v1', verbs: ['create'] },
  ],
  services: [{ name: 'proxy', kind: 'ServiceProxyOptions', verbs: PROXY_VERBS, isConnection: true }],
}

/** The groups of `kinds`, in their order; versions and resources as discovery lists them. */
export function servedGroups(kinds: readonly KindDefinition[]): readonly ServedGroup[] {
  const groups = new Map<string, Map<string, ServedResource[]>>()
  for (const kind of kinds) {
    const versions = groups.get(kind.group) ?? new Map<string, ServedResource[]>()
    groups.set(kind.group, versions)
    for (const version of kind.versions) {
      versions.set(version, [...(versions.get(version) ?? []), servedResource(kind)])
    }
  }
  return [...groups].map(([name, versions]) => ({
    name,
    versions: [...versions].map(([version, resources]) => ({
      version,
      resources: resources.sort((a, b) => compare(a.resource, b.resource)),
    })),
  }))
}

/** `groups` with the versions of `others`, which may be versions of the same groups. */
export function mergeGroups(
  groups: readonly ServedGroup[],
  others: readonly ServedGroup[],
): readonly ServedGroup[] {
  const merged = new Map(groups.map((group) => [group.name, group]))
  for (const { name, versions } of others) {
    merged.set(name, { name, versions: [...(merged.get(name)?.versions ?? []), ...versions] })
  }
  return [...merged.values()]
}

/** One kind as a resource. */
export function servedResource(kind: KindDefinition): ServedResource {
  const verbs = kind.custom ? CUSTOM_VERBS : [...(kind.verbs ?? ALL_VERBS)].sort()
  return {
    resource: kind.resource,
    singular: kind.singular,
    kind: kind.kind,
    namespaced: kind.namespaced,
    verbs,
    ...(kind.shortNames && { shortNames: kind.shortNames }),
    ...(kind.categories && { categories: kind.categories }),
    ...(verbs.includes('update') && { storageVersionHash: storageVersionHash(kind) }),
    ...(kind.custom && { customSchema: kind.custom.schema ?? null }),
    subresources: subresourcesOf(kind),
  }
}

function subresourcesOf(kind: KindDefinition): readonly ServedSubresource[] {
  const found: ServedSubresource[] = kind.group === '' ? [...(OTHER_SUBRESOURCES[kind.resource] ?? [])] : []
  if (kind.status) found.push({ name: 'status', kind: kind.kind, verbs: STORED_VERBS })
  if (kind.scale)
    found.push({ name: 'scale', kind: 'Scale', group: 'autoscaling', version: 'v1', verbs: STORED_VERBS })
  for (const name of Object.keys(kind.storedSubresources ?? {})) {
    found.push({ name, kind: kind.kind, verbs: name === 'finalize' ? ['update'] : STORED_VERBS })
  }
  // of custom kinds in this order
  return kind.custom ? found : found.sort((a, b) => compare(a.name, b.name))
}

/** Kinds that upstream stores in a version that it does not serve; here they are stored as they are served. */
const STORED_BY_UPSTREAM: Readonly<Record<string, string>> = {
  CustomResourceDefinition: 'v1beta1',
  MutatingAdmissionPolicy: 'v1beta1',
  MutatingAdmissionPolicyBinding: 'v1beta1',
}

/** Tells clients, who may only compare it, that the stored form has changed. */
function storageVersionHash(kind: KindDefinition): string {
  const version = STORED_BY_UPSTREAM[kind.kind] ?? kind.storageVersion
  const gvk = `${kind.storageGroup ?? kind.group}/${version}/${kind.kind}`
  return createHash('sha256').update(gvk).digest().subarray(0, 8).toString('base64')
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)
