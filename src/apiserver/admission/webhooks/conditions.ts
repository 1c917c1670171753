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

/** Judges the request in a review; `authorizer` and `params` are the variables of those names. */
export type Conditions = (
  review: JsonObject,
  authorizer: object,
  params?: JsonObject | null,
) => Promise<ConditionOutcome>

let environment: CelEnvironment | undefined

export function compileConditions(conditions: readonly MatchCondition[]): Conditions {
  environment ??= celEnvironment({
    variables: {
      object: 'dyn',
      oldObject: 'dyn',
      request: 'dyn',
      namespaceObject: 'dyn',
      params: 'dyn',
      authorizer: AUTHORIZER,
    },
  })
  const compiled = conditions.map(({ expression }) => ({
    expression,
    ...compileCel(expression, environment!),
  }))
  return async (review, authorizer, params = null) => {
    const request = review['request'] as JsonObject
    const { object, oldObject } = request
    const variables = {
      object: celValue(object),
      oldObject: celValue(oldObject),
      request: celValue(request),
      // conditions are judged before anybody looks at the namespace
      namespaceObject: null,
      params: celValue(params),
      authorizer,
    }
    const problems: string[] = []
    for (const { expression, program, problem } of compiled) {
      if (!program) problems.push(`compilation error: ${problem}`)
      else {
        try {
          if ((await program.evaluateAsync(variables)) !== true) return 'unmet'
        } catch (error) {
          problems.push(`expression '${expression}' resulted in error: ${(error as Error).message}`)
        }
      }
    }
    const [first] = problems
    if (first === undefined) return 'met'
    return { problem: problems.length === 1 ? first : `[${problems.join(', ')}]` }
  }
}
