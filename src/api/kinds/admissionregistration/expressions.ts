// An expression in a policy or webhook: that it compiles, and that its result has the right type.
//
// Upstream: CompileCELExpression in staging/src/k8s.io/apiserver/pkg/admission/plugin/cel/compile.go

import { checkCel } from '#api/cel/check.ts'
import type { CelScope } from '#api/cel/checker/check-types.ts'
import { type CelType, DYN, resultText } from '#api/cel/checker/types.ts'
import { programProblem } from '#api/cel/checker/validate-literals.ts'
import { type FieldError, internal, invalid, type Path } from '#api/meta/field-error.ts'

export interface ExpressionRules {
  readonly scope: CelScope
  /** The types that the result may have, as messages name them; absent means any. */
  readonly results?: readonly string[]
  /** The text in the message. */
  readonly shown?: string
}

export interface CheckedExpression {
  readonly errors: readonly FieldError[]
  /** `dyn` for one that does not compile. */
  readonly type: CelType
}

export function checkExpression(path: Path, expression: string, rules: ExpressionRules): CheckedExpression {
  const { scope, results, shown = expression } = rules
  const { checked, problem } = checkCel(expression, scope)
  if (!checked) return { errors: [invalid(path, shown, problem)], type: DYN }
  const found = resultText(checked.type)
  if (results && !results.includes(found)) {
    const wanted = results.length === 1 ? results[0] : `one of [${results.join(' ')}]`
    return { errors: [invalid(path, shown, `must evaluate to ${wanted} but got ${found}`)], type: DYN }
  }
  const program = programProblem(checked.node)
  if (program === undefined) return { errors: [], type: checked.type }
  return { errors: [internal(path, `program instantiation failed: ${program}`)], type: DYN }
}
