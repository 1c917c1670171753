// How much of a capacity may be asked for: some amounts, or a range in steps.
//
// Upstream: validateRequestPolicy in pkg/apis/resource/validation/validation.go

import { boundedSet } from '#api/kinds/resource/lists.ts'
import { forbidden, invalid, type Path, required } from '#api/meta/field-error.ts'
import {
  addQuantities,
  canonicalQuantity,
  compareQuantities,
  formatQuantity,
  parseQuantity,
  toValue,
} from '#api/meta/quantity.ts'
import type { FieldErrors } from '#api/meta/validation.ts'
import type { CapacityRequestPolicy, CapacityRequestPolicyRange } from '#api/types/resource.ts'

const MAX_OPTIONS = 10

const compare = (a: string, b: string): number => compareQuantities(parseQuantity(a), parseQuantity(b))

export function* validateRequestPolicy(
  capacity: string,
  policy: CapacityRequestPolicy,
  path: Path,
): FieldErrors {
  const { validValues = [], validRange, default: amount } = policy
  const name = validValues.length > 0 ? 'validValues' : 'validRange'
  if (validValues.length > 0 && validRange) {
    const text =
      'exactly one policy can be specified, cannot specify "validValues" and "validRange" at the same time'
    yield forbidden(path, text)
    return
  }
  if (validValues.length === 0 && !validRange) return
  if (!amount) yield required(path.child('default'), `required when ${name} is defined`)
  else if (validRange) yield* range(amount, capacity, validRange, path.child(name))
  else yield* options(amount, capacity, validValues, path.child(name))
}

function* options(amount: string, capacity: string, values: readonly string[], path: Path): FieldErrors {
  for (const [i, value] of values.entries()) {
    const before = values[i - 1]
    if (before !== undefined && compare(before, value) > 0) {
      yield invalid(path.index(i), canonicalQuantity(value), 'values must be sorted in ascending order')
    }
  }
  const keyOf = (value: string): string => String(toValue(value))
  yield* boundedSet(values, MAX_OPTIONS, path, keyOf, (value, at) => option(value, capacity, at))
  if (!values.some((value) => compare(value, amount) === 0)) {
    const text = 'default value is not valid according to the requestPolicy'
    yield invalid(path, canonicalQuantity(amount), text)
  }
}

function* option(value: string, capacity: string, path: Path): FieldErrors {
  if (compare(value, capacity) <= 0) return
  const text = `option is larger than capacity value: ${canonicalQuantity(capacity)}`
  yield invalid(path, canonicalQuantity(value), text)
}

function* range(
  amount: string,
  capacity: string,
  { min, max, step }: CapacityRequestPolicyRange,
  path: Path,
): FieldErrors {
  const atMin = path.child('min')
  if (!min) {
    yield required(atMin, 'required when validRange is defined')
    return
  }
  const [low, all, wanted] = [min, capacity, amount].map(canonicalQuantity) as [string, string, string]
  if (compare(min, capacity) > 0) yield invalid(atMin, low, `min is larger than capacity value: ${all}`)
  if (compare(amount, min) < 0) yield invalid(atMin, wanted, `default is less than min: ${low}`)
  if (max !== undefined) {
    const atMax = path.child('max')
    const high = canonicalQuantity(max)
    if (compare(min, max) > 0) yield invalid(atMax, low, `min is larger than max: ${high}`)
    if (compare(max, capacity) > 0) yield invalid(atMax, high, `max is larger than capacity value: ${all}`)
    if (compare(amount, max) > 0) yield invalid(atMax, wanted, `default is more than max: ${high}`)
  }
  if (step === undefined) return
  const one = formatQuantity(addQuantities(parseQuantity(min), parseQuantity(step)))
  const atStep = path.child('step')
  if (compare(one, capacity) > 0) {
    const text = `one step ${one} is larger than capacity value: ${all}`
    yield invalid(atStep, canonicalQuantity(step), text)
  }
  for (const value of max === undefined ? [amount] : [amount, max]) yield* onStep(value, min, step, atStep)
}

function* onStep(value: string, min: string, step: string, path: Path): FieldErrors {
  const width = toValue(step)
  if (width === 0 || (toValue(value) - toValue(min)) % width === 0) return
  const text = `value is not a multiple of a given step (${canonicalQuantity(step)}) from (${canonicalQuantity(min)})`
  yield invalid(path, canonicalQuantity(value), text)
}
