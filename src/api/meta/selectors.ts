// Label selectors: the object form of specs, the text form of queries, and what they match.
//
// `null` labels never occur: an object without labels has none of them. Invariant: the requirements of a
// selector are sorted by key, so that its text is always the same.
// Upstream: staging/src/k8s.io/apimachinery/pkg/labels/selector.go, pkg/apis/meta/v1/helpers.go

import {
  aggregateFieldErrors,
  type FieldError,
  invalid,
  notSupportedInOrder,
  Path,
} from '#api/meta/field-error.ts'
import { isLabelValue, isQualifiedName } from '#api/meta/names.ts'

export type Operator = '=' | '==' | '!=' | 'in' | 'notin' | 'exists' | '!' | 'gt' | 'lt'

/** One condition on one label; a selector matches when all hold. */
export interface Requirement {
  readonly key: string
  readonly operator: Operator
  readonly values: readonly string[]
}

export interface Selector {
  readonly requirements: readonly Requirement[]
  /** The selector that was never given: it matches nothing, while the empty one matches all. */
  readonly matchesNothing: boolean
}

export type Labels = Readonly<Record<string, string>> | undefined

/** The object form, as far as it concerns matching. */
export interface LabelSelectorObject {
  readonly matchLabels?: Readonly<Record<string, string>>
  readonly matchExpressions?: readonly {
    readonly key: string
    readonly operator: string
    readonly values?: readonly string[]
  }[]
}

export class SelectorError extends Error {}

export const EVERYTHING: Selector = Object.freeze({ requirements: Object.freeze([]), matchesNothing: false })
export const NOTHING: Selector = Object.freeze({ requirements: Object.freeze([]), matchesNothing: true })

export function matchesLabels(selector: Selector, labels: Labels): boolean {
  return !selector.matchesNothing && selector.requirements.every((requirement) => holds(requirement, labels))
}

/** Whether one requirement holds for `labels`; node selectors use it with `gt` and `lt`. */
export function holds(requirement: Requirement, labels: Labels): boolean {
  const { key, operator, values } = requirement
  const value = labels !== undefined && Object.hasOwn(labels, key) ? labels[key] : undefined
  switch (operator) {
    case 'in':
    case '=':
    case '==':
      return value !== undefined && values.includes(value)
    case 'notin':
    case '!=':
      return value === undefined || !values.includes(value)
    case 'exists':
      return value !== undefined
    case '!':
      return value === undefined
    case 'gt':
    case 'lt':
      return compares(operator, value, values)
  }
}

function compares(operator: 'gt' | 'lt', value: string | undefined, values: readonly string[]): boolean {
  const [limit] = values
  if (value === undefined || values.length !== 1 || !isInteger(value) || !isInteger(limit ?? '')) return false
  const difference = BigInt(value) - BigInt(limit ?? '')
  return operator === 'gt' ? difference > 0n : difference < 0n
}

const INTEGER = /^[+-]?\d+$/

/** Integers of 64 bits. */
const isInteger = (text: string): boolean =>
  INTEGER.test(text) && BigInt.asIntN(64, BigInt(text)) === BigInt(text)

/** The selector of a spec; undefined matches nothing, `{}` everything. Throws SelectorError. */
export function selectorOf(selector: LabelSelectorObject | undefined): Selector {
  if (selector === undefined) return NOTHING
  const requirements = Object.entries(selector.matchLabels ?? {}).map(([key, value]) =>
    requirement(key, '=', [value]),
  )
  for (const { key, operator, values } of selector.matchExpressions ?? []) {
    const known = OPERATORS_OF_OBJECTS[operator]
    if (!known) throw new SelectorError(`${JSON.stringify(operator)} is not a valid label selector operator`)
    requirements.push(requirement(key, known, values ?? []))
  }
  return sorted(requirements)
}

const OPERATORS_OF_OBJECTS: Readonly<Record<string, Operator>> = {
  In: 'in',
  NotIn: 'notin',
  Exists: 'exists',
  DoesNotExist: '!',
}

/** The selector that wants exactly these labels: Services, ReplicationControllers. Nothing is checked. */
export function selectorOfLabels(labels: Labels): Selector {
  return sorted(Object.entries(labels ?? {}).map(([key, value]) => ({ key, operator: '=', values: [value] })))
}

export function sorted(requirements: readonly Requirement[]): Selector {
  if (requirements.length === 0) return EVERYTHING
  const byKey = [...requirements].sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0))
  return { requirements: byKey, matchesNothing: false }
}

/** The text form: `app=web,tier in (a,b),!legacy`. */
export function formatSelector(selector: Selector): string {
  return selector.requirements.map(formatRequirement).join(',')
}

function formatRequirement({ key, operator, values }: Requirement): string {
  const list = [...values].sort().join(',')
  switch (operator) {
    case 'exists':
      return key
    case '!':
      return `!${key}`
    case 'in':
    case 'notin':
      return `${key} ${operator} (${list})`
    case 'gt':
      return `${key}>${list}`
    case 'lt':
      return `${key}<${list}`
    default:
      return `${key}${operator}${list}`
  }
}

/** The value that `selector` demands of a label, where it demands exactly one. */
export function exactValue(selector: Selector, key: string): string | undefined {
  const found = selector.requirements.find((requirement) => requirement.key === key)
  if (!found || !['=', '==', 'in'].includes(found.operator) || found.values.length !== 1) return undefined
  return found.values[0]
}

/** Makes a requirement; throws SelectorError with Kubernetes' text when key, operator or values are wrong. */
export function requirement(key: string, operator: Operator, values: readonly string[]): Requirement {
  const errors: FieldError[] = []
  const path = new Path('values')
  if (isQualifiedName(key).length > 0)
    errors.push(invalid(new Path('key'), key, isQualifiedName(key).join('; ')))
  errors.push(...valueErrors(operator, values, path))
  values.forEach((value, i) => {
    const wrong = isLabelValue(value)
    if (wrong.length > 0) errors.push(invalid(path.index(i).key(key), value, wrong.join('; ')))
  })
  if (errors.length > 0) throw new SelectorError(aggregateFieldErrors(errors))
  return { key, operator, values }
}

function valueErrors(operator: Operator, values: readonly string[], path: Path): FieldError[] {
  const wrong = (detail: string): FieldError[] => [invalid(path, values, detail)]
  switch (operator) {
    case 'in':
    case 'notin':
      return values.length === 0 ? wrong("for 'in', 'notin' operators, values set can't be empty") : []
    case '=':
    case '==':
    case '!=':
      return values.length === 1 ? [] : wrong('exact-match compatibility requires one single value')
    case 'exists':
    case '!':
      return values.length === 0 ? [] : wrong('values set must be empty for exists and does not exist')
    case 'gt':
    case 'lt': {
      const errors =
        values.length === 1 ? [] : wrong("for 'Gt', 'Lt' operators, exactly one value is required")
      values.forEach((value, i) => {
        if (isInteger(value)) return
        errors.push(invalid(path.index(i), value, "for 'Gt', 'Lt' operators, the value must be an integer"))
      })
      return errors
    }
    default:
      return [notSupportedInOrder(new Path('operator'), operator, [])]
  }
}
