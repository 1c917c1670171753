// Paths within a volume: relative, and never leading out of it.
//
// Upstream: validateLocalDescendingPath and its kin in pkg/apis/core/validation/validation.go

import { Path as FieldPath, invalid, type Path } from '#api/meta/field-error.ts'
import type { FieldErrors } from '#api/meta/validation.ts'

export function* noBacksteps(path: Path, value: string): FieldErrors {
  if (value.split('/').includes('..')) yield invalid(path, value, "must not contain '..'")
}

export function* localPath(path: Path, value: string): FieldErrors {
  if (value.startsWith('/')) yield invalid(path, value, 'must be a relative path')
  yield* noBacksteps(path, value)
}

/** Names that begin with `..` belong to the kubelet's own links. */
export function* localNonReservedPath(path: Path, value: string): FieldErrors {
  yield* localPath(path, value)
  if (value.startsWith('..') && !value.startsWith('../'))
    yield invalid(path, value, "must not start with '..'")
}

export const isLocalPath = (value: string): boolean =>
  localNonReservedPath(new FieldPath(), value).next().done === true
