// Quantities in expressions: quantity('100m').isLessThan(quantity('1')).
//
// Upstream: staging/src/k8s.io/apiserver/pkg/cel/library/quantity.go

import type { Environment } from '@marcbachmann/cel-js'
import {
  addQuantities,
  compareQuantities,
  parseQuantity,
  type Quantity,
  quantityOf,
  subtractQuantities,
} from '#api/meta/quantity.ts'

class CelQuantity {
  readonly value: Quantity

  constructor(value: Quantity) {
    this.value = value
  }
}

const TYPE = 'kubernetes.Quantity'

export function addQuantitiesTo(environment: Environment): void {
  const compare = (a: CelQuantity, b: CelQuantity) => compareQuantities(a.value, b.value)
  const sum = (a: CelQuantity, b: Quantity) => new CelQuantity(addQuantities(a.value, b))
  const difference = (a: CelQuantity, b: Quantity) => new CelQuantity(subtractQuantities(a.value, b))
  environment
    .registerType(TYPE, CelQuantity)
    .registerFunction(`quantity(string): ${TYPE}`, (text: string) => new CelQuantity(parseQuantity(text)))
    .registerFunction('isQuantity(string): bool', isQuantity)
    .registerFunction(`${TYPE}.sign(): int`, ({ value }: CelQuantity) => signOf(value))
    .registerFunction(
      `${TYPE}.isGreaterThan(${TYPE}): bool`,
      (a: CelQuantity, b: CelQuantity) => compare(a, b) > 0,
    )
    .registerFunction(
      `${TYPE}.isLessThan(${TYPE}): bool`,
      (a: CelQuantity, b: CelQuantity) => compare(a, b) < 0,
    )
    .registerFunction(`${TYPE}.compareTo(${TYPE}): int`, (a: CelQuantity, b: CelQuantity) =>
      BigInt(compare(a, b)),
    )
    .registerFunction(`${TYPE}.asApproximateFloat(): double`, ({ value }: CelQuantity) =>
      Number(`${value.mantissa}e${value.scale}`),
    )
    .registerFunction(`${TYPE}.asInteger(): int`, ({ value }: CelQuantity) => asInteger(value))
    .registerFunction(`${TYPE}.isInteger(): bool`, ({ value }: CelQuantity) => integerOf(value) !== undefined)
    .registerFunction(`${TYPE}.add(${TYPE}): ${TYPE}`, (a: CelQuantity, b: CelQuantity) => sum(a, b.value))
    .registerFunction(`${TYPE}.add(int): ${TYPE}`, (a: CelQuantity, b: bigint) =>
      sum(a, quantityOf(Number(b))),
    )
    .registerFunction(`${TYPE}.sub(${TYPE}): ${TYPE}`, (a: CelQuantity, b: CelQuantity) =>
      difference(a, b.value),
    )
    .registerFunction(`${TYPE}.sub(int): ${TYPE}`, (a: CelQuantity, b: bigint) =>
      difference(a, quantityOf(Number(b))),
    )
    .registerOperator(`${TYPE} == ${TYPE}`, (a: CelQuantity, b: CelQuantity) => compare(a, b) === 0)
}

function isQuantity(text: string): boolean {
  try {
    parseQuantity(text)
    return true
  } catch {
    return false
  }
}

const signOf = ({ mantissa }: Quantity): bigint => (mantissa === 0n ? 0n : mantissa > 0n ? 1n : -1n)

function integerOf({ mantissa, scale }: Quantity): bigint | undefined {
  if (scale >= 0) return mantissa * 10n ** BigInt(scale)
  const unit = 10n ** BigInt(-scale)
  return mantissa % unit === 0n ? mantissa / unit : undefined
}

function asInteger(quantity: Quantity): bigint {
  const value = integerOf(quantity)
  if (value === undefined) throw new Error('cannot convert value to integer')
  return value
}
