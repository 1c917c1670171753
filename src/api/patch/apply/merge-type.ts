// How values of a type merge: which lists and maps are one piece, which are made of items with owners of their own.
//
// Made once for each schema. A type says what a value may be: a scalar, a list, a map, or (JSON of any kind)
// several of them; then the value decides. Upstream: vendor/k8s.io/kube-openapi/pkg/schemaconv

import type { FieldSchema, Scalar, TypeNode, TypeSchema } from '#api/schema/schema.ts'

export interface MergeType {
  readonly scalar?: 'numeric' | 'string' | 'boolean' | 'untyped'
  readonly list?: ListType
  readonly map?: MapType
}

export interface ListType {
  /** The whole list has one owner. */
  readonly atomic: boolean
  /** Of the fields that tell items apart, sorted by name; none for a set of scalars. */
  readonly keys: readonly KeyField[]
  readonly items: MergeType
}

export interface KeyField {
  readonly name: string
  /** Stands for a field that is absent. */
  readonly default?: unknown
}

export interface MapType {
  /** The whole map, or struct, has one owner. */
  readonly atomic: boolean
  readonly fields: ReadonlyMap<string, MergeField>
  /** The type of all other keys; absent: there are none. */
  readonly values?: MergeType
}

export interface MergeField {
  readonly type: MergeType
  /** How a set of fields names it: `f:spec`. */
  readonly element: string
}

const NO_FIELDS: ReadonlyMap<string, MergeField> = new Map()
const NO_KEYS: readonly KeyField[] = []

/** A value that nobody looks into: raw extensions, and what is inside of untyped lists. */
const ONE_PIECE: MergeType = {
  scalar: 'untyped',
  get list(): ListType {
    return { atomic: true, keys: NO_KEYS, items: ONE_PIECE }
  },
  get map(): MapType {
    return { atomic: true, fields: NO_FIELDS, values: ONE_PIECE }
  },
}

const deducedMap: { -readonly [K in keyof MapType]: MapType[K] } = { atomic: false, fields: NO_FIELDS }

/** JSON of any kind: maps merge key by key, lists are one piece. */
export const DEDUCED: MergeType = {
  scalar: 'untyped',
  list: { atomic: true, keys: NO_KEYS, items: ONE_PIECE },
  map: deducedMap,
}
deducedMap.values = DEDUCED

/** The type of a key; what the type does not have may be anything. */
export const typeOfKey = (map: MapType, key: string): MergeType =>
  map.fields.get(key)?.type ?? map.values ?? DEDUCED

/** Whether `type` says nothing of its value. */
export const isDeduced = (map: MapType): boolean => map.values === DEDUCED && map.fields.size === 0

const SCALARS: Readonly<Record<Scalar, MergeType>> = {
  string: { scalar: 'string' },
  bytes: { scalar: 'string' },
  int32: { scalar: 'numeric' },
  int64: { scalar: 'numeric' },
  float: { scalar: 'numeric' },
  bool: { scalar: 'boolean' },
  quantity: { scalar: 'untyped' },
  time: { scalar: 'untyped' },
  microTime: { scalar: 'untyped' },
  intOrString: DEDUCED,
  rawExtension: ONE_PIECE,
  fieldsV1: { map: deducedMap },
  json: DEDUCED,
}

const made = new WeakMap<TypeSchema, MergeType>()

/** How objects of `schema` merge. */
export function mergeTypeOf(schema: TypeSchema): MergeType {
  const known = made.get(schema)
  if (known) return known
  const fields = new Map<string, MergeField>()
  const isOpen = schema.fields.length === 0
  const type: MergeType = {
    map: { atomic: schema.mapType === 'atomic', fields, ...(isOpen && { values: DEDUCED }) },
  }
  // before the fields: a type may hold itself
  made.set(schema, type)
  for (const field of schema.fields) {
    fields.set(field.name, { type: typeOfField(field), element: `f:${field.name}` })
  }
  return type
}

function typeOfField(field: FieldSchema): MergeType {
  const { type, mapType } = field
  if (type.kind === 'array') return { list: { ...listRelation(field), items: typeOfNode(type.items) } }
  const plain = typeOfNode(type)
  if (mapType && plain.map) return { ...plain, map: { ...plain.map, atomic: mapType === 'atomic' } }
  return plain
}

function typeOfNode(node: TypeNode): MergeType {
  switch (node.kind) {
    case 'scalar':
      return SCALARS[node.scalar]
    case 'array':
      return { list: { atomic: true, keys: NO_KEYS, items: typeOfNode(node.items) } }
    case 'map':
      return { map: { atomic: false, fields: NO_FIELDS, values: typeOfNode(node.values) } }
    case 'struct':
      return mergeTypeOf(node.schema)
    case 'either':
      return DEDUCED
  }
}

/** A list type says it; else the older patch strategy does; else the list is one piece. */
function listRelation(field: FieldSchema): Pick<ListType, 'atomic' | 'keys'> {
  const { listType, listMapKeys, patchStrategy, patchMergeKey } = field
  if (listType === 'map') return { atomic: false, keys: keyFields(field, listMapKeys ?? []) }
  if (listType) return { atomic: listType === 'atomic', keys: NO_KEYS }
  if (!patchStrategy?.includes('merge')) return { atomic: true, keys: NO_KEYS }
  return { atomic: false, keys: keyFields(field, patchMergeKey ? [patchMergeKey] : []) }
}

function keyFields(list: FieldSchema, names: readonly string[]): KeyField[] {
  const items = list.type.kind === 'array' && list.type.items.kind === 'struct' ? list.type.items : undefined
  return [...names].sort().map((name) => {
    const field = items?.schema.byName.get(name)
    const value = field && defaultOf(field)
    return value === undefined ? { name } : { name, default: value }
  })
}

/** The default that OpenAPI states of a key: its own, or the zero value of a scalar that Go always writes. */
function defaultOf({ default: stated, pointer, whenEmpty, type }: FieldSchema): unknown {
  if (stated !== undefined) return stated ?? undefined
  if (pointer || whenEmpty !== 'written' || type.kind !== 'scalar') return undefined
  if (type.scalar === 'string') return ''
  return type.scalar === 'int32' || type.scalar === 'int64' ? 0 : undefined
}
