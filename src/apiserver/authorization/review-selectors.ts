// The selectors of an access review: what authorizers are told of them, and what is said of those that cannot be read.
//
// A requirement that is not understood is left out: that asks for more, never for less.
// Upstream: ResourceAttributesFrom, BuildEvaluationError in pkg/registry/authorization/util/helpers.go

import { formatSelector, SelectorError, selectorOf } from '#api/meta/selectors.ts'
import { formatFieldSelector, parseFieldSelector } from '#api/meta/selectors-fields.ts'
import { parseSelector } from '#api/meta/selectors-parse.ts'
import type {
  FieldSelectorAttributes,
  LabelSelectorAttributes,
  ResourceAttributes,
} from '#api/types/authorization.ts'
import type { LabelSelectorRequirement } from '#api/types/meta.ts'
import type { RequestInfo } from '#apiserver/request.ts'

interface ReadSelector {
  /** What could be read, as text; undefined where there is nothing. */
  readonly text: string | undefined
  readonly failed: boolean
}

/** What a request with these selectors would be known by. */
export function selectorsOf(
  attributes: ResourceAttributes | undefined,
): Pick<RequestInfo, 'fieldSelector' | 'labelSelector'> {
  const fieldSelector = readFields(attributes?.fieldSelector).text
  const labelSelector = readLabels(attributes?.labelSelector).text
  return { ...(fieldSelector && { fieldSelector }), ...(labelSelector && { labelSelector }) }
}

/** What a review says of its selectors; '' when all was read. */
export function selectorProblems(attributes: ResourceAttributes | undefined): string {
  const problems: string[] = []
  for (const [name, { text, failed }] of [
    ['fieldSelector', readFields(attributes?.fieldSelector)],
    ['labelSelector', readLabels(attributes?.labelSelector)],
  ] as const) {
    const how = text ? 'partially ignored' : 'ignored'
    if (failed) problems.push(`spec.resourceAttributes.${name} ${how} due to parse error`)
  }
  return problems.join('; ')
}

function readFields(selector: FieldSelectorAttributes | undefined): ReadSelector {
  const { rawSelector: raw = '', requirements = [] } = selector ?? {}
  if (requirements.length === 0) return readRaw(raw, parseFieldSelector)
  const terms = requirements.flatMap(({ key, operator, values = [] }) => {
    const value = values.length === 1 ? values[0] : undefined
    if (value === undefined || (operator !== 'In' && operator !== 'NotIn')) return []
    return [{ field: key, isEqual: operator === 'In', value }]
  })
  return { text: formatFieldSelector(terms), failed: terms.length < requirements.length }
}

function readLabels(selector: LabelSelectorAttributes | undefined): ReadSelector {
  const { rawSelector: raw = '', requirements = [] } = selector ?? {}
  if (requirements.length === 0) return readRaw(raw, parseSelector)
  const isRead = (one: LabelSelectorRequirement) => isReadable(() => selectorOf({ matchExpressions: [one] }))
  const read = requirements.filter(isRead)
  const text = formatSelector(selectorOf({ matchExpressions: read }))
  return { text, failed: read.length < requirements.length }
}

function readRaw(raw: string, parse: (text: string) => unknown): ReadSelector {
  const failed = !isReadable(() => parse(raw))
  return { text: failed || raw === '' ? undefined : raw, failed }
}

function isReadable(read: () => unknown): boolean {
  try {
    read()
    return true
  } catch (error) {
    if (error instanceof SelectorError) return false
    throw error
  }
}
