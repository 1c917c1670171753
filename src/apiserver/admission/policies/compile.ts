// A ValidatingAdmissionPolicy compiled: its expressions, and what they say of a request.
//
// Compiled once a generation of the policy. Variables are evaluated in their order, each seeing those before it; one that
// fails is simply not there, and so fails only the expressions that read it.
// Upstream: staging/src/k8s.io/apiserver/pkg/admission/plugin/policy/validating/validator.go
// Left out: the variable `authorizer` but in match conditions; types of the variables (`object` may be anything)

import { type CelProgram, compileCel } from '#api/cel/compile.ts'
import { type CelEnvironment, celEnvironment } from '#api/cel/environment.ts'
import { type CelValue, celValue } from '#api/cel/values.ts'
import type { JsonObject } from '#api/meta/object.ts'
import type { ValidatingAdmissionPolicy, Validation, Variable } from '#api/types/admissionregistration.ts'
import { type Conditions, compileConditions } from '#apiserver/admission/webhooks/conditions.ts'

/** What an expression can read. */
export interface PolicyInput {
  readonly object: JsonObject | null
  readonly oldObject: JsonObject | null
  readonly request: JsonObject
  readonly namespaceObject: JsonObject | null
  /** The parameter object; absent for policies without. */
  readonly params: JsonObject | null
}

/** Why a request does not pass. */
export interface Failure {
  readonly message: string
  readonly reason: string
  /** The expression could not be evaluated: the failure policy says what follows. */
  readonly isError: boolean
  /** Which validation. */
  readonly index: number
}

export interface CompiledPolicy {
  readonly conditions: Conditions | undefined
  /** All validations that fail. */
  judge(input: PolicyInput): readonly Failure[]
  /** Annotations for the audit event, by key. */
  annotations(input: PolicyInput): Readonly<Record<string, string>>
}

export type Values = Readonly<Record<string, CelValue>>
/** Throws what is wrong with the expression, when it is compiled or when it is evaluated. */
export type Evaluate = (values: Values) => CelValue

const VARIABLES = ['object', 'oldObject', 'request', 'namespaceObject', 'params', 'variables']

let environment: CelEnvironment | undefined

export function compileExpression(expression: string): Evaluate {
  environment ??= celEnvironment({ variables: Object.fromEntries(VARIABLES.map((name) => [name, 'dyn'])) })
  const { program, problem } = compileCel(expression, environment)
  return (values) => {
    if (!program) throw new Error(problem)
    return evaluate(program, expression, values)
  }
}

function evaluate(program: CelProgram, expression: string, values: Values): CelValue {
  try {
    return program.evaluate(values)
  } catch (error) {
    throw new Error(`expression '${expression}' resulted in error: ${(error as Error).message}`, {
      cause: error,
    })
  }
}

/** Gives the values that expressions read: the input, and the variables made of it. */
export function compileVariables(definitions: readonly Variable[]): (input: PolicyInput) => Values {
  const variables = definitions.map(({ name, expression }) => ({
    name,
    value: compileExpression(expression),
  }))
  return (input) => {
    const known = new Map<string, CelValue>()
    const values = {
      ...Object.fromEntries(Object.entries(input).map(([name, value]) => [name, celValue(value)])),
      variables: known,
    }
    for (const { name, value } of variables) {
      try {
        known.set(name, value(values))
      } catch {
        // whoever reads it will find it missing
      }
    }
    return values
  }
}

export function compilePolicy({ spec }: ValidatingAdmissionPolicy): CompiledPolicy {
  const valuesOf = compileVariables(spec?.variables ?? [])
  const validations = (spec?.validations ?? []).map(compileValidation)
  const audits = (spec?.auditAnnotations ?? []).map(({ key, valueExpression }) => ({
    key,
    value: compileExpression(valueExpression),
  }))

  return {
    conditions: spec?.matchConditions?.length ? compileConditions(spec.matchConditions) : undefined,
    judge(input) {
      const values = valuesOf(input)
      return validations.flatMap((judge, index) => judge(values, index) ?? [])
    },
    annotations(input) {
      const values = valuesOf(input)
      const found = audits.flatMap(({ key, value }) => {
        const result = value(values)
        return typeof result === 'string' && result.trim() !== '' ? [[key, result.trim()] as const] : []
      })
      return Object.fromEntries(found)
    },
  }
}

function compileValidation(validation: Validation): (values: Values, index: number) => Failure | undefined {
  const isMet = compileExpression(validation.expression)
  const say = validation.messageExpression ? compileExpression(validation.messageExpression) : undefined
  const reason = validation.reason ?? 'Invalid'
  return (values, index) => {
    try {
      if (isMet(values) === true) return undefined
    } catch (error) {
      return { message: (error as Error).message, reason, isError: true, index }
    }
    return { message: messageOf(validation, say, values), reason, isError: false, index }
  }
}

/** The message expression, where it gives one line of text; else the message; else the expression itself. */
function messageOf({ message, expression }: Validation, say: Evaluate | undefined, values: Values): string {
  const fallback = message?.trim() || `failed expression: ${expression.trim()}`
  if (!say) return fallback
  try {
    const text = say(values)
    return typeof text === 'string' && text.trim() !== '' && !text.includes('\n') ? text.trim() : fallback
  } catch {
    return fallback
  }
}
