// The schema of every built-in type: its fields, what they hold, how Go writes and merges them.
//
// Decoding, normalising, strategic merge, server-side apply, protobuf and OpenAPI all walk these. Read once
// from generated/schema.json (scripts/generate-schema.mjs); a type is expanded when it is first asked for.
// Invariant: the objects given out are complete, shared and never changed.
// Upstream: the struct tags of staging/src/k8s.io/api/*/*/types.go

import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { expandType, type SchemaFile } from '#api/schema/expand.ts'

/** What a leaf holds. `json` is any value; `rawExtension` and `fieldsV1` are objects that nobody looks into. */
export type Scalar =
  | 'string'
  | 'int32'
  | 'int64'
  | 'float'
  | 'bool'
  | 'bytes'
  | 'quantity'
  | 'intOrString'
  | 'time'
  | 'microTime'
  | 'rawExtension'
  | 'fieldsV1'
  | 'json'

export type TypeNode = ScalarNode | ArrayNode | MapNode | StructNode | EitherNode

interface Node {
  /** As Go names it in errors: `string`, `v1.Protocol`, `[]v1.Container`, `map[string]string`. */
  readonly goType: string
}

export interface ScalarNode extends Node {
  readonly kind: 'scalar'
  readonly scalar: Scalar
  /** The values of a closed set. */
  readonly values?: readonly string[]
}

export interface ArrayNode extends Node {
  readonly kind: 'array'
  readonly items: TypeNode
  /** Named lists are a message of their own in protobuf: `v1.ExtraValue`. */
  readonly named: boolean
}

export interface MapNode extends Node {
  readonly kind: 'map'
  readonly values: TypeNode
}

export interface StructNode extends Node {
  readonly kind: 'struct'
  readonly schema: TypeSchema
}

/** A struct or something else; only in the schemas of custom resources. */
export interface EitherNode extends Node {
  readonly kind: 'either'
  readonly schema: TypeSchema
  readonly or: 'bool' | 'schemas' | 'strings'
}

export interface FieldSchema {
  readonly name: string
  readonly type: TypeNode
  /** OpenAPI's `required`. */
  readonly required: boolean
  /** A pointer in Go: absent and zero differ. */
  readonly pointer: boolean
  /** What Go writes for the zero value: the value itself, or nothing. Structs without a pointer are written. */
  readonly whenEmpty: 'written' | 'omitted' | 'omittedWhenZero'
  /** 0: not in protobuf. */
  readonly number: number
  /** Embedded Go structs between this type and the field: `['VolumeSource']`. */
  readonly embedded: readonly string[]
  readonly listType?: 'atomic' | 'set' | 'map'
  readonly listMapKeys?: readonly string[]
  readonly mapType?: 'atomic' | 'granular'
  readonly patchStrategy?: readonly ('merge' | 'retainKeys')[]
  readonly patchMergeKey?: string
  /** OpenAPI's `default` where it is not the zero value that the Go type implies; null: none at all. */
  readonly default?: unknown
}

/** An embedded struct, as a field: protobuf nests what JSON lays flat. */
export interface EmbeddedStruct {
  readonly schema: TypeSchema
  readonly number: number
}

export interface TypeSchema {
  /** `core.v1.Container`; what `typeSchema` takes. */
  readonly name: string
  /** `Container`. */
  readonly goName: string
  /** `io.k8s.api.core.v1.Container`. */
  readonly openApiName: string
  /** In Go's order, embedded ones included. */
  readonly fields: readonly FieldSchema[]
  readonly byName: ReadonlyMap<string, FieldSchema>
  /** Only the fields of the struct itself. */
  readonly ownFields: readonly FieldSchema[]
  readonly embeddedStructs: readonly EmbeddedStruct[]
  /** Stands only inside others and has no OpenAPI name. */
  readonly isEmbedded: boolean
  readonly mapType?: 'atomic'
  readonly union?: { readonly discriminator?: string; readonly fields: readonly string[] }
}

let file: SchemaFile | undefined
const schemas = new Map<string, TypeSchema>()

function schemaFile(): SchemaFile {
  file ??= JSON.parse(readFileSync(new URL('./generated/schema.json', import.meta.url), 'utf8')) as SchemaFile
  return file
}

/** Changes when a schema does: part of the hashes by which clients keep OpenAPI documents. */
export function schemaFingerprint(): string {
  const bytes = readFileSync(new URL('./generated/schema.json', import.meta.url))
  return createHash('sha256').update(bytes).digest('hex')
}

/** The names of all types: `core.v1.Pod`, `meta.v1.ObjectMeta`, … */
export function typeNames(): readonly string[] {
  return Object.keys(schemaFile().types)
}

/** The schema of `core.v1.Container`, `meta.v1.ObjectMeta`, …; undefined when there is no such type. */
export function typeSchema(name: string): TypeSchema | undefined {
  return schemas.get(name) ?? expandType(name, schemaFile(), schemas)
}

/** The schema of a built-in kind; undefined for custom ones. `DeleteOptions` and the like belong to every group. */
export function kindSchema(group: string, version: string, kind: string): TypeSchema | undefined {
  const folder = group === '' ? 'core' : (group.split('.')[0] ?? '')
  if (group !== '' && !BUILT_IN_GROUPS.has(group)) return undefined
  return typeSchema(`${folder}.${version}.${kind}`) ?? typeSchema(`meta.v1.${kind}`)
}

const BUILT_IN_GROUPS: ReadonlySet<string> = new Set([
  'admissionregistration.k8s.io',
  'apiextensions.k8s.io',
  'apiregistration.k8s.io',
  'apps',
  'authentication.k8s.io',
  'authorization.k8s.io',
  'autoscaling',
  'batch',
  'certificates.k8s.io',
  'coordination.k8s.io',
  'discovery.k8s.io',
  'events.k8s.io',
  'flowcontrol.apiserver.k8s.io',
  'networking.k8s.io',
  'node.k8s.io',
  'policy',
  'rbac.authorization.k8s.io',
  'resource.k8s.io',
  'scheduling.k8s.io',
  'storage.k8s.io',
])
