// A value of a custom resource as the rules of its schema see it.
//
// Rules see what the schema types: fields by their escaped names and no others, times and durations as such, numbers that
// may have fractions as doubles even when they have none.
// Upstream: staging/src/k8s.io/apiserver/pkg/cel/common/values.go

import { Duration } from '@marcbachmann/cel-js/evaluator'
import { type CelValue, celValue } from '#api/cel/values.ts'
import { escapeField } from '#api/kinds/apiextensions/declared-type.ts'
import { additionalOf, itemsOf, type Schema } from '#api/kinds/apiextensions/schema.ts'
import { parseGoDuration } from '#api/meta/go-duration.ts'

const NAMES: Schema = { type: 'string' }
const METADATA: Schema = { type: 'object', properties: { name: NAMES, generateName: NAMES } }
/** What rules see of every resource. */
const HEAD: Readonly<Record<string, Schema>> = { apiVersion: NAMES, kind: NAMES, metadata: METADATA }

/** `isResource`: the root of an object, or an embedded one. */
export function ruleValue(value: unknown, schema: Schema, isResource: boolean): CelValue {
  if (value === null || value === undefined || schema['x-kubernetes-int-or-string']) return celValue(value)
  if (Array.isArray(value)) {
    const items = itemsOf(schema)
    return items ? value.map((item) => ruleValue(item, items, isEmbedded(items))) : celValue(value)
  }
  if (typeof value === 'object') return objectValue(value as Record<string, unknown>, schema, isResource)
  if (typeof value === 'number') return schema.type === 'number' ? value : celValue(value)
  return typeof value === 'string' ? textValue(value, schema) : value
}

const isEmbedded = (schema: Schema): boolean => schema['x-kubernetes-embedded-resource'] === true

function objectValue(object: Record<string, unknown>, schema: Schema, isResource: boolean): CelValue {
  const others = additionalOf(schema)
  const known = isResource ? { ...schema.properties, ...HEAD } : schema.properties
  const shown = new Map<string, CelValue>()
  for (const [name, field] of Object.entries(object)) {
    if (others) {
      shown.set(name, ruleValue(field, others, isEmbedded(others)))
      continue
    }
    const property = known && Object.hasOwn(known, name) ? known[name] : undefined
    const escaped = escapeField(name)
    if (!property || escaped === undefined) continue
    const value = ruleValue(field, property, isEmbedded(property))
    shown.set(escaped, value)
    // words of the language can be written as they are, after a dot
    if (escaped === `__${name}__`) shown.set(name, value)
  }
  return shown
}

function textValue(text: string, { format }: Schema): CelValue {
  switch (format) {
    case 'byte':
      return new Uint8Array(Buffer.from(text, 'base64'))
    case 'date':
    case 'date-time': {
      const time = new Date(text)
      return Number.isNaN(time.getTime()) ? text : time
    }
    case 'duration':
      return durationValue(text)
    default:
      return text
  }
}

function durationValue(text: string): CelValue {
  try {
    return Duration.fromMilliseconds(parseGoDuration(text))
  } catch {
    return text
  }
}
