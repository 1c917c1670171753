// Which objects of a collection a request takes: by labels, by fields, by name.
//
// `metadata.name=x` narrows a list to one key and `metadata.namespace=y` to one namespace, before anything is read.
// Upstream: staging/src/k8s.io/apiserver/pkg/storage/selection_predicate.go

import type { KindDefinition } from '#api/kinds/kind.ts'
import { isPathSegmentName, nameIsDNSLabel } from '#api/meta/names.ts'
import type { JsonObject, ObjectMeta } from '#api/meta/object.ts'
import { badRequest } from '#api/meta/status.ts'
import type { ListOptions } from '#apiserver/registry/options.ts'
import type { Scope } from '#apiserver/registry/scope.ts'

export interface Selection {
  /** Absent: everything matches. */
  readonly matches?: (object: JsonObject) => boolean
  /** The one name that can match. */
  readonly name?: string
  /** The one namespace that can match, where the request names none. */
  readonly namespace?: string
}

type Test = (object: JsonObject) => boolean

/** Reads the selectors of a request; throws 400 for what cannot be read or is not supported. */
export function selectionOf(
  scope: Scope,
  options: Pick<ListOptions, 'labelSelector' | 'fieldSelector'>,
): Selection {
  const terms = fieldTerms(scope.kind, options.fieldSelector)
  if (scope.name !== '') {
    const own = terms.find((term) => term.field === 'metadata.name')
    if (terms.length > 0 && (own?.operator !== '=' || own.value !== scope.name)) {
      throw badRequest("fieldSelector metadata.name doesn't match requested name")
    }
    if (terms.length === 0) terms.push({ field: 'metadata.name', operator: '=', value: scope.name })
  }
  const tests = [...labelTests(options.labelSelector), ...terms.map((term) => fieldTest(scope.kind, term))]
  const exact = (field: string) => terms.find((term) => term.field === field && term.operator === '=')?.value
  const name = exact('metadata.name')
  const namespace = scope.kind.namespaced && scope.namespace === '' ? exact('metadata.namespace') : undefined
  return {
    ...(tests.length > 0 && { matches: (object: JsonObject) => tests.every((test) => test(object)) }),
    ...(name !== undefined && isPathSegmentName(name).length === 0 && name !== '' && { name }),
    ...(namespace && nameIsDNSLabel(namespace, false).length === 0 && { namespace }),
  }
}

interface FieldTerm {
  readonly field: string
  readonly operator: '=' | '!='
  readonly value: string
}

function fieldTerms(kind: KindDefinition, text: string): FieldTerm[] {
  if (text === '') return []
  return text.split(',').map((part) => {
    const match = /^([^=!]+)(==|=|!=)(.*)$/.exec(part)
    if (!match) throw badRequest(`invalid selector: '${text}'; can't understand '${part}'`)
    const [, field = '', operator, value = ''] = match
    if (!isSelectable(kind, field)) throw badRequest(`field label not supported: ${field}`)
    return { field, operator: operator === '!=' ? '!=' : '=', value }
  })
}

function isSelectable(kind: KindDefinition, field: string): boolean {
  return (
    field === 'metadata.name' ||
    field === 'metadata.namespace' ||
    kind.selectableFields?.[field] !== undefined
  )
}

function fieldTest(kind: KindDefinition, term: FieldTerm): Test {
  const valueOf = fieldReader(kind, term.field)
  return term.operator === '='
    ? (object) => valueOf(object) === term.value
    : (object) => valueOf(object) !== term.value
}

function fieldReader(kind: KindDefinition, field: string): (object: JsonObject) => string {
  const meta = (object: JsonObject) => object['metadata'] as ObjectMeta
  if (field === 'metadata.name') return (object) => meta(object).name ?? ''
  if (field === 'metadata.namespace') return (object) => meta(object).namespace ?? ''
  return kind.selectableFields![field]!
}

function labelTests(text: string): Test[] {
  if (text === '') return []
  return text.split(',').map((part) => {
    const match = /^([^=!]+)(==|=|!=)(.*)$/.exec(part)
    const labels = (object: JsonObject) => (object['metadata'] as ObjectMeta).labels ?? {}
    if (!match) return (object: JsonObject) => part in labels(object)
    const [, key = '', operator, value] = match
    return operator === '!='
      ? (object: JsonObject) => labels(object)[key] !== value
      : (object: JsonObject) => labels(object)[key] === value
  })
}
