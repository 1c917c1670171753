// Types as OpenAPI schemas: the definitions that `kubectl explain` reads.
//
// Version 2 and version 3 differ little: 3 has defaults, wraps references that have siblings in `allOf`, and can
// say that a quantity is a string or a number. Upstream: vendor/k8s.io/kube-openapi/pkg/builder, builder3

import type { GroupVersionKind, JsonObject } from '#api/meta/object.ts'
import { describeType } from '#api/schema/descriptions.ts'
import type { CustomType } from '#api/schema/openapi-custom.ts'
import {
  type FieldSchema,
  type Scalar,
  type TypeNode,
  type TypeSchema,
  typeSchema,
} from '#api/schema/schema.ts'

export type OpenApiVersion = 'v2' | 'v3'

const PREFIXES: Readonly<Record<OpenApiVersion, string>> = {
  v2: '#/definitions/',
  v3: '#/components/schemas/',
}

/** Collects definitions: a reference to a type pulls in all that it refers to. */
export class Definitions {
  readonly #version: OpenApiVersion
  readonly #custom: ReadonlyMap<string, CustomType>
  readonly #found = new Map<string, JsonObject>()
  readonly #kindsOf: (schemaName: string) => readonly GroupVersionKind[]

  /** `kindsOf` gives the kinds that a type is, for `x-kubernetes-group-version-kind`. */
  constructor(
    version: OpenApiVersion,
    kindsOf: (schemaName: string) => readonly GroupVersionKind[],
    custom: ReadonlyMap<string, CustomType>,
  ) {
    this.#version = version
    this.#custom = custom
    this.#kindsOf = kindsOf
  }

  /** All definitions collected, sorted by name. */
  finish(): JsonObject {
    return Object.fromEntries([...this.#found].sort(([a], [b]) => (a < b ? -1 : 1)))
  }

  /** `{ $ref }` to a type by its name here: `core.v1.Pod`. */
  reference(name: string): JsonObject {
    const custom = this.#custom.get(name)
    if (custom) return this.#customType(custom)
    const schema = typeSchema(name)
    if (!schema) throw new Error(`OpenAPI refers to ${name}, which does not exist`)
    return this.#struct(schema)
  }

  #customType(type: CustomType): JsonObject {
    const name = type.openApiName
    if (!this.#found.has(name)) {
      const definition: JsonObject = {}
      this.#found.set(name, definition)
      Object.assign(
        definition,
        type.define(this.#version, (other) => this.reference(other)),
      )
    }
    return { $ref: PREFIXES[this.#version] + name }
  }

  /** `{ $ref }` to a definition that is made by hand. */
  special(name: string, definition: JsonObject): JsonObject {
    if (!this.#found.has(name)) this.#found.set(name, definition)
    return { $ref: PREFIXES[this.#version] + name }
  }

  #struct(schema: TypeSchema): JsonObject {
    if (!this.#found.has(schema.openApiName)) {
      const definition: JsonObject = {}
      this.#found.set(schema.openApiName, definition)
      Object.assign(definition, this.#define(schema))
    }
    return { $ref: PREFIXES[this.#version] + schema.openApiName }
  }

  #define(schema: TypeSchema): JsonObject {
    const { text, fields: texts } = describeType(schema.name)
    const required = schema.fields.filter((field) => field.required).map((field) => field.name)
    const properties = schema.fields.map(
      (field) => [field.name, this.#property(field, texts[field.name] ?? '')] as const,
    )
    const kinds = this.#kindsOf(schema.name)
    return {
      ...(text !== '' && { description: text }),
      type: 'object',
      ...(required.length > 0 && { required }),
      ...(properties.length > 0 && { properties: Object.fromEntries(properties) }),
      ...(kinds.length > 0 && { 'x-kubernetes-group-version-kind': kinds }),
      ...(schema.mapType && { 'x-kubernetes-map-type': schema.mapType }),
      ...(schema.union && { 'x-kubernetes-unions': [unionOf(schema.union)] }),
    }
  }

  #property(field: FieldSchema, description: string): JsonObject {
    const siblings: JsonObject = {
      ...(description !== '' && { description }),
      ...(this.#version === 'v3' && defaultOf(field)),
      ...(field.listMapKeys && { 'x-kubernetes-list-map-keys': field.listMapKeys }),
      ...(field.listType && { 'x-kubernetes-list-type': field.listType }),
      ...(field.mapType && { 'x-kubernetes-map-type': field.mapType }),
      ...(field.patchMergeKey && { 'x-kubernetes-patch-merge-key': field.patchMergeKey }),
      ...(field.patchStrategy && { 'x-kubernetes-patch-strategy': field.patchStrategy.join(',') }),
    }
    const shape = this.#shape(field.type)
    if (this.#version === 'v3' && shape['$ref'] && Object.keys(siblings).length > 0) {
      return { ...siblings, allOf: [shape] }
    }
    return { ...siblings, ...shape }
  }

  #shape(type: TypeNode): JsonObject {
    switch (type.kind) {
      case 'struct':
        return this.#struct(type.schema)
      case 'array':
        return { type: 'array', items: this.#shape(type.items) }
      case 'map':
        return { type: 'object', additionalProperties: this.#shape(type.values) }
      case 'either':
        this.#struct(type.schema)
        return this.special(`${APIEXTENSIONS}.${type.goType.replace('v1.', '')}`, EITHER_DEFINITION)
      case 'scalar':
        return this.#scalar(type.scalar, type.values)
    }
  }

  #scalar(scalar: Scalar, values: readonly string[] | undefined): JsonObject {
    const named = NAMED_SCALARS[scalar]
    if (named) return this.special(named.name, named[this.#version])
    return { ...PLAIN_SCALARS[scalar], ...(values && { enum: values }) }
  }
}

const APIEXTENSIONS = 'io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1'
const APIMACHINERY = 'io.k8s.apimachinery.pkg'

const EITHER_DEFINITION: JsonObject = { description: 'A schema, or what may stand in its place.' }

const PLAIN_SCALARS: Readonly<Partial<Record<Scalar, JsonObject>>> = {
  string: { type: 'string' },
  bool: { type: 'boolean' },
  int32: { type: 'integer', format: 'int32' },
  int64: { type: 'integer', format: 'int64' },
  float: { type: 'number', format: 'double' },
  bytes: { type: 'string', format: 'byte' },
}

interface NamedScalar {
  readonly name: string
  readonly v2: JsonObject
  readonly v3: JsonObject
}

const both = (name: string, definition: JsonObject): NamedScalar => ({ name, v2: definition, v3: definition })

const QUANTITY_TEXT =
  'A fixed-point number with an optional suffix: 100m, 0.5, 2k, 128Mi, 1e3. It is given back in canonical form.'
const INT_OR_STRING_TEXT = 'A number or a string.'

/** Scalars that have a definition of their own. */
const NAMED_SCALARS: Readonly<Partial<Record<Scalar, NamedScalar>>> = {
  quantity: {
    name: `${APIMACHINERY}.api.resource.Quantity`,
    v2: { description: QUANTITY_TEXT, type: 'string' },
    v3: { description: QUANTITY_TEXT, oneOf: [{ type: 'string' }, { type: 'number' }] },
  },
  intOrString: {
    name: `${APIMACHINERY}.util.intstr.IntOrString`,
    v2: { description: INT_OR_STRING_TEXT, type: 'string', format: 'int-or-string' },
    v3: {
      description: INT_OR_STRING_TEXT,
      format: 'int-or-string',
      oneOf: [{ type: 'integer' }, { type: 'string' }],
    },
  },
  time: both(`${APIMACHINERY}.apis.meta.v1.Time`, {
    description: 'A time in RFC 3339 form, to the second.',
    type: 'string',
    format: 'date-time',
  }),
  microTime: both(`${APIMACHINERY}.apis.meta.v1.MicroTime`, {
    description: 'A time in RFC 3339 form, to the microsecond.',
    type: 'string',
    format: 'date-time',
  }),
  rawExtension: both(`${APIMACHINERY}.runtime.RawExtension`, {
    description: 'An object of any kind, kept as it is.',
    type: 'object',
  }),
  fieldsV1: both(`${APIMACHINERY}.apis.meta.v1.FieldsV1`, {
    description:
      'A set of fields as a tree: f:<name> for a field, k:<keys> and v:<value> for an item, . for itself.',
    type: 'object',
  }),
  json: both(`${APIEXTENSIONS}.JSON`, { description: 'Any JSON value.' }),
}

/** `default` of a property: stated, or the zero value of what is no pointer and is always written. */
function defaultOf(field: FieldSchema): JsonObject {
  if (field.default !== undefined) return field.default === null ? {} : { default: field.default }
  if (field.pointer) return {}
  if (field.type.kind === 'struct') return { default: {} }
  if (field.type.kind !== 'scalar' || field.whenEmpty !== 'written') return {}
  const zero = ZERO_DEFAULTS[field.type.scalar]
  return zero === undefined ? {} : { default: zero }
}

const ZERO_DEFAULTS: Readonly<Partial<Record<Scalar, unknown>>> = {
  string: '',
  bool: false,
  int32: 0,
  int64: 0,
  float: 0,
}

function unionOf({ discriminator, fields }: NonNullable<TypeSchema['union']>): JsonObject {
  const names = fields.map((field) => [field, field[0]?.toUpperCase() + field.slice(1)])
  return { ...(discriminator && { discriminator }), 'fields-to-discriminateBy': Object.fromEntries(names) }
}
