// Which strings and numbers fit a purpose: ports, keys, variables, headers, users. Each check gives what is wrong.
//
// Upstream: staging/src/k8s.io/apimachinery/pkg/util/validation/validation.go, .../pkg/api/validate/content

import { invalid, type Path, required } from '#api/meta/field-error.ts'
import {
  DNS_1123_SUBDOMAIN_MAX_LENGTH,
  isDNS1123Label,
  isDNS1123Subdomain,
  maxLengthText,
  patternText,
} from '#api/meta/names.ts'
import { type FieldErrors, inclusiveRange, MAX_INT32 } from '#api/meta/validation.ts'

const PORT_NAME_MAX_LENGTH = 15

export const isPortNumber = (port: number): string[] =>
  port >= 1 && port <= 65535 ? [] : [inclusiveRange(1, 65535)]

/** An IANA service name: what ports are called. */
export function isPortName(name: string): string[] {
  const reasons: string[] = []
  if (Buffer.byteLength(name) > PORT_NAME_MAX_LENGTH)
    reasons.push(maxLengthText(PORT_NAME_MAX_LENGTH, 'characters'))
  if (!/^[-a-z0-9]+$/.test(name)) {
    reasons.push('must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)')
  }
  if (!/[a-z]/.test(name)) reasons.push('must contain at least one letter (a-z)')
  if (name.includes('--')) reasons.push('must not contain consecutive hyphens')
  if (name.startsWith('-') || name.endsWith('-')) reasons.push('must not begin or end with a hyphen')
  return reasons
}

/** A port by number or by name. */
export function* portNumberOrName(path: Path, port: number | string | undefined): FieldErrors {
  const reasons = typeof port === 'string' ? isPortName(port) : isPortNumber(port ?? 0)
  for (const reason of reasons) yield invalid(path, port ?? 0, reason)
}

export const isUserOrGroupId = (id: number): string[] =>
  id >= 0 && id <= MAX_INT32 ? [] : [inclusiveRange(0, MAX_INT32)]

const CONFIG_MAP_KEY = '[-._a-zA-Z0-9]+'

/** A key of a ConfigMap or Secret: it may become a file name. */
export function isConfigMapKey(key: string): string[] {
  const reasons: string[] = []
  if (Buffer.byteLength(key) > DNS_1123_SUBDOMAIN_MAX_LENGTH) {
    reasons.push(maxLengthText(DNS_1123_SUBDOMAIN_MAX_LENGTH, 'characters'))
  }
  if (!/^[-._a-zA-Z0-9]+$/.test(key)) {
    const message = "a valid config key must consist of alphanumeric characters, '-', '_' or '.'"
    reasons.push(patternText(message, CONFIG_MAP_KEY, 'key.name', 'KEY_NAME', 'key-name'))
  }
  return [...reasons, ...leadsOut(key)]
}

function leadsOut(name: string): string[] {
  if (name === '.' || name === '..') return [`must not be '${name}'`]
  return name.startsWith('..') ? ["must not start with '..'"] : []
}

/** The name of an environment variable: printable ASCII without `=`. */
export function isEnvVarName(name: string): string[] {
  if (name === '') return ['environment variable name must be non-empty']
  return /^[ -<>-~]*$/.test(name)
    ? []
    : ["a valid environment variable name must consist only of printable ASCII characters other than '='"]
}

export function isHTTPHeaderName(name: string): string[] {
  return /^[-A-Za-z0-9]+$/.test(name)
    ? []
    : [
        patternText(
          "a valid HTTP header must consist of alphanumeric characters or '-'",
          '[-A-Za-z0-9]+',
          'X-Header-Name',
        ),
      ]
}

export function isPercentage(text: string): string[] {
  const message = "a valid percent string must be a numeric string followed by an ending '%'"
  return /^[0-9]+%$/.test(text) ? [] : [patternText(message, '[0-9]+%', '1%', '93%')]
}

export function isCIdentifier(text: string): string[] {
  const message =
    "a valid C identifier must start with alphabetic character or '_', followed by a string of alphanumeric characters or '_'"
  return /^[A-Za-z_][A-Za-z0-9_]*$/.test(text)
    ? []
    : [patternText(message, '[A-Za-z_][A-Za-z0-9_]*', 'my_name', 'MY_NAME', 'MyName')]
}

const LOOSE_LABEL = '_?[a-z0-9]([-_a-z0-9]*[a-z0-9])?'
const LOOSE_SUBDOMAIN = `${LOOSE_LABEL}(\\.${LOOSE_LABEL})*`
const LOOSE_SUBDOMAIN_PATTERN = new RegExp(`^${LOOSE_SUBDOMAIN}$`)

/** A DNS name as search domains have them, with underscores. */
export function isSubdomainWithUnderscore(value: string): string[] {
  const reasons: string[] = []
  if (Buffer.byteLength(value) > DNS_1123_SUBDOMAIN_MAX_LENGTH) {
    reasons.push(maxLengthText(DNS_1123_SUBDOMAIN_MAX_LENGTH, 'characters'))
  }
  if (LOOSE_SUBDOMAIN_PATTERN.test(value)) return reasons
  const message =
    "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '_', '-' or '.', and must start and end with an alphanumeric character"
  return [...reasons, patternText(message, LOOSE_SUBDOMAIN, 'example.com')]
}

const LABEL = '[a-z0-9]([-a-z0-9]*[a-z0-9])?'
const WILDCARD = `\\*\\.${LABEL}(\\.${LABEL})*`
const WILDCARD_PATTERN = new RegExp(`^${WILDCARD}$`)

/** `*.example.com`. */
export function isWildcardSubdomain(value: string): string[] {
  const reasons: string[] = []
  if (Buffer.byteLength(value) > DNS_1123_SUBDOMAIN_MAX_LENGTH) {
    reasons.push(maxLengthText(DNS_1123_SUBDOMAIN_MAX_LENGTH, 'characters'))
  }
  if (WILDCARD_PATTERN.test(value)) return reasons
  const message =
    "a wildcard DNS-1123 subdomain must start with '*.', followed by a valid DNS subdomain, which must consist of lower case alphanumeric characters, '-' or '.' and end with an alphanumeric character"
  return [...reasons, patternText(message, WILDCARD, '*.example.com')]
}

/** Decimal digits without a leading zero, with or without a minus. */
export function isDecimalInteger(text: string): string[] {
  if (text === '') return ['must be non-empty']
  return /^(0|-?[1-9][0-9]*)$/.test(text) ? [] : ['must be a valid decimal integer in canonical form']
}

/** A domain of at least three segments: admission plugins, webhooks. */
export function* fullyQualifiedName(path: Path, name: string): FieldErrors {
  if (name === '') {
    yield required(path)
    return
  }
  const reasons = isDNS1123Subdomain(name)
  if (reasons.length > 0) yield invalid(path, name, reasons.join(','))
  else if (name.split('.').length < 3) {
    yield invalid(path, name, 'should be a domain with at least three segments separated by dots')
  }
}

/** A domain of at least two segments, with or without a final dot. */
export function* fullyQualifiedDomainName(path: Path, value: string): FieldErrors {
  if (value === '') {
    yield required(path)
    return
  }
  const name = value.endsWith('.') ? value.slice(0, -1) : value
  const reasons = isDNS1123Subdomain(name)
  if (reasons.length > 0) {
    yield invalid(path, name, reasons.join(','))
    return
  }
  const labels = name.split('.')
  if (labels.length < 2) {
    yield invalid(path, name, 'should be a domain with at least two segments separated by dots')
    return
  }
  for (const label of labels) {
    const wrong = isDNS1123Label(label)
    if (wrong.length > 0) {
      yield invalid(path, label, wrong.join(','))
      return
    }
  }
}

const HTTP_PATH = "[A-Za-z0-9/\\-._~%!$&'()*+,;=:]+"

/** `acme.io/foo`. */
export function* domainPrefixedPath(path: Path, value: string): FieldErrors {
  if (value === '') {
    yield required(path)
    return
  }
  const slash = value.indexOf('/')
  const host = value.slice(0, Math.max(slash, 0))
  const rest = value.slice(slash + 1)
  if (slash < 0 || host === '' || rest === '') {
    yield invalid(path, value, 'must be a domain-prefixed path (such as "acme.io/foo")')
    return
  }
  for (const reason of isDNS1123Subdomain(host)) yield invalid(path, host, reason)
  if (!/^[A-Za-z0-9/\-._~%!$&'()*+,;=:]+$/.test(rest)) {
    yield invalid(path, rest, patternText('Invalid path', HTTP_PATH))
  }
}
