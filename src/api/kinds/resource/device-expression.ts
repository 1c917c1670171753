// The expression in CEL of a device selector: what it can name of a `device`.
//
// Upstream: staging/src/k8s.io/dynamic-resource-allocation/cel/compile.go. Left out: the limit on its cost

import { checkCel } from '#api/cel/check.ts'
import { ANY, BOOL, objectOf, parseType, resultText } from '#api/cel/checker/types.ts'
import { programProblem } from '#api/cel/checker/validate-literals.ts'
import { internal, invalid, type Path } from '#api/meta/field-error.ts'
import type { FieldErrors } from '#api/meta/validation.ts'

const DEVICE = objectOf(
  'kubernetes.DRADevice',
  new Map([
    ['driver', parseType('string')],
    ['attributes', parseType('map(string, map(string, any))')],
    ['capacity', parseType('map(string, map(string, kubernetes.Quantity))')],
    ['allowMultipleAllocations', BOOL],
  ]),
)
const SCOPE = { variables: new Map([['device', DEVICE]]), hasBindings: true }

export function* validateDeviceExpression(expression: string, path: Path): FieldErrors {
  const { checked, problem } = checkCel(expression, SCOPE)
  if (!checked) {
    yield invalid(path, expression, problem)
    return
  }
  if (checked.type !== BOOL && checked.type !== ANY) {
    yield invalid(
      path,
      expression,
      `must evaluate to bool or the unknown type, not ${resultText(checked.type)}`,
    )
    return
  }
  const program = programProblem(checked.node)
  if (program !== undefined) yield internal(path, `program instantiation failed: ${program}`)
}
