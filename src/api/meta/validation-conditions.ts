// Conditions in the common form (`metav1.Condition`): one of a type, each complete.
//
// Upstream: ValidateConditions in staging/src/k8s.io/apimachinery/pkg/apis/meta/v1/validation/validation.go

import { duplicate, invalid, notSupported, type Path, required, tooLong } from '#api/meta/field-error.ts'
import { patternText } from '#api/meta/names.ts'
import { type FieldErrors, qualifiedName } from '#api/meta/validation.ts'
import type { Condition } from '#api/types/meta.ts'

const STATUSES = ['False', 'True', 'Unknown']
const REASON_MAX_BYTES = 1024
const MESSAGE_MAX_BYTES = 32 * 1024
const REASON = '[A-Za-z]([A-Za-z0-9_,:]*[A-Za-z0-9_])?'
const REASON_PATTERN = new RegExp(`^${REASON}$`)
const REASON_MESSAGE =
  "a condition reason must start with alphabetic character, optionally followed by a string of alphanumeric characters or '_,:', and must end with an alphanumeric character or '_'"

export function* validateConditions(conditions: readonly Condition[] | undefined, path: Path): FieldErrors {
  const types = new Set<string>()
  for (const [i, condition] of (conditions ?? []).entries()) {
    const at = path.index(i)
    if (types.has(condition.type)) yield duplicate(at.child('type'), condition.type)
    types.add(condition.type)
    yield* validateCondition(condition, at)
  }
}

function* validateCondition(condition: Condition, path: Path): FieldErrors {
  const { type, status, observedGeneration, lastTransitionTime, reason, message } = condition
  yield* qualifiedName(path.child('type'), type)
  if (!STATUSES.includes(status)) yield notSupported(path.child('status'), status, STATUSES)
  if ((observedGeneration ?? 0) < 0) {
    const text = 'must be greater than or equal to zero'
    yield invalid(path.child('observedGeneration'), observedGeneration, text)
  }
  if (!lastTransitionTime) yield required(path.child('lastTransitionTime'))
  if (!reason) yield required(path.child('reason'))
  else yield* validateReason(reason, path.child('reason'))
  if (Buffer.byteLength(message ?? '') > MESSAGE_MAX_BYTES) {
    yield tooLong(path.child('message'), MESSAGE_MAX_BYTES)
  }
}

function* validateReason(reason: string, path: Path): FieldErrors {
  if (!REASON_PATTERN.test(reason)) {
    const examples = ['my_name', 'MY_NAME', 'MyName', 'ReasonA,ReasonB', 'ReasonA:ReasonB']
    yield invalid(path, reason, patternText(REASON_MESSAGE, REASON, ...examples))
  }
  if (Buffer.byteLength(reason) > REASON_MAX_BYTES) yield tooLong(path, REASON_MAX_BYTES)
}
