// What things are called around devices: pools, attributes, requests, shares.
//
// Upstream: pkg/apis/resource/validation/validation.go

import { csiDriverName } from '#api/kinds/core/pod/volume-sources.ts'
import { invalid, type Path, required, tooLong } from '#api/meta/field-error.ts'
import { isLabelValue } from '#api/meta/names.ts'
import { dnsSubdomain, each, type FieldErrors } from '#api/meta/validation.ts'
import { isCIdentifier } from '#api/meta/validation-formats.ts'

const MAX_POOL_NAME = 253
const MAX_IDENTIFIER = 32
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i
/** Plain, in braces, without dashes, and with `urn:uuid:` in front. */
const UUID_LENGTHS = [36, 38, 32, 45]

export function* poolName(name: string | undefined, path: Path): FieldErrors {
  if (!name) {
    yield required(path)
    return
  }
  if (Buffer.byteLength(name) > MAX_POOL_NAME) yield tooLong(path, MAX_POOL_NAME)
  for (const part of name.split('/')) yield* dnsSubdomain(path, part)
}

export function* shareId(id: string, path: Path): FieldErrors {
  if (!UUID_LENGTHS.includes(id.length)) {
    yield invalid(path, id, `error validating uid: invalid UUID length: ${id.length}`)
  } else if (id.length === 36 && !UUID.test(id)) {
    yield invalid(path, id, 'error validating uid: invalid UUID format')
  } else if (id.length !== 36 || id !== id.toLowerCase()) {
    const text =
      'uid must be in RFC 4122 normalized form, `xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx` with lowercase hexadecimal characters'
    yield invalid(path, id, text)
  }
}

/** An identifier, maybe in a domain: `model`, `gpu.example.com/model`. */
export function* qualifiedAttribute(name: string, path: Path): FieldErrors {
  const parts = name.split('/')
  if (parts.length === 1) yield* identifier(name, path)
  if (parts.length !== 2) return
  const [domain = '', id = ''] = parts
  if (domain === '') yield invalid(path, '', 'the domain must not be empty')
  else yield* csiDriverName(path, domain)
  if (id === '') yield invalid(path, '', 'the name must not be empty')
  else yield* identifier(id, path)
}

export function* fullyQualifiedAttribute(name: string, path: Path): FieldErrors {
  yield* qualifiedAttribute(name, path)
  if (!name.includes('/')) {
    yield invalid(path, name, 'a fully qualified name must be a domain and a name separated by a slash')
  }
}

function* identifier(name: string, path: Path): FieldErrors {
  if (Buffer.byteLength(name) > MAX_IDENTIFIER) yield tooLong(path, MAX_IDENTIFIER)
  yield* each(path, name, isCIdentifier(name))
}

export const labelValue = (value: string, path: Path): FieldErrors => each(path, value, isLabelValue(value))
