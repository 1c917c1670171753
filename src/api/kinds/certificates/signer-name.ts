// The name of a signer: a domain, a slash, and what the signer is called there.
//
// Upstream: ValidateSignerName in pkg/apis/core/validation/validation.go

import { goQuote, invalid, type Path, required, tooLong } from '#api/meta/field-error.ts'
import {
  DNS_1123_LABEL_MAX_LENGTH,
  DNS_1123_SUBDOMAIN_MAX_LENGTH,
  isDNS1123Label,
  isDNS1123Subdomain,
} from '#api/meta/names.ts'
import type { FieldErrors } from '#api/meta/validation.ts'

/** Two names and the slash; the second has room for a namespace, a dot and a name. */
const MAX_LENGTH = 2 * DNS_1123_SUBDOMAIN_MAX_LENGTH + DNS_1123_LABEL_MAX_LENGTH + 2

export function* signerName(path: Path, name: string): FieldErrors {
  if (name === '') {
    yield required(path)
    return
  }
  const [domain = '', rest = '', more] = name.split('/')
  if (!name.includes('/') || more !== undefined) {
    yield invalid(
      path,
      name,
      "must be a fully qualified domain and path of the form 'example.com/signer-name'",
    )
    return
  }
  if (Buffer.byteLength(domain) > DNS_1123_SUBDOMAIN_MAX_LENGTH) {
    yield tooLong(path, DNS_1123_SUBDOMAIN_MAX_LENGTH)
  }
  yield* validateLabels(path, domain, isDNS1123Label)
  if (!domain.includes('.')) {
    yield invalid(path, domain, 'should be a domain with at least two segments separated by dots')
  }
  yield* validateLabels(path, rest, isDNS1123Subdomain)
  if (Buffer.byteLength(name) > MAX_LENGTH) yield tooLong(path, MAX_LENGTH)
}

/** Only the first bad label is told. */
function* validateLabels(path: Path, text: string, check: (label: string) => string[]): FieldErrors {
  for (const label of text.split('.')) {
    const reasons = check(label)
    for (const reason of reasons) yield invalid(path, text, `validating label ${goQuote(label)}: ${reason}`)
    if (reasons.length > 0) return
  }
}
