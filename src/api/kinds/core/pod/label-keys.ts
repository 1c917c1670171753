// matchLabelKeys and mismatchLabelKeys: labels whose values the pod itself supplies to a selector.
//
// Upstream: ValidateMatchLabelKeysAndMismatchLabelKeys in pkg/apis/core/validation/validation.go

import { forbidden, invalid, type Path } from '#api/meta/field-error.ts'
import { type FieldErrors, qualifiedName } from '#api/meta/validation.ts'
import type { LabelSelector } from '#api/types/meta.ts'

type Keys = readonly string[] | undefined

export function* labelKeys(
  path: Path,
  match: Keys,
  mismatch: Keys,
  selector: LabelSelector | undefined,
): FieldErrors {
  yield* listOfKeys(path.child('matchLabelKeys'), match, selector)
  yield* listOfKeys(path.child('mismatchLabelKeys'), mismatch, selector)
  // A key may be once in the selector, since that is what the server itself merges into it, but not twice.
  const seen = new Set(Object.keys(selector?.matchLabels ?? {}))
  for (const { key } of selector?.matchExpressions ?? []) {
    const i = (match ?? []).lastIndexOf(key)
    if (i >= 0 && seen.has(key)) {
      yield invalid(path.index(i), key, 'exists in both matchLabelKeys and labelSelector')
    }
    seen.add(key)
  }
  for (const [i, key] of (match ?? []).entries()) {
    if (!mismatch?.includes(key)) continue
    yield invalid(
      path.child('matchLabelKeys').index(i),
      key,
      'exists in both matchLabelKeys and mismatchLabelKeys',
    )
  }
}

function* listOfKeys(path: Path, keys: Keys, selector: LabelSelector | undefined): FieldErrors {
  if (!keys || keys.length === 0) return
  if (!selector) {
    yield forbidden(path, 'must not be specified when labelSelector is not set')
    return
  }
  for (const [i, key] of keys.entries()) yield* qualifiedName(path.index(i), key)
}

/** The older rule, which stored objects may rely on: no key may be in the selector at all. */
export function* labelKeysApart(path: Path, keys: Keys, selector: LabelSelector | undefined): FieldErrors {
  if (!keys || keys.length === 0) return
  if (!selector) yield forbidden(path, 'must not be specified when labelSelector is not set')
  const taken = new Set([
    ...Object.keys(selector?.matchLabels ?? {}),
    ...(selector?.matchExpressions ?? []).map(({ key }) => key),
  ])
  for (const [i, key] of keys.entries()) {
    yield* qualifiedName(path.index(i), key)
    if (taken.has(key)) yield invalid(path.index(i), key, 'exists in both matchLabelKeys and labelSelector')
  }
}
