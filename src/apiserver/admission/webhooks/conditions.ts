// The conditions in CEL that a request has to meet before a webhook is asked.
//
// Compiled once a configuration. All must be true; one that is false lets the request pass unasked, one that fails is
// judged by the failure policy only if none is false.
// Upstream: staging/src/k8s.io/apiserver/pkg/admission/plugin/webhook/matchconditions/matcher.go

import { compileCel } from '#api/cel/compile.ts'
import { type CelEnvironment, celEnvironment } from '#api/cel/environment.ts'
import { AUTHORIZER } from '#api/cel/library/authorizer.ts'
import { celValue } from '#api/cel/values.ts'
import type { JsonObject } from '#api/meta/object.ts'
import type { MatchCondition } from '#api/types/admissionregistration.ts'

export type ConditionOutcome = 'met' | 'unmet' | { readonly problem: string }

/** Judges the request in a review; `authorizer` is the variable of that name. */
export type Conditions = (review: JsonObject, authorizer: object) => Promise<ConditionOutcome>

let environment: CelEnvironment | undefined

export function compileConditions(conditions: readonly MatchCondition[]): Conditions {
  environment ??= celEnvironment({
    variables: { object: 'dyn', oldObject: 'dyn', request: 'dyn', authorizer: AUTHORIZER },
  })
  const compiled = conditions.map(({ name, expression }) => ({
    name,
    ...compileCel(expression, environment!),
  }))
  return async (review, authorizer) => {
    const request = review['request'] as JsonObject
    const { object, oldObject } = request
    const variables = {
      object: celValue(object),
      oldObject: celValue(oldObject),
      request: celValue(request),
      authorizer,
    }
    const problems: string[] = []
    for (const { name, program, problem } of compiled) {
      if (!program) problems.push(`match condition ${JSON.stringify(name)} does not compile: ${problem}`)
      else {
        try {
          if ((await program.evaluateAsync(variables)) !== true) return 'unmet'
        } catch (error) {
          problems.push(`match condition ${JSON.stringify(name)} failed: ${(error as Error).message}`)
        }
      }
    }
    return problems.length === 0 ? 'met' : { problem: problems.join(', ') }
  }
}
