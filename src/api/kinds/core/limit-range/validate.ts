// Whether the bounds of a LimitRange agree with each other, item by item.
//
// Upstream: ValidateLimitRange in pkg/apis/core/validation/validation.go

import { containerResourceName, isOvercommitAllowed, resourceName } from '#api/kinds/core/resource-names.ts'
import { duplicate, forbidden, invalid, type Path, required } from '#api/meta/field-error.ts'
import { isQualifiedName } from '#api/meta/names.ts'
import {
  compareQuantities,
  formatQuantity,
  parseQuantity,
  type Quantity,
  toMillis,
  toValue,
} from '#api/meta/quantity.ts'
import { each, type FieldErrors } from '#api/meta/validation.ts'
import type { LimitRangeItem } from '#api/types/core.ts'

const TYPES = ['Pod', 'Container', 'PersistentVolumeClaim']
const LISTS = ['max', 'min', 'default', 'defaultRequest', 'maxLimitRequestRatio'] as const
const ONE = parseQuantity('1')
/** Amounts beyond this would overflow when counted in thousandths. */
const MAX_MILLI_VALUE = 2 ** 63 / 1000

type List = (typeof LISTS)[number]
type Bounds = Readonly<Partial<Record<List, Quantity>>>

export function* validateLimits(items: readonly LimitRangeItem[], path: Path): FieldErrors {
  const types = new Set<string>()
  for (const [i, item] of items.entries()) {
    const at = path.index(i)
    yield* validateType(item.type, at.child('type'))
    if (types.has(item.type)) yield duplicate(at.child('type'), item.type)
    types.add(item.type)
    yield* validateItem(item, at)
  }
}

function* validateType(type: string, path: Path): FieldErrors {
  const reasons = isQualifiedName(type)
  yield* each(path, type, reasons)
  if (reasons.length === 0 && !type.includes('/') && !TYPES.includes(type)) {
    yield invalid(path, type, 'must be a standard limit type or fully qualified')
  }
}

function* validateItem(item: LimitRangeItem, path: Path): FieldErrors {
  const names = new Set<string>()
  const isPod = item.type === 'Pod'
  const isOfContainers = isPod || item.type === 'Container'
  for (const list of LISTS) {
    if (list === 'maxLimitRequestRatio') yield* claimBound(item, path)
    const amounts = Object.keys(item[list] ?? {})
    if (isPod && (list === 'default' || list === 'defaultRequest')) {
      if (amounts.length > 0) yield forbidden(path.child(list), "may not be specified when `type` is 'Pod'")
      continue
    }
    for (const name of amounts) {
      const at = path.child(list).key(name)
      yield* isOfContainers ? containerResourceName(at, name) : resourceName(at, name)
      names.add(name)
    }
  }
  for (const name of names) yield* validateBounds(name, boundsOf(item, name, isPod), path)
}

function* claimBound(item: LimitRangeItem, path: Path): FieldErrors {
  if (item.type !== 'PersistentVolumeClaim') return
  if (item.min?.['storage'] !== undefined || item.max?.['storage'] !== undefined) return
  const text = 'either minimum or maximum storage value is required, but neither was provided'
  yield required(path.child('limits'), text)
}

function boundsOf(item: LimitRangeItem, name: string, isPod: boolean): Bounds {
  const bounds: Partial<Record<List, Quantity>> = {}
  for (const list of LISTS) {
    if (isPod && (list === 'default' || list === 'defaultRequest')) continue
    const text = item[list]?.[name]
    if (text !== undefined) bounds[list] = parseQuantity(text)
  }
  return bounds
}

const WORDS: Readonly<Record<List, string>> = {
  max: 'max',
  min: 'min',
  default: 'default limit',
  defaultRequest: 'default request',
  maxLimitRequestRatio: 'ratio',
}

/** [the lesser, the greater, the field blamed, whose value is shown, words for both]. */
const ORDER: readonly (readonly [
  low: List,
  high: List,
  blamed: List,
  shown: List,
  lowWord?: string,
  highWord?: string,
])[] = [
  ['min', 'max', 'min', 'min'],
  ['min', 'defaultRequest', 'defaultRequest', 'defaultRequest'],
  ['defaultRequest', 'max', 'defaultRequest', 'defaultRequest'],
  ['defaultRequest', 'default', 'defaultRequest', 'defaultRequest'],
  ['min', 'default', 'default', 'min', 'min', 'default'],
  ['default', 'max', 'default', 'max', 'default', 'max'],
]

function* validateBounds(name: string, bounds: Bounds, path: Path): FieldErrors {
  for (const [low, high, blamed, shown, lowWord = WORDS[low], highWord = WORDS[high]] of ORDER) {
    const lesser = bounds[low]
    const greater = bounds[high]
    if (!lesser || !greater || compareQuantities(lesser, greater) <= 0) continue
    const text = `${lowWord} value ${formatQuantity(lesser)} is greater than ${highWord} value ${formatQuantity(greater)}`
    yield invalid(path.child(blamed).key(name), formatQuantity(bounds[shown]!), text)
  }
  yield* validateRatio(bounds, path.child('maxLimitRequestRatio').key(name))
  const { default: limit, defaultRequest } = bounds
  if (!limit || !defaultRequest || isOvercommitAllowed(name)) return
  if (compareQuantities(limit, defaultRequest) === 0) return
  const text = `default value ${formatQuantity(limit)} must equal to defaultRequest value ${formatQuantity(defaultRequest)} in ${name}`
  yield invalid(path.child('defaultRequest').key(name), formatQuantity(defaultRequest), text)
}

function* validateRatio({ min, max, maxLimitRequestRatio: ratio }: Bounds, path: Path): FieldErrors {
  if (!ratio) return
  const shown = formatQuantity(ratio)
  if (compareQuantities(ratio, ONE) < 0) yield invalid(path, shown, `ratio ${shown} is less than 1`)
  if (!min || !max) return
  const isSmall = [ratio, min, max].every((quantity) => toValue(quantity) < MAX_MILLI_VALUE)
  const bound = isSmall ? toMillis(max) / toMillis(min) : toValue(max) / toValue(min)
  const value = isSmall ? toMillis(ratio) / 1000 : toValue(ratio)
  if (value > bound)
    yield invalid(path, shown, `ratio ${shown} is greater than max/min = ${bound.toFixed(6)}`)
}
