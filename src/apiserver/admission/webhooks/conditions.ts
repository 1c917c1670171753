// The conditions in CEL that a request has to meet before a webhook is asked.
//
// Compiled once a configuration. All must be true; one that is false lets the request pass unasked, one that fails is
// judged by the failure policy only if none is false.
// Upstream: staging/src/k8s.io/apiserver/pkg/admission/plugin/webhook/matchconditions/matcher.go
// Left out: the variable `authorizer`

import { compileCel } from '#api/cel/compile.ts'
import { type CelEnvironment, celEnvironment } from '#api/cel/environment.ts'
import { celValue } from '#api/cel/values.ts'
import type { JsonObject } from '#api/meta/object.ts'
import type { MatchCondition } from '#api/types/admissionregistration.ts'

export type ConditionOutcome = 'met' | 'unmet' | { readonly problem: string }

/** Judges the request in a review. */
export type Conditions = (review: JsonObject) => ConditionOutcome

let environment: CelEnvironment | undefined

export function compileConditions(conditions: readonly MatchCondition[]): Conditions {
  environment ??= celEnvironment({ variables: { object: 'dyn', oldObject: 'dyn', request: 'dyn' } })
  const compiled = conditions.map(({ name, expression }) => ({
    name,
    ...compileCel(expression, environment!),
  }))
  return (review) => {
    const request = review['request'] as JsonObject
    const { object, oldObject } = request
    const variables = { object: celValue(object), oldObject: celValue(oldObject), request: celValue(request) }
    const problems: string[] = []
    for (const { name, program, problem } of compiled) {
      if (!program) problems.push(`match condition ${JSON.stringify(name)} does not compile: ${problem}`)
      else {
        try {
          if (program.evaluate(variables) !== true) return 'unmet'
        } catch (error) {
          problems.push(`match condition ${JSON.stringify(name)} failed: ${(error as Error).message}`)
        }
      }
    }
    return problems.length === 0 ? 'met' : { problem: problems.join(', ') }
  }
}
