// A ValidatingAdmissionPolicy compiled: its expressions, and what they say of a request.
//
// Compiled once a generation of the policy.
// Upstream: staging/src/k8s.io/apiserver/pkg/admission/plugin/policy/validating/validator.go

import type { ValidatingAdmissionPolicy, Validation } from '#api/types/admissionregistration.ts'
import {
  compileExpression,
  compileVariables,
  type Evaluate,
  type PolicyInput,
  type Values,
} from '#apiserver/admission/policies/expressions.ts'

/** The longest message that an expression may make. */
const MAX_MESSAGE_BYTES = 5 * 1024

/** Why a request does not pass. */
export interface Failure {
  readonly message: string
  readonly reason: string
  /** The expression could not be evaluated: the failure policy says what follows. */
  readonly isError: boolean
  /** Which validation. */
  readonly index: number
}

/** An annotation for the audit event; `error` where its expression has failed. */
export type Annotation =
  | { readonly key: string; readonly value: string; readonly error?: never }
  | { readonly key: string; readonly error: string; readonly value?: never }

export interface Judgement {
  /** All validations that fail. */
  readonly failures: readonly Failure[]
  readonly annotations: readonly Annotation[]
}

export interface CompiledPolicy {
  judge(input: PolicyInput): Promise<Judgement>
}

export function compilePolicy({ spec }: ValidatingAdmissionPolicy): CompiledPolicy {
  const valuesOf = compileVariables(spec?.variables ?? [])
  const validations = (spec?.validations ?? []).map(compileValidation)
  const audits = (spec?.auditAnnotations ?? []).map(({ key, valueExpression }) => ({
    key,
    value: compileExpression(valueExpression.trim()),
  }))
  return {
    async judge(input) {
      const values = await valuesOf(input)
      const failures: Failure[] = []
      for (const [index, judge] of validations.entries()) {
        const failure = await judge(values, index)
        if (failure) failures.push(failure)
      }
      const annotations: Annotation[] = []
      for (const { key, value } of audits) annotations.push(...(await annotationOf(key, value, values)))
      return { failures, annotations }
    },
  }
}

async function annotationOf(key: string, evaluate: Evaluate, values: Values): Promise<Annotation[]> {
  try {
    const result = await evaluate(values)
    return typeof result === 'string' && result.trim() !== '' ? [{ key, value: result.trim() }] : []
  } catch (error) {
    return [{ key, error: (error as Error).message }]
  }
}

type Validate = (values: Values, index: number) => Promise<Failure | undefined>

function compileValidation(validation: Validation): Validate {
  const isMet = compileExpression(validation.expression)
  const say = validation.messageExpression ? compileExpression(validation.messageExpression) : undefined
  return async (values, index) => {
    try {
      if ((await isMet(values)) === true) return undefined
    } catch (error) {
      return { message: (error as Error).message, reason: 'Invalid', isError: true, index }
    }
    const message = await messageOf(validation, say, values)
    return { message, reason: validation.reason ?? 'Invalid', isError: false, index }
  }
}

/** The message expression, where it gives one line of text; else the message; else the expression itself. */
async function messageOf(
  { message, expression }: Validation,
  say: Evaluate | undefined,
  values: Values,
): Promise<string> {
  const fallback = message?.trim() || `failed expression: ${expression.trim()}`
  if (!say) return fallback
  try {
    const text = await say(values)
    if (typeof text !== 'string') return fallback
    const isTooLong = Buffer.byteLength(text.trim()) > MAX_MESSAGE_BYTES
    return isTooLong || text.trim().includes('\n') ? fallback : text.trim() || fallback
  } catch {
    return fallback
  }
}
