// Through which door a write comes to the owners of an object: the kind's schema and versions, and what may be owned.
//
// Made once for each version and subresource of a kind. A kind may be served by two groups (events): an owner who
// came through the other one is understood as well.
// Upstream: NewDefaultFieldManager in staging/src/k8s.io/apimachinery/pkg/util/managedfields/fieldmanager.go

import { decodeValue } from '#api/codec/json.ts'
import { writtenForm } from '#api/codec/written-form.ts'
import type { KindDefinition } from '#api/kinds/kind.ts'
import { apiVersionOf, type GroupVersionKind, type JsonObject } from '#api/meta/object.ts'
import { DEDUCED, type MergeType, mergeTypeOf } from '#api/patch/apply/merge-type.ts'
import { ownableFields } from '#api/patch/apply/ownable-fields.ts'
import type { Door } from '#api/patch/apply/ownership.ts'
import type { Versions } from '#api/patch/apply/versions.ts'
import { restoreProblem } from '#api/patch/restore-problem.ts'
import { kindSchema, type TypeSchema } from '#api/schema/schema.ts'
import { type Catalog, isStored, prefixOf, toStored, toVersion } from '#apiserver/registry/catalog.ts'
import { headFirst } from '#apiserver/registry/decode.ts'
import { takeCustomForm } from '#apiserver/registry/decode-custom.ts'
import { cloneJson, freezeJson } from '#apiserver/registry/json.ts'
import type { Scope } from '#apiserver/registry/scope.ts'

export interface FieldDoor extends Door {
  readonly kind: string
  readonly type: MergeType
  /** What a new object is compared with: all that Go writes of an object that nobody has filled. */
  readonly zero: JsonObject
  /** An object of the kind as JSON shows it, which is what is compared. */
  written(object: JsonObject): JsonObject
  /** A merged document as an object of the kind, or what is wrong with it. */
  toTyped(document: JsonObject): JsonObject | string
}

export interface FieldDoors {
  of(scope: Scope): FieldDoor
}

export function createFieldDoors(catalog: Catalog): FieldDoors {
  const made = new WeakMap<KindDefinition, Map<string, FieldDoor>>()
  return {
    of({ kind, version, subresource }) {
      let doors = made.get(kind)
      if (!doors) {
        doors = new Map()
        made.set(kind, doors)
      }
      const key = `${version}/${subresource}`
      let door = doors.get(key)
      if (!door) {
        door = makeDoor(catalog, kind, version, subresource)
        doors.set(key, door)
      }
      return door
    },
  }
}

function makeDoor(catalog: Catalog, kind: KindDefinition, version: string, subresource: string): FieldDoor {
  const { group, resource } = kind
  const schema = kindSchema(group, version, kind.kind)
  const type = { group, version, kind: kind.kind }
  const { custom } = kind
  return {
    kind: kind.kind,
    type: typeOf(kind, schema),
    zero: freezeJson(headFirst(type, decodeValue({}, schema).object)),
    written: (object) => (schema ? writtenForm(object, schema) : object),
    toTyped: (document) =>
      custom
        ? headFirst(type, takeCustomForm(cloneJson(document), custom, 'Ignore').object)
        : toTyped(document, type, schema),
    versions: versionsOf(catalog, kind),
    ownable: ownableFields({ group, resource, subresource, hasStatus: kind.status !== undefined }),
    apiVersion: apiVersionOf(group, version),
    subresource,
  }
}

function toTyped(
  document: JsonObject,
  type: GroupVersionKind,
  schema: TypeSchema | undefined,
): JsonObject | string {
  const problem = schema && restoreProblem(document, schema)
  if (problem !== undefined) return problem
  try {
    return headFirst(type, decodeValue(document, schema).object)
  } catch (error) {
    return asConverterSays((error as Error).message)
  }
}

/** Values that decode themselves (times, quantities) do not know where they stand, and bytes are read in two steps. */
function asConverterSays(text: string): string {
  if (text.startsWith('illegal base64')) return `error decoding from json: ${text}`
  return text.replace(/Go struct field \S+ of type/, 'Go value of type')
}

const typeOf = (kind: KindDefinition, schema: TypeSchema | undefined): MergeType =>
  kind.custom?.mergeType ?? (schema ? mergeTypeOf(schema) : DEDUCED)

interface ServedVersion {
  readonly kind: KindDefinition
  readonly version: string
  readonly schema: TypeSchema | undefined
}

function versionsOf(catalog: Catalog, kind: KindDefinition): Versions {
  const prefix = prefixOf(kind)
  const relatives = catalog.kinds.filter((other) => isStored(other) && prefixOf(other) === prefix)
  const served = new Map<string, ServedVersion>()
  const isAlone = kind.custom?.conversion !== undefined || !relatives.includes(kind)
  for (const one of isAlone ? [kind] : relatives) {
    for (const version of one.versions) {
      const schema = kindSchema(one.group, version, one.kind)
      served.set(apiVersionOf(one.group, version), { kind: one, version, schema })
    }
  }
  return {
    typeOf(apiVersion) {
      const found = served.get(apiVersion)
      return found && typeOf(found.kind, found.schema)
    },
    convert(object, apiVersion) {
      if (object['apiVersion'] === apiVersion) return object
      const from = served.get(object['apiVersion'] as string)!
      const to = served.get(apiVersion)!
      const typed = decodeValue(object, from.schema).object
      const converted = toVersion(to.kind, toStored(from.kind, typed, from.version), to.version)
      return to.schema ? writtenForm(converted, to.schema) : converted
    },
  }
}
