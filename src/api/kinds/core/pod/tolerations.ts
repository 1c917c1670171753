// Taints keep pods away from a node, tolerations let them come nevertheless. Both are checked here.
//
// Upstream: ValidateTolerations, validateNodeTaints in pkg/apis/core/validation/validation.go

import type { PodRules } from '#api/kinds/core/pod/options.ts'
import { internalForm } from '#api/kinds/internal-form.ts'
import { semanticEqual } from '#api/meta/equality.ts'
import {
  duplicate,
  forbidden,
  invalid,
  notSupportedInOrder,
  type Path,
  required,
} from '#api/meta/field-error.ts'
import { isLabelValue } from '#api/meta/names.ts'
import { each, type FieldErrors, qualifiedName } from '#api/meta/validation.ts'
import { isDecimalInteger } from '#api/meta/validation-formats.ts'
import type { Taint, Toleration } from '#api/types/core.ts'

const EFFECTS = ['NoSchedule', 'PreferNoSchedule', 'NoExecute']

export function* validateTolerations(
  tolerations: readonly Toleration[],
  path: Path,
  rules: PodRules,
): FieldErrors {
  for (const [i, toleration] of tolerations.entries()) {
    const at = path.index(i)
    const { key, operator, effect } = toleration
    if (key) yield* qualifiedName(at.child('key'), key)
    if (!key && operator !== 'Exists') {
      const text = 'operator must be Exists when `key` is empty, which means "match all values and all keys"'
      yield invalid(at.child('operator'), operator ?? '', text)
    }
    if (toleration.tolerationSeconds !== undefined && effect !== 'NoExecute') {
      yield invalid(
        at.child('effect'),
        effect ?? '',
        "effect must be 'NoExecute' when `tolerationSeconds` is set",
      )
    }
    yield* operatorAndValue(toleration, at, rules)
    if (effect) yield* taintEffect(effect, at.child('effect'))
  }
}

function* operatorAndValue({ operator, value }: Toleration, path: Path, rules: PodRules): FieldErrors {
  const at = path.child('operator')
  switch (operator) {
    case 'Equal':
    case '':
    case undefined: {
      const reasons = isLabelValue(value ?? '')
      if (reasons.length > 0) yield invalid(at, value, reasons.join(';'))
      break
    }
    case 'Exists':
      if (value) yield invalid(at, value, "value must be empty when `operator` is 'Exists'")
      break
    case 'Lt':
    case 'Gt':
      if (rules.allowComparingTolerations) yield* comparedValue(value ?? '', path.child('value'))
      else yield notSupportedInOrder(at, operator, ['Equal', 'Exists', 'Lt', 'Gt'])
      break
    default:
      yield notSupportedInOrder(at, operator, ['Equal', 'Exists'])
  }
}

function* comparedValue(value: string, path: Path): FieldErrors {
  yield* each(path, value, isDecimalInteger(value))
  if (!/^[+-]?\d+$/.test(value)) {
    yield invalid(path, value, `strconv.ParseInt: parsing ${JSON.stringify(value)}: invalid syntax`)
  } else if (BigInt(value) !== BigInt.asIntN(64, BigInt(value))) {
    yield invalid(path, value, `strconv.ParseInt: parsing ${JSON.stringify(value)}: value out of range`)
  }
}

function* taintEffect(effect: string, path: Path): FieldErrors {
  if (!EFFECTS.includes(effect)) yield notSupportedInOrder(path, effect, EFFECTS)
}

/** A running pod may get more tolerations, but lose or change none; only how long one lasts may change. */
export function* onlyAddedTolerations(
  tolerations: readonly Toleration[],
  old: readonly Toleration[],
  path: Path,
  rules: PodRules,
): FieldErrors {
  const withoutTime = ({ tolerationSeconds: _, ...rest }: Toleration): object => rest
  const isKept = (toleration: Toleration): boolean =>
    tolerations.some((other) => semanticEqual(withoutTime(other), withoutTime(toleration)))
  if (!old.every(isKept)) {
    yield forbidden(path, 'existing toleration can not be modified except its tolerationSeconds')
    return
  }
  yield* validateTolerations(tolerations, path, rules)
}

export function* validateTaints(taints: readonly Taint[], path: Path): FieldErrors {
  const seen = new Set<string>()
  for (const [i, taint] of taints.entries()) {
    const at = path.index(i)
    yield* qualifiedName(at.child('key'), taint.key)
    const reasons = isLabelValue(taint.value ?? '')
    if (reasons.length > 0) yield invalid(at.child('value'), taint.value, reasons.join(';'))
    if (!taint.effect) yield required(at.child('effect'))
    else yield* taintEffect(taint.effect, at.child('effect'))
    const key = `${taint.effect} ${taint.key}`
    if (seen.has(key)) {
      yield duplicate(at, internalForm('Taint', taint), 'taints must be unique by key and effect pair')
    }
    seen.add(key)
  }
}
