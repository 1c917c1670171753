// Conditions that a device must have before a pod is bound to its node, and those that say it never will.
//
// Upstream: validateDeviceBindingParameters in pkg/apis/resource/validation/validation.go

import { boundedList } from '#api/kinds/resource/lists.ts'
import { duplicate, invalid, type Path } from '#api/meta/field-error.ts'
import { type FieldErrors, qualifiedName } from '#api/meta/validation.ts'

const MAX_CONDITIONS = 4

interface Binding {
  readonly bindingConditions?: readonly string[]
  readonly bindingFailureConditions?: readonly string[]
}

export function* validateBinding(
  { bindingConditions, bindingFailureConditions }: Binding,
  path: Path,
): FieldErrors {
  const [wanted, failures] = [bindingConditions ?? [], bindingFailureConditions ?? []]
  const atWanted = path.child('bindingConditions')
  const atFailures = path.child('bindingFailureConditions')
  const label = (name: string, at: Path): FieldErrors => qualifiedName(at, name)
  yield* boundedList(wanted, MAX_CONDITIONS, atWanted, label)
  yield* boundedList(failures, MAX_CONDITIONS, atFailures, label)
  for (const [i, name] of wanted.entries()) {
    if (wanted.indexOf(name) < i) yield duplicate(atWanted.index(i), name)
  }
  for (const [i, name] of failures.entries()) {
    if (failures.indexOf(name) < i) yield duplicate(atFailures.index(i), name)
    if (!wanted.includes(name)) continue
    yield invalid(
      atFailures.index(i),
      name,
      'bindingFailureConditions must not overlap with bindingConditions',
    )
  }
  if (wanted.length === 0 && failures.length > 0) {
    const text = 'bindingConditions are required to use bindingFailureConditions'
    yield invalid(atWanted, bindingConditions ?? null, text)
  }
  if (failures.length === 0 && wanted.length > 0) {
    const text = 'bindingFailureConditions are required to use bindingConditions'
    yield invalid(atFailures, bindingFailureConditions ?? null, text)
  }
}
