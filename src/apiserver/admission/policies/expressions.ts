// The expressions of policies: compiled in one environment, evaluated with what they can read of a request.
//
// Variables are evaluated in their order, each seeing those before it. One that fails is no reason to refuse: whoever
// reads it fails. Upstream: staging/src/k8s.io/apiserver/pkg/admission/plugin/cel/{activation.go,composition.go}
// Left out: a bound on the cost of all expressions of a policy together

import { EvaluationError } from '@marcbachmann/cel-js'
import { compileCel } from '#api/cel/compile.ts'
import { type CelEnvironment, celEnvironment } from '#api/cel/environment.ts'
import { AUTHORIZER } from '#api/cel/library/authorizer.ts'
import { type CelValue, celValue } from '#api/cel/values.ts'
import type { JsonObject } from '#api/meta/object.ts'
import type { Variable } from '#api/types/admissionregistration.ts'

/** What an expression can read. */
export interface PolicyInput {
  readonly object: JsonObject | null
  readonly oldObject: JsonObject | null
  readonly request: JsonObject
  readonly namespaceObject: JsonObject | null
  /** The parameter object; null for policies without. */
  readonly params: JsonObject | null
  /** Whom expressions may ask. */
  readonly authorizer: object
}

export type Values = Readonly<Record<string, CelValue>>
/** Throws what is wrong with the expression, when it is compiled or when it is evaluated. */
export type Evaluate = (values: Values) => Promise<CelValue>

let environment: CelEnvironment | undefined

const DYNAMIC = ['object', 'oldObject', 'request', 'namespaceObject', 'params', 'variables']

function policyEnvironment(): CelEnvironment {
  environment ??= celEnvironment({
    variables: { ...Object.fromEntries(DYNAMIC.map((name) => [name, 'dyn'])), authorizer: AUTHORIZER },
    hasPatches: true,
  })
  return environment
}

export function compileExpression(expression: string): Evaluate {
  const evaluate = evaluator(expression)
  return async (values) => {
    try {
      return await evaluate(values)
    } catch (error) {
      const text = `expression '${expression}' resulted in error: ${(error as Error).message}`
      throw new Error(text, { cause: error })
    }
  }
}

function evaluator(expression: string): Evaluate {
  const { program, problem } = compileCel(expression, policyEnvironment())
  if (!program) {
    return async () => {
      throw new Error(problem)
    }
  }
  // only who asks somebody has to wait
  return program.names.has('authorizer') ? program.evaluateAsync : async (values) => program.evaluate(values)
}

/** Gives the values that expressions read: the input, and the variables made of it. */
export function compileVariables(definitions: readonly Variable[]): (input: PolicyInput) => Promise<Values> {
  const variables = definitions.map(({ name, expression }) => ({ name, value: evaluator(expression) }))
  return async ({ authorizer, ...objects }) => {
    const known = new Variables()
    const read = Object.entries(objects).map(([name, value]) => [name, celValue(value)] as const)
    const values: Values = {
      ...Object.fromEntries(read),
      authorizer,
      variables: known,
    }
    for (const { name, value } of variables) {
      try {
        known.set(name, await value(values))
      } catch (error) {
        known.fail(name, (error as Error).message)
      }
    }
    return values
  }
}

/** Reading a variable that has failed is an error of the expression that reads it. */
class Variables extends Map<string, CelValue> {
  readonly #failed = new Map<string, string>()

  constructor() {
    super()
    // the evaluator knows maps by their constructor
    this.constructor = Map
  }

  fail(name: string, why: string): void {
    this.#failed.set(name, why)
  }

  override get(name: string): CelValue {
    const why = this.#failed.get(name)
    if (why === undefined) return super.get(name)
    throw new EvaluationError(`composited variable ${JSON.stringify(name)} fails to evaluate: ${why}`)
  }
}
