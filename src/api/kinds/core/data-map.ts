// What ConfigMaps and Secrets have in common: a bound on their size, and that they can be made immutable.
//
// Upstream: ValidateConfigMapUpdate and ValidateSecretUpdate in pkg/apis/core/validation/validation.go

import { semanticEqual } from '#api/meta/equality.ts'
import { forbidden, Path } from '#api/meta/field-error.ts'
import type { FieldErrors } from '#api/meta/validation.ts'

export const MAX_DATA_BYTES = 1024 * 1024

/** The size of what base64 text stands for. */
export function decodedBytes(base64: string | null | undefined): number {
  if (!base64) return 0
  const padding = base64.endsWith('==') ? 2 : base64.endsWith('=') ? 1 : 0
  return (base64.length / 4) * 3 - padding
}

interface CanBeImmutable {
  readonly immutable?: boolean | undefined
}

/** Nothing of `fields` may change once `immutable` is set, nor may that be taken back. */
export function* unchangedWhenImmutable<T extends CanBeImmutable>(
  object: T,
  old: T,
  fields: readonly (keyof T & string)[],
): FieldErrors {
  if (!old.immutable) return
  const text = 'field is immutable when `immutable` is set'
  if (!object.immutable) yield forbidden(new Path('immutable'), text)
  for (const name of fields) {
    if (!semanticEqual(object[name] ?? {}, old[name] ?? {})) yield forbidden(new Path(name), text)
  }
}
