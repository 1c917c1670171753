// Taints of a node: what keeps pods away from it. Unique by key and effect.
//
// Upstream: validateNodeTaints in pkg/apis/core/validation/validation.go

import { internalForm } from '#api/kinds/internal-form.ts'
import { duplicate, invalid, notSupported, type Path, required } from '#api/meta/field-error.ts'
import { isLabelValue } from '#api/meta/names.ts'
import { type FieldErrors, qualifiedName } from '#api/meta/validation.ts'
import type { Taint } from '#api/types/core.ts'

const EFFECTS = ['NoSchedule', 'PreferNoSchedule', 'NoExecute']

export function* validateTaints(taints: readonly Taint[], path: Path): FieldErrors {
  const seen = new Set<string>()
  for (const [i, taint] of taints.entries()) {
    const at = path.index(i)
    const { key, value = '', effect } = taint
    yield* qualifiedName(at.child('key'), key)
    const reasons = isLabelValue(value)
    if (reasons.length > 0) yield invalid(at.child('value'), value, reasons.join(';'))
    if (!effect) yield required(at.child('effect'))
    else if (!EFFECTS.includes(effect)) yield notSupported(at.child('effect'), effect, EFFECTS)
    const pair = `${effect} ${key}`
    if (seen.has(pair)) {
      yield duplicate(at, internalForm('Taint', taint), 'taints must be unique by key and effect pair')
    }
    seen.add(pair)
  }
}
