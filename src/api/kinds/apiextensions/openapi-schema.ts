// What a definition's schema may say, field by field: types, lists, maps, and rules in CEL.
//
// Upstream: ValidateCustomResourceDefinitionOpenAPISchema in
// staging/src/k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/validation/validation.go

import { compileRules, TotalCost } from '#api/kinds/apiextensions/compile-rules.ts'
import { additionalOf, itemsOf, propertiesOf, type Schema } from '#api/kinds/apiextensions/schema.ts'
import { validateRules } from '#api/kinds/apiextensions/schema-rules.ts'
import {
  forbidden,
  invalid,
  notSupported,
  notSupportedInOrder,
  type Path,
  required,
} from '#api/meta/field-error.ts'
import type { FieldErrors } from '#api/meta/validation.ts'

const TYPES = ['array', 'boolean', 'integer', 'number', 'object', 'string']
const LIST_TYPES = ['atomic', 'set', 'map']
const MAP_TYPES = ['atomic', 'granular']
const META_FIELDS = ['metadata', 'kind', 'apiVersion']

/** What holds for a part of a schema because of where it stands. */
interface Place {
  readonly isRoot: boolean
  /** Why there can be no defaults here. */
  readonly noDefaults: string | undefined
  readonly isInsideMeta: boolean
  /** Whether rules are compiled: not inside of logical combinations. */
  readonly compilesRules: boolean
  /** The list whose items have no identity, so that there is no old value to compare with. */
  readonly uncorrelatable: Path | undefined
  /** How often it can occur in an object; undefined where the schema does not say. */
  readonly cardinality: number | undefined
}

const ROOT: Place = {
  isRoot: true,
  noDefaults: undefined,
  isInsideMeta: false,
  compilesRules: true,
  uncorrelatable: undefined,
  cardinality: 1,
}

/** `compilesRules`: the schema is structural and its defaults are right. */
export function* validateOpenApiSchema(schema: Schema, path: Path, compilesRules: boolean): FieldErrors {
  const root = { ...ROOT, compilesRules }
  yield* schemaErrors({ schema, path, place: root })
  const total = new TotalCost()
  yield* celErrors({ schema, path, place: root }, total)
  yield* total.errors(path)
}

/** What is wrong by itself, then within, then of lists, maps and rules, which need their parts. */
function* schemaErrors(part: Part): FieldErrors {
  yield* fieldErrors(part)
  for (const inner of partsOf(part)) yield* schemaErrors(inner)
  yield* collectionErrors(part)
}

function* celErrors(part: Part, total: TotalCost): FieldErrors {
  const { schema, path, place } = part
  for (const inner of partsOf(part)) yield* celErrors(inner, total)
  if (!place.compilesRules) return
  // rules of a schema that is wrong, also further within, are not looked at
  if (!schemaErrors(part).next().done) return
  const isResource = place.isRoot || schema['x-kubernetes-embedded-resource'] === true
  yield* compileRules(schema, path, { ...place, isResource }, total)
}

interface Part {
  readonly schema: Schema
  readonly path: Path
  readonly place: Place
}

/** The schemas right inside of one. */
function* partsOf(part: Part): Generator<Part> {
  const { schema, path } = part
  const place = { ...part.place, cardinality: cardinalityWithin(part) }
  const inner: Place = { ...place, isRoot: false }
  const others = additionalOf(schema)
  if (others) {
    const noDefaults = place.isInsideMeta
      ? 'inside additionalProperties applying to object metadata'
      : place.noDefaults
    yield { schema: others, path: path.child('additionalProperties'), place: { ...inner, noDefaults } }
  }
  for (const [name, property] of propertiesOf(schema)) {
    const at = path.child('properties').key(name)
    yield { schema: property, path: at, place: placeOfProperty(schema, place, name) }
  }
  const combined: Place = { ...inner, compilesRules: false }
  if (schema.not) yield { schema: schema.not, path: path.child('not'), place: combined }
  for (const list of ['allOf', 'oneOf', 'anyOf'] as const) {
    for (const [i, part] of (schema[list] ?? []).entries())
      yield { schema: part, path: path.child(list).index(i), place: combined }
  }
  for (const [name, part] of Object.entries(schema.definitions ?? {})) {
    yield { schema: part, path: path.child('definitions').key(name), place: combined }
  }
  const items = itemsOf(schema)
  if (!items) return
  const isMap = schema['x-kubernetes-list-type'] === 'map'
  const uncorrelatable = isMap ? place.uncorrelatable : (place.uncorrelatable ?? path)
  yield { schema: items, path: path.child('items'), place: { ...inner, uncorrelatable } }
}

/** Of what a list or map holds, there is as much as it says at most. */
function cardinalityWithin({ schema, place }: Part): number | undefined {
  const isMap = schema.type === 'object' && schema.additionalProperties !== undefined
  if (!isMap && schema.type !== 'array') return place.cardinality
  const most = isMap ? schema.maxProperties : schema.maxItems
  return place.cardinality === undefined || most === undefined
    ? undefined
    : place.cardinality * Math.max(0, most)
}

function placeOfProperty(schema: Schema, place: Place, name: string): Place {
  const isMeta =
    META_FIELDS.includes(name) && (place.isRoot || schema['x-kubernetes-embedded-resource'] === true)
  return {
    ...place,
    isRoot: false,
    isInsideMeta: place.isInsideMeta || isMeta,
    noDefaults: isMeta && place.isRoot ? `in top-level ${name}` : place.noDefaults,
  }
}

function* fieldErrors({ schema, path, place }: Part): FieldErrors {
  yield* standard(schema, path, place)
  if (schema.uniqueItems) {
    const text = 'uniqueItems cannot be set to true since the runtime complexity becomes quadratic'
    yield forbidden(path.child('uniqueItems'), text)
  }
  const hasProperties = Object.keys(schema.properties ?? {}).length > 0
  if (hasProperties && schema.additionalProperties !== undefined && schema.additionalProperties !== true) {
    yield forbidden(
      path.child('additionalProperties'),
      'additionalProperties and properties are mutual exclusive',
    )
  }
}

function* collectionErrors({ schema, path }: Part): FieldErrors {
  if (schema['x-kubernetes-preserve-unknown-fields'] === false) {
    yield invalid(path.child('x-kubernetes-preserve-unknown-fields'), false, 'must be true or undefined')
  }
  yield* collections(schema, path)
  yield* validateRules(schema, path)
}

/** Fields that OpenAPI has and Kubernetes does not take. */
const UNSUPPORTED = [
  'id',
  'additionalItems',
  'patternProperties',
  'definitions',
  'dependencies',
  '$ref',
] as const

/** Whether there is something in a schema, or anywhere within, that no structural schema can have. */
export function hasUnsupported(schema: Schema): boolean {
  const has = UNSUPPORTED.some((name) => schema[name] !== undefined && schema[name] !== '')
  const isListOfSchemas = Array.isArray(schema.items) && schema.items.length > 0
  if (has || isListOfSchemas) return true
  const within = [itemsOf(schema), additionalOf(schema), ...propertiesOf(schema).map(([, part]) => part)]
  return within.some((part) => part !== undefined && hasUnsupported(part))
}

function* standard(schema: Schema, path: Path, place: Place): FieldErrors {
  const { type } = schema
  if (type && !TYPES.includes(type)) yield notSupported(path.child('type'), type, TYPES)
  if (schema.default !== undefined && place.noDefaults !== undefined) {
    yield forbidden(path.child('default'), `must not be set ${place.noDefaults}`)
  }
  for (const name of UNSUPPORTED) {
    const value = schema[name]
    if (value !== undefined && value !== '') yield forbidden(path.child(name), `${name} is not supported`)
  }
  if (type === 'null') {
    yield forbidden(path.child('type'), 'type cannot be set to null, use nullable as an alternative')
  }
  if (Array.isArray(schema.items) && schema.items.length > 0) {
    yield forbidden(path.child('items'), 'items must be a schema object and not an array')
  }
  if (place.isInsideMeta && schema['x-kubernetes-embedded-resource']) {
    yield forbidden(path.child('x-kubernetes-embedded-resource'), 'must not be used inside of resource meta')
  }
}

function* collections(schema: Schema, path: Path): FieldErrors {
  const { type = '' } = schema
  const mapType = schema['x-kubernetes-map-type']
  const listType = schema['x-kubernetes-list-type']
  const at = path.child('type')
  if (mapType !== undefined && type !== 'object') {
    const text = 'must be object if x-kubernetes-map-type is specified'
    yield type === '' ? required(at, text) : invalid(at, type, text)
  }
  if (mapType !== undefined && !MAP_TYPES.includes(mapType)) {
    yield notSupportedInOrder(path.child('x-kubernetes-map-type'), mapType, MAP_TYPES)
  }
  if (listType !== undefined && type !== 'array') {
    const text = 'must be array if x-kubernetes-list-type is specified'
    yield type === '' ? required(at, text) : invalid(at, type, text)
  } else if (listType === 'set') yield* itemsOfSet(schema, path)
  if (listType !== undefined && !LIST_TYPES.includes(listType)) {
    yield notSupportedInOrder(path.child('x-kubernetes-list-type'), listType, LIST_TYPES)
  }
  const keys = schema['x-kubernetes-list-map-keys'] ?? []
  if (keys.length > 0 && listType !== 'map') {
    const listPath = path.child('x-kubernetes-list-type')
    const text = 'must be map if x-kubernetes-list-map-keys is non-empty'
    yield listType === undefined ? required(listPath, text) : invalid(listPath, listType, text)
  }
  if (listType === 'map') yield* listMap(schema, keys, path)
  if (listType === 'map' || listType === 'set') yield* keyedItems(schema, keys, path, listType)
}

function* itemsOfSet(schema: Schema, path: Path): FieldErrors {
  const items = itemsOf(schema)
  const text = 'must be atomic as item of a list with x-kubernetes-list-type=set'
  const listType = items?.['x-kubernetes-list-type']
  if (items?.type === 'array' && listType !== undefined && listType !== 'atomic') {
    yield invalid(path.child('items', 'x-kubernetes-list-type'), listType, text)
  }
  if (items?.type === 'object' && items['x-kubernetes-map-type'] !== 'atomic') {
    yield invalid(path.child('items', 'x-kubernetes-map-type'), listType ?? null, text)
  }
}

function* listMap(schema: Schema, keys: readonly string[], path: Path): FieldErrors {
  const at = path.child('x-kubernetes-list-map-keys')
  if (keys.length === 0) yield required(at, 'must not be empty if x-kubernetes-list-type is map')
  const items = itemsOf(schema)
  if (!items) {
    const text = 'must only have a single schema if x-kubernetes-list-type is map'
    if (!Array.isArray(schema.items)) {
      yield required(path.child('items'), 'must have a schema if x-kubernetes-list-type is map')
    } else yield invalid(path.child('items'), { Schema: null, JSONSchemas: schema.items }, text)
    return
  }
  if (items.type !== 'object') {
    const text = "must be object if parent array's x-kubernetes-list-type is map"
    yield invalid(path.child('items', 'type'), items.type ?? '', text)
    return
  }
  for (const [i, key] of keys.entries()) {
    const property = items.properties?.[key]
    if (!property) yield invalid(at, keys, 'entries must all be names of item properties')
    else if (property.type === 'array' || property.type === 'object') {
      const text = "must be a scalar type if parent array's x-kubernetes-list-type is map"
      yield invalid(path.child('items', 'properties').key(key).child('type'), items.type, text)
    }
    if (keys.indexOf(key) < i) yield invalid(at, keys, 'must not contain duplicate entries')
  }
}

/** Items that are told apart cannot be null, nor can the fields that tell them apart be absent. */
function* keyedItems(schema: Schema, keys: readonly string[], path: Path, listType: string): FieldErrors {
  const items = itemsOf(schema)
  if (!items) return
  const at = path.child('items')
  if (items.nullable) {
    yield forbidden(at.child('nullable'), `cannot be nullable when x-kubernetes-list-type is ${listType}`)
  }
  if (listType !== 'map') return
  const because = 'this property is in x-kubernetes-list-map-keys, so it'
  for (const key of keys) {
    const property = items.properties?.[key]
    if (!property) continue
    const keyPath = at.child('properties').key(key)
    if (!items.required?.includes(key) && property.default === undefined) {
      yield required(keyPath.child('default'), `${because} must have a default or be a required property`)
    }
    if (property.nullable) yield forbidden(keyPath.child('nullable'), `${because} cannot be nullable`)
  }
}
