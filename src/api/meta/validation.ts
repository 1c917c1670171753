// The small checks that validators of all kinds are built from.
//
// A validator is a generator of field errors: what is wrong is yielded in the order in which upstream reports it,
// for the order is part of the message. Upstream: staging/src/k8s.io/apimachinery/pkg/api/validation/generic.go,
// staging/src/k8s.io/apimachinery/pkg/apis/meta/v1/validation/validation.go

import { semanticEqual } from '#api/meta/equality.ts'
import {
  type FieldError,
  forbidden,
  invalid,
  notSupported,
  type Path,
  required,
} from '#api/meta/field-error.ts'
import { isDNS1123Label, isDNS1123Subdomain, isLabelValue, isQualifiedName } from '#api/meta/names.ts'
import { validateLabels } from '#api/meta/object-meta-validation.ts'
import type { LabelSelector, LabelSelectorRequirement } from '#api/types/meta.ts'

export type FieldErrors = Generator<FieldError, void, undefined>

export const MAX_INT32 = 2_147_483_647
export const IS_IMMUTABLE = 'field is immutable'

/** One `Invalid value` for each reason why `value` is wrong. */
export function* each(path: Path, value: unknown, reasons: readonly string[]): FieldErrors {
  for (const reason of reasons) yield invalid(path, value, reason)
}

/** `Unsupported value` unless `value` is one of a closed set. */
export function* oneOf(path: Path, value: string | undefined, supported: readonly string[]): FieldErrors {
  if (!supported.includes(value ?? '')) yield notSupported(path, value ?? '', supported)
}

export const inclusiveRange = (low: number, high: number): string =>
  `must be between ${low} and ${high}, inclusive`

export function* inRange(path: Path, value: number, low: number, high: number): FieldErrors {
  if (value < low || value > high) yield invalid(path, value, inclusiveRange(low, high))
}

export function* nonnegative(path: Path, value: number | undefined): FieldErrors {
  if ((value ?? 0) < 0) yield invalid(path, value, 'must be greater than or equal to 0')
}

export function* positive(path: Path, value: number | undefined): FieldErrors {
  if ((value ?? 0) <= 0) yield invalid(path, value ?? 0, 'must be greater than zero')
}

/** `shown` is what the message says of the new value, where upstream's form of it differs from ours. */
export function* immutable(path: Path, value: unknown, old: unknown, shown = value): FieldErrors {
  if (!semanticEqual(value, old)) yield invalid(path, shown, IS_IMMUTABLE)
}

export const dnsLabel = (path: Path, value: string): FieldErrors => each(path, value, isDNS1123Label(value))

export const dnsSubdomain = (path: Path, value: string): FieldErrors =>
  each(path, value, isDNS1123Subdomain(value))

export const qualifiedName = (path: Path, value: string): FieldErrors =>
  each(path, value, isQualifiedName(value))

export interface LabelSelectorOptions {
  /** An object that was stored with one keeps it. */
  readonly allowInvalidValues?: boolean
  /** Where newer clients may know more than this server. */
  readonly allowUnknownOperators?: boolean
}

export function* validateLabelSelector(
  selector: LabelSelector | undefined,
  path: Path,
  options: LabelSelectorOptions = {},
): FieldErrors {
  if (!selector) return
  yield* validateLabels(selector.matchLabels, path.child('matchLabels'))
  for (const [i, requirement] of (selector.matchExpressions ?? []).entries()) {
    yield* validateLabelSelectorRequirement(requirement, path.child('matchExpressions').index(i), options)
  }
}

export function* validateLabelSelectorRequirement(
  requirement: LabelSelectorRequirement,
  path: Path,
  options: LabelSelectorOptions,
): FieldErrors {
  const values = requirement.values ?? []
  yield* validateSelectorValues(requirement, path, options)
  yield* qualifiedName(path.child('key'), requirement.key)
  if (options.allowInvalidValues) return
  for (const [i, value] of values.entries())
    yield* each(path.child('values').index(i), value, isLabelValue(value))
}

/** Whether there are as many values as the operator wants: of labels, and of fields. */
export function* validateSelectorValues(
  requirement: LabelSelectorRequirement,
  path: Path,
  options: LabelSelectorOptions,
): FieldErrors {
  const values = requirement.values ?? []
  switch (requirement.operator) {
    case 'In':
    case 'NotIn':
      if (values.length === 0) {
        yield required(path.child('values'), "must be specified when `operator` is 'In' or 'NotIn'")
      }
      break
    case 'Exists':
    case 'DoesNotExist':
      if (values.length > 0) {
        yield forbidden(
          path.child('values'),
          "may not be specified when `operator` is 'Exists' or 'DoesNotExist'",
        )
      }
      break
    default:
      if (options.allowUnknownOperators) return
      yield invalid(path.child('operator'), requirement.operator, 'not a valid selector operator')
  }
}
