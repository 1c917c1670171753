// Rules in CEL inside a schema: that they are complete, and that they compile.
//
// Upstream: the end of ValidateCustomResourceDefinitionOpenAPISchema, .../pkg/apiserver/schema/cel/compilation.go
// Left out: the types in a rule, and what it may cost

import { celProblem, namesIn } from '#api/cel/check.ts'
import { findField } from '#api/kinds/apiextensions/field-path.ts'
import type { Schema, ValidationRule } from '#api/kinds/apiextensions/schema.ts'
import { internalForm } from '#api/kinds/internal-form.ts'
import { invalid, notSupported, type Path, required } from '#api/meta/field-error.ts'
import type { FieldErrors } from '#api/meta/validation.ts'

const REASONS = ['FieldValueDuplicate', 'FieldValueForbidden', 'FieldValueInvalid', 'FieldValueRequired']
const VARIABLES = ['self', 'oldSelf']

const rulesOf = (schema: Schema): readonly ValidationRule[] => schema['x-kubernetes-validations'] ?? []
const hasLines = (text: string): boolean => /[\n\r]/.test(text)

export function* validateRules(schema: Schema, path: Path): FieldErrors {
  for (const [i, rule] of rulesOf(schema).entries()) {
    yield* validateRule(rule, schema, path.child('x-kubernetes-validations').index(i))
  }
}

function* validateRule(rule: ValidationRule, schema: Schema, path: Path): FieldErrors {
  const { message = '', messageExpression = '', reason, fieldPath = '' } = rule
  const expression = (rule.rule ?? '').trim()
  const at = path.child('message')
  if (expression === '') yield required(path.child('rule'), 'rule is not specified')
  else if (message !== '' && message.trim() === '')
    yield invalid(at, message, 'must be non-empty if specified')
  else if (hasLines(message.trim())) yield invalid(at, message, 'must not contain line breaks')
  else if (hasLines(expression) && message.trim() === '') {
    yield required(at, 'message must be specified if rule contains line breaks')
  }
  if (messageExpression !== '' && messageExpression.trim() === '') {
    yield required(path.child('messageExpression'), 'messageExpression must be non-empty if specified')
  }
  if (reason !== undefined && !REASONS.includes(reason)) {
    yield notSupported(path.child('reason'), reason, REASONS)
  }
  if (fieldPath === '') return
  const field = path.child('fieldPath')
  if (fieldPath.trim() === '') yield invalid(field, fieldPath, 'must be non-empty if specified')
  if (hasLines(fieldPath)) yield invalid(field, fieldPath, 'must not contain line breaks')
  if (typeof findField(fieldPath, schema) === 'string')
    yield invalid(field, fieldPath, 'must be a valid path')
}

/** `uncorrelatable` is the list or map in which this schema has no old value. */
export function* rulesInCel(schema: Schema, path: Path, uncorrelatable: Path | undefined): FieldErrors {
  const scope = { variables: VARIABLES }
  for (const [i, rule] of rulesOf(schema).entries()) {
    const at = path.child('x-kubernetes-validations').index(i)
    const expression = rule.rule ?? ''
    const problem = celProblem(expression, scope)
    const shown = internalForm('ValidationRule', rule)
    if (problem !== undefined) yield invalid(at.child('rule'), shown, problem)
    const message = rule.messageExpression ? celProblem(rule.messageExpression, scope) : undefined
    if (message !== undefined) {
      yield invalid(at.child('messageExpression'), shown, `messageExpression ${message}`)
    }
    // a rule that does not compile uses nothing
    if (problem === undefined && namesIn(expression).has('oldSelf')) {
      if (uncorrelatable) {
        const text = `oldSelf cannot be used on the uncorrelatable portion of the schema within ${uncorrelatable}`
        yield invalid(at.child('rule'), expression, text)
      }
    } else if (rule.optionalOldSelf !== undefined) {
      const text = 'may not be set if oldSelf is not used in rule'
      yield invalid(at.child('optionalOldSelf'), rule.optionalOldSelf, text)
    }
  }
}
