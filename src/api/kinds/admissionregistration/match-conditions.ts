// Conditions in CEL that narrow down which requests a webhook or policy is asked about.
//
// Upstream: validateMatchConditions in pkg/apis/admissionregistration/validation/validation.go

import { checkExpression } from '#api/kinds/admissionregistration/expressions.ts'
import { requestScope } from '#api/kinds/admissionregistration/request-scope.ts'
import { duplicate, type Path, required, tooMany } from '#api/meta/field-error.ts'
import { type FieldErrors, qualifiedName } from '#api/meta/validation.ts'
import type { MatchCondition } from '#api/types/admissionregistration.ts'

const MAX_CONDITIONS = 64

export function* validateMatchConditions(
  conditions: readonly MatchCondition[] | undefined,
  hasParams: boolean,
  path: Path,
): FieldErrors {
  const names = (conditions ?? []).map(({ name }) => name)
  if (names.length > MAX_CONDITIONS) yield tooMany(path, names.length, MAX_CONDITIONS)
  const scope = requestScope({ hasParams, hasAuthorizer: true })
  for (const [i, { name, expression }] of (conditions ?? []).entries()) {
    const at = path.index(i)
    const text = (expression ?? '').trim()
    if (text === '') yield required(at.child('expression'))
    else yield* checkExpression(at.child('expression'), text, { scope, results: ['bool'] }).errors
    if (name) yield* qualifiedName(at.child('name'), name)
    else yield required(at.child('name'))
    if (name && names.indexOf(name) < i) yield duplicate(at.child('name'), name)
  }
}
