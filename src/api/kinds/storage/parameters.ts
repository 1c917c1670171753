// What classes of storage have in common: a driver and parameters for it.
//
// Upstream: validateProvisioner and validateParameters in pkg/apis/storage/validation/validation.go

import { invalid, type Path, required, tooLong } from '#api/meta/field-error.ts'
import { type FieldErrors, qualifiedName } from '#api/meta/validation.ts'

const MAX_PARAMETERS = 512
const MAX_PARAMETERS_BYTES = 256 * 1024

export function* validateDriver(name: string | undefined, path: Path): FieldErrors {
  if (name) yield* qualifiedName(path, name.toLowerCase())
  else yield required(path)
}

export function* validateParameters(
  parameters: Readonly<Record<string, string>>,
  allowEmpty: boolean,
  path: Path,
): FieldErrors {
  const entries = Object.entries(parameters)
  if (entries.length > MAX_PARAMETERS) {
    yield tooLong(path, MAX_PARAMETERS)
    return
  }
  let sizeBytes = 0
  for (const [key, value] of entries) {
    if (key === '') yield invalid(path, key, 'field can not be empty.')
    sizeBytes += Buffer.byteLength(key) + Buffer.byteLength(value)
  }
  if (sizeBytes > MAX_PARAMETERS_BYTES) yield tooLong(path, MAX_PARAMETERS_BYTES)
  if (!allowEmpty && entries.length === 0) yield required(path, 'must contain at least one key/value pair')
}
