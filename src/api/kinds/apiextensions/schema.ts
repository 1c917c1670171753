// The schema of a custom resource, as it is written in a definition: the parts that its judges look at.
//
// Upstream: JSONSchemaProps in staging/src/k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/types.go

import { semanticEqual } from '#api/meta/equality.ts'

export interface ValidationRule {
  readonly rule?: string
  readonly message?: string
  readonly messageExpression?: string
  readonly reason?: string
  readonly fieldPath?: string
  readonly optionalOldSelf?: boolean
}

export interface Schema {
  readonly id?: string
  readonly $ref?: string
  readonly type?: string
  readonly title?: string
  readonly description?: string
  readonly format?: string
  readonly default?: unknown
  readonly nullable?: boolean
  readonly enum?: readonly unknown[]
  readonly maximum?: number
  readonly exclusiveMaximum?: boolean
  readonly minimum?: number
  readonly exclusiveMinimum?: boolean
  readonly maxLength?: number
  readonly minLength?: number
  readonly pattern?: string
  readonly multipleOf?: number
  readonly minProperties?: number
  readonly maxProperties?: number
  readonly maxItems?: number
  readonly minItems?: number
  readonly uniqueItems?: boolean
  readonly required?: readonly string[]
  readonly items?: Schema | readonly Schema[]
  readonly additionalItems?: unknown
  readonly properties?: Readonly<Record<string, Schema>>
  readonly additionalProperties?: Schema | boolean
  readonly patternProperties?: Readonly<Record<string, Schema>>
  readonly definitions?: Readonly<Record<string, Schema>>
  readonly dependencies?: Readonly<Record<string, unknown>>
  readonly allOf?: readonly Schema[]
  readonly anyOf?: readonly Schema[]
  readonly oneOf?: readonly Schema[]
  readonly not?: Schema
  readonly 'x-kubernetes-preserve-unknown-fields'?: boolean
  readonly 'x-kubernetes-embedded-resource'?: boolean
  readonly 'x-kubernetes-int-or-string'?: boolean
  readonly 'x-kubernetes-list-type'?: string
  readonly 'x-kubernetes-list-map-keys'?: readonly string[]
  readonly 'x-kubernetes-map-type'?: string
  readonly 'x-kubernetes-validations'?: readonly ValidationRule[]
}

/** The one schema of all items; undefined for none, and for a list of schemas, which is not supported. */
export function itemsOf(schema: Schema): Schema | undefined {
  return schema.items && !Array.isArray(schema.items) ? (schema.items as Schema) : undefined
}

/** The schema of all other fields; undefined where they are only allowed or forbidden. */
export function additionalOf(schema: Schema): Schema | undefined {
  return typeof schema.additionalProperties === 'object' ? schema.additionalProperties : undefined
}

export const propertiesOf = (schema: Schema): [name: string, schema: Schema][] =>
  Object.entries(schema.properties ?? {})

/** Whether there is a default in the schema or anywhere within. */
export function hasDefaults(schema: Schema | undefined): boolean {
  if (!schema) return false
  const within = [
    itemsOf(schema),
    additionalOf(schema),
    schema.not,
    ...Object.values(schema.properties ?? {}),
    ...(['allOf', 'anyOf', 'oneOf'] as const).flatMap((name) => schema[name] ?? []),
  ]
  return schema.default !== undefined || within.some(hasDefaults)
}

const INT_OR_STRING = [{ type: 'integer' }, { type: 'string' }]

/** The pattern that `x-kubernetes-int-or-string` stands for, written out. */
export const isIntOrStringPattern = (anyOf: readonly Schema[] | undefined): boolean =>
  semanticEqual(anyOf, INT_OR_STRING)
