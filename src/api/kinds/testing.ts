// For tests: a kind's hooks in the order in which the registry calls them, and errors as one line each.

import { normalize } from '#api/codec/json.ts'
import type { KindContext, KindDefinition } from '#api/kinds/kind.ts'
import type { FieldError } from '#api/meta/field-error.ts'
import type { JsonObject } from '#api/meta/object.ts'
import { kindSchema } from '#api/schema/schema.ts'

export const NOW = Date.UTC(2026, 0, 2, 3, 4, 5)

const context = (subresource: string): KindContext => ({
  now: NOW,
  version: 'v1',
  subresource,
  user: { name: 'test', groups: [] },
})

/** `spec.replicas: Invalid value: -1: must be …` */
export const errorTexts = (errors: Iterable<FieldError> | undefined): string[] =>
  [...(errors ?? [])].map(({ field, body }) => `${field}: ${body}`)

/** A manifest as hooks see it. */
export function decoded(kind: KindDefinition, manifest: object): JsonObject {
  const schema = kindSchema(kind.storageGroup ?? kind.group, kind.storageVersion, kind.kind)
  const draft = schema ? normalize(manifest, schema) : (structuredClone(manifest) as JsonObject)
  kind.defaults?.(draft)
  return draft
}

/** A new object as it would be stored. */
export function created(kind: KindDefinition, manifest: object): JsonObject {
  const draft = decoded(kind, manifest)
  kind.prepareForCreate?.(draft, context(''))
  return draft
}

export const errorsOfNew = (kind: KindDefinition, manifest: object): string[] =>
  errorTexts(kind.validate?.(created(kind, manifest), context('')))

/** What `old`, stored, becomes when `object` is put in its place. */
export function updated(kind: KindDefinition, old: JsonObject, object: object, subresource = ''): JsonObject {
  const draft = decoded(kind, object)
  draft['metadata'] = { resourceVersion: '1', ...(draft['metadata'] as JsonObject) }
  const strategy = strategyOf(kind, subresource)
  strategy.prepareForUpdate?.(draft, old, context(subresource))
  return draft
}

export const errorsOfUpdate = (
  kind: KindDefinition,
  old: JsonObject,
  object: object,
  subresource = '',
): string[] =>
  errorTexts(
    strategyOf(kind, subresource).validateUpdate?.(
      updated(kind, old, object, subresource),
      old,
      context(subresource),
    ),
  )

export const warningsOfNew = (kind: KindDefinition, object: object): readonly string[] =>
  kind.warnings?.(created(kind, object), context('')) ?? []

function strategyOf(
  kind: KindDefinition,
  subresource: string,
): Pick<KindDefinition, 'prepareForUpdate' | 'validateUpdate'> {
  if (subresource === '') return kind
  return (subresource === 'status' ? kind.status : kind.storedSubresources?.[subresource]) ?? {}
}

/** The cells of an object's row by the names of their columns. */
export const cellsOf = (kind: KindDefinition, object: JsonObject): Record<string, unknown> =>
  Object.fromEntries((kind.columns ?? []).map(({ name, cell }) => [name, cell(object, NOW)]))
