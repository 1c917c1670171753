// Whether the issuer of a JWT authenticator is well described: URLs, audiences, authority.
//
// Upstream: validateIssuer in staging/src/k8s.io/apiserver/pkg/apis/apiserver/validation/validation.go
// Left out: egress selectors, since there are no egress proxies here

import { X509Certificate } from 'node:crypto'
import { decodePemAll } from '#api/codec/x509.ts'
import { duplicate, invalid, type Path, required } from '#api/meta/field-error.ts'
import type { FieldErrors } from '#api/meta/validation.ts'
import type { Issuer } from '#apiserver/authentication/configuration/file.ts'

const MATCH_ANY = 'MatchAny'

export function* issuerErrors(issuer: Issuer, path: Path, disallowed: readonly string[]): FieldErrors {
  const { url = '', discoveryURL = '', certificateAuthority = '' } = issuer
  if (url === '') yield required(path.child('url'))
  else yield* urlErrors(url, path.child('url'), disallowed)
  if (discoveryURL !== '') {
    const at = path.child('discoveryURL')
    if (url !== '' && withoutSlash(url) === withoutSlash(discoveryURL)) {
      yield invalid(at, discoveryURL, 'discoveryURL must be different from URL')
    }
    yield* urlErrors(discoveryURL, at, [])
  }
  yield* audienceErrors(issuer, path)
  if (certificateAuthority !== '' && !isCertificates(certificateAuthority)) {
    const why = 'data does not contain any valid RSA or ECDSA certificates'
    yield invalid(path.child('certificateAuthority'), '<omitted>', why)
  }
  if (issuer.egressSelectorType) {
    const why = 'no egress selector is configured'
    yield invalid(path.child('egressSelectorType'), issuer.egressSelectorType, why)
  }
}

const withoutSlash = (url: string): string => url.replace(/\/+$/, '')

/** Read as Go reads a URL: Node's own parser would add a path and hide an empty query. */
function* urlErrors(text: string, path: Path, disallowed: readonly string[]): FieldErrors {
  if (disallowed.includes(text)) {
    const list = [...disallowed].sort().join(' ')
    yield invalid(path, text, `URL must not overlap with disallowed issuers: [${list}]`)
  }
  const parts =
    /^(?:([A-Za-z][A-Za-z0-9+.-]*):)?(?:\/\/(?:([^/?#]*)@)?[^/?#]*)?[^?#]*(?:\?([^#]*))?(?:#(.*))?$/s.exec(
      text,
    )
  if (!parts || /[\s\p{Cc}]/u.test(text)) {
    yield invalid(path, text, `parse ${JSON.stringify(text)}: invalid URL`)
    return
  }
  const [, scheme = '', userinfo, query = '', fragment = ''] = parts
  if (scheme.toLowerCase() !== 'https') yield invalid(path, text, 'URL scheme must be https')
  if (userinfo !== undefined) yield invalid(path, text, 'URL must not contain a username or password')
  if (query !== '') yield invalid(path, text, 'URL must not contain a query')
  if (fragment !== '') yield invalid(path, text, 'URL must not contain a fragment')
}

function* audienceErrors({ audiences = [], audienceMatchPolicy = '' }: Issuer, issuer: Path): FieldErrors {
  const path = issuer.child('audiences')
  if (audiences.length === 0) {
    yield required(path, `at least one ${path.text} is required`)
    return
  }
  for (const [i, audience] of audiences.entries()) {
    if (audience === '') yield required(path.index(i))
    if (audiences.indexOf(audience) < i) yield duplicate(path.index(i), audience)
  }
  const policyPath = issuer.child('audienceMatchPolicy')
  const isMatchAny = audienceMatchPolicy === MATCH_ANY
  if (audiences.length > 1 && !isMatchAny) {
    yield invalid(
      policyPath,
      audienceMatchPolicy,
      'audienceMatchPolicy must be MatchAny for multiple audiences',
    )
  }
  if (audiences.length === 1 && audienceMatchPolicy !== '' && !isMatchAny) {
    const why = 'audienceMatchPolicy must be empty or MatchAny for single audience'
    yield invalid(policyPath, audienceMatchPolicy, why)
  }
}

function isCertificates(pem: string): boolean {
  const found = decodePemAll(pem, 'CERTIFICATE')
  return found.length > 0 && found.every(isCertificate)
}

function isCertificate(der: Uint8Array): boolean {
  try {
    new X509Certificate(der)
    return true
  } catch {
    return false
  }
}
