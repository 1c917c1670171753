// Rules in CEL inside a schema: that they are complete. Whether they compile is judged in compile-rules.ts.
//
// Upstream: the end of ValidateCustomResourceDefinitionOpenAPISchema

import { findField } from '#api/kinds/apiextensions/field-path.ts'
import type { Schema, ValidationRule } from '#api/kinds/apiextensions/schema.ts'
import { invalid, notSupported, type Path, required } from '#api/meta/field-error.ts'
import type { FieldErrors } from '#api/meta/validation.ts'

const REASONS = ['FieldValueDuplicate', 'FieldValueForbidden', 'FieldValueInvalid', 'FieldValueRequired']

export const rulesOf = (schema: Schema): readonly ValidationRule[] => schema['x-kubernetes-validations'] ?? []
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
