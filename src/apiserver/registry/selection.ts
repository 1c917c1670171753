// Which objects of a collection a request takes: by labels, by fields, by name.
//
// `metadata.name=x` narrows a list to one key and `metadata.namespace=y` to one namespace, before anything is read.
// Upstream: staging/src/k8s.io/apiserver/pkg/storage/selection_predicate.go

import type { KindDefinition } from '#api/kinds/kind.ts'
import { isPathSegmentName, nameIsDNSLabel } from '#api/meta/names.ts'
import type { JsonObject, ObjectMeta } from '#api/meta/object.ts'
import { exactValue, matchesLabels, type Selector } from '#api/meta/selectors.ts'
import {
  exactField,
  type FieldSelector,
  matchesFields,
  parseFieldSelector,
} from '#api/meta/selectors-fields.ts'
import { parseSelector } from '#api/meta/selectors-parse.ts'
import { badRequest } from '#api/meta/status.ts'
import { type ListOptions, readable } from '#apiserver/registry/options.ts'
import type { Scope } from '#apiserver/registry/scope.ts'
import type { Narrow } from '#apiserver/watchcache/watch-cache.ts'

export interface Selection {
  /** Absent: everything matches. */
  readonly matches?: (object: JsonObject) => boolean
  /** The one name that can match. */
  readonly name?: string
  /** The one namespace that can match, where the request names none. */
  readonly namespace?: string
  /** A label or field of which exactly one value is asked for. */
  readonly narrow?: Narrow
  /** The one value that a field can have, where the field selector asks for one. */
  requiredValue(field: string): string | undefined
}

type Matcher<T = boolean> = (object: JsonObject) => T

/** Reads the selectors of a request; throws 400 for what cannot be read or is not supported. */
export function selectionOf(
  scope: Scope,
  options: Pick<ListOptions, 'labelSelector' | 'fieldSelector'>,
): Selection {
  const { kind } = scope
  const labels = readable(() => parseSelector(options.labelSelector))
  const fields = fieldsOf(scope, options.fieldSelector)
  const tests: Matcher[] = []
  if (labels.requirements.length > 0 || labels.matchesNothing) {
    tests.push((object) => matchesLabels(labels, (object['metadata'] as ObjectMeta).labels))
  }
  if (fields.length > 0)
    tests.push((object) => matchesFields(fields, (field) => fieldValue(kind, object, field)))
  const name = exactField(fields, 'metadata.name')
  const namespace =
    kind.namespaced && scope.namespace === '' ? exactField(fields, 'metadata.namespace') : undefined
  const narrow = narrowOf(kind, labels, fields)
  return {
    ...(narrow && { narrow }),
    requiredValue: (field) => exactField(fields, field),
    ...(tests.length > 0 && { matches: (object: JsonObject) => tests.every((test) => test(object)) }),
    ...(name && isPathSegmentName(name).length === 0 && { name }),
    ...(namespace && nameIsDNSLabel(namespace, false).length === 0 && { namespace }),
  }
}

/** Fields of a kind's own are told apart better than labels; names and namespaces are prefixes and need no index. */
function narrowOf(kind: KindDefinition, labels: Selector, fields: FieldSelector): Narrow | undefined {
  for (const { field, isEqual, value } of fields) {
    const valueIn = kind.selectableFields?.[field]
    if (isEqual && valueIn) return { name: `field ${field}`, value, valueIn }
  }
  for (const { key } of labels.requirements) {
    const value = exactValue(labels, key)
    const valueIn: Matcher<string | undefined> = (object) => (object['metadata'] as ObjectMeta).labels?.[key]
    if (value !== undefined) return { name: `label ${key}`, value, valueIn }
  }
  return undefined
}

/** A path with a name selects by it; a field selector besides may only say the same. */
function fieldsOf(scope: Scope, text: string): FieldSelector {
  const fields = readable(() => parseFieldSelector(text))
  for (const { field } of fields) {
    if (!isSelectable(scope.kind, field)) throw badRequest(notSelectable(scope, field))
  }
  if (scope.name === '') return fields
  if (fields.length === 0) return [{ field: 'metadata.name', isEqual: true, value: scope.name }]
  if (exactField(fields, 'metadata.name') !== scope.name) {
    throw badRequest("fieldSelector metadata.name doesn't match requested name")
  }
  return fields
}

/** Kinds with fields of their own know whether they have a namespace; of the rest every one is asked for it. */
function isSelectable({ selectableFields, namespaced }: KindDefinition, field: string): boolean {
  if (field === 'metadata.name' || selectableFields?.[field] !== undefined) return true
  return field === 'metadata.namespace' && (namespaced || !selectableFields)
}

/** Kinds with fields of their own refuse others in one wording, the rest in another. */
function notSelectable({ kind, version }: Scope, field: string): string {
  if (kind.notSelectable) return kind.notSelectable(field, version)
  if (kind.selectableFields) return `field label not supported: ${field}`
  return `${JSON.stringify(field)} is not a known field selector: only "metadata.name", "metadata.namespace"`
}

function fieldValue(kind: KindDefinition, object: JsonObject, field: string): string | undefined {
  const meta = object['metadata'] as ObjectMeta
  if (field === 'metadata.name') return meta.name
  if (field === 'metadata.namespace') return meta.namespace
  return kind.selectableFields?.[field]?.(object)
}
