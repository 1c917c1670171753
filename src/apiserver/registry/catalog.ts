// Which resources the server has: from group, version and resource to the kind that defines them, and to store keys.
//
// Invariant: two resources that are one storage under two names (events) have the same prefix, hence the same keys.
// Upstream: the key functions of staging/src/k8s.io/apiserver/pkg/registry/generic/registry/store.go

import { dropEmpty } from '#api/codec/written-form.ts'
import type { KindDefinition, Verb } from '#api/kinds/kind.ts'
import { isPathSegmentName } from '#api/meta/names.ts'
import { apiVersionOf, type JsonObject } from '#api/meta/object.ts'
import { badRequest, type GroupResource } from '#api/meta/status.ts'
import { kindSchema } from '#api/schema/schema.ts'

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

export interface Catalog {
  /** All kinds; another array whenever custom kinds have come or gone. */
  readonly kinds: readonly KindDefinition[]
  /** Puts `kinds` in the place of all custom kinds so far. */
  setCustomKinds(kinds: readonly KindDefinition[]): void
  /** The kind behind a path, if this version of the group serves it. */
  find(group: string, version: string, resource: string): KindDefinition | undefined
  /** Whether the group is built in: of those, the API's own router answers for paths that there are not. */
  hasGroup(group: string): boolean
  findKind(group: string, version: string, kind: string): KindDefinition | undefined
}

/** Where kinds are looked up; built-in kinds win over custom ones of the same name. */
interface Index {
  readonly kinds: readonly KindDefinition[]
  readonly byResource: ReadonlyMap<string, KindDefinition>
  readonly byKind: ReadonlyMap<string, KindDefinition>
}

function indexOf(kinds: readonly KindDefinition[]): Index {
  const byResource = new Map<string, KindDefinition>()
  const byKind = new Map<string, KindDefinition>()
  for (const kind of kinds.toReversed()) {
    for (const version of kind.versions) {
      byResource.set(`${kind.group}/${version}/${kind.resource}`, kind)
      byKind.set(`${kind.group}/${version}/${kind.kind}`, kind)
    }
  }
  return { kinds, byResource, byKind }
}

export function createCatalog(builtIn: readonly KindDefinition[]): Catalog {
  const groups = new Set(builtIn.map(({ group }) => group))
  let index = indexOf(builtIn)
  return {
    get kinds() {
      return index.kinds
    },
    setCustomKinds(kinds) {
      index = indexOf([...builtIn, ...kinds])
    },
    find: (group, version, resource) => index.byResource.get(`${group}/${version}/${resource}`),
    hasGroup: (group) => groups.has(group),
    findKind: (group, version, kind) => index.byKind.get(`${group}/${version}/${kind}`),
  }
}

export const verbsOf = (kind: KindDefinition): readonly Verb[] => kind.verbs ?? ALL_VERBS

/** Reviews and the like are answered and forgotten. */
export const isStored = (kind: KindDefinition): boolean => verbsOf(kind).includes('get')

export const groupResourceOf = (kind: KindDefinition): GroupResource => ({
  group: kind.group,
  resource: kind.resource,
})

/** `/registry/pods/`: where all objects of a kind lie; ends in a slash. */
export const prefixOf = (kind: KindDefinition): string =>
  `${kind.storagePrefix ?? `/registry/${kind.resource}`}/`

/** Where the objects of one namespace lie (or all, for ''). */
export function listPrefixOf(kind: KindDefinition, namespace: string): string {
  return kind.namespaced && namespace !== '' ? `${prefixOf(kind)}${namespace}/` : prefixOf(kind)
}

/** The key of one object; throws 400 for a name that cannot be part of a path. */
export function keyOf(kind: KindDefinition, namespace: string, name: string): string {
  if (name === '') throw badRequest('Name parameter required.')
  const errors = isPathSegmentName(name)
  if (errors.length > 0)
    throw badRequest(`Name parameter invalid: ${JSON.stringify(name)}: ${errors.join(';')}`)
  if (!kind.namespaced) return `${prefixOf(kind)}${name}`
  if (namespace === '') throw badRequest('Namespace parameter required.')
  return `${prefixOf(kind)}${namespace}/${name}`
}

/** The apiVersion in which objects of a kind are stored. */
export const storedApiVersionOf = (kind: KindDefinition): string =>
  apiVersionOf(kind.storageGroup ?? kind.group, kind.storageVersion)

/** The group and resource under which objects are stored, where a configuration names them: events are one storage. */
export const storedResourceOf = (kind: KindDefinition): GroupResource => ({
  group: kind.storageGroup ?? kind.group,
  resource: kind.resource,
})

/** An object of the storage version as `version` of its kind; the same object where that is the stored one. */
export function toVersion(kind: KindDefinition, object: JsonObject, version: string): JsonObject {
  const from = storedApiVersionOf(kind)
  const to = apiVersionOf(kind.group, version)
  if (from === to) return object
  const converted = kind.convert ? kind.convert(object, from, to) : { ...object }
  return { ...converted, apiVersion: to, kind: kind.kind }
}

/** Leaves out of a judged object, in its stored version, what the store does not keep: empty lists and maps. */
export function dropEmptyOf(kind: KindDefinition, object: JsonObject): void {
  const schema = kindSchema(kind.storageGroup ?? kind.group, kind.storageVersion, kind.kind)
  if (schema) dropEmpty(object, schema)
}

/** An object that came in `version` as the one that is stored. */
export function toStored(kind: KindDefinition, object: JsonObject, version: string): JsonObject {
  const from = apiVersionOf(kind.group, version)
  const to = storedApiVersionOf(kind)
  if (from === to) return object
  const converted = kind.convert ? kind.convert(object, from, to) : { ...object }
  return { ...converted, apiVersion: to, kind: kind.kind }
}
