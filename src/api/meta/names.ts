// Which strings may name things: objects, labels, finalizers, path segments. Each check gives what is wrong, or nothing.
//
// Shared by the registry (ObjectMeta) and by the kinds' own validators, so that a rule has one wording.
// Upstream: staging/src/k8s.io/apimachinery/pkg/api/validate/content, .../pkg/api/validation/generic.go

const LABEL = '[a-z0-9]([-a-z0-9]*[a-z0-9])?'
const SUBDOMAIN = `${LABEL}(\\.${LABEL})*`
const DNS_1035_LABEL = '[a-z]([-a-z0-9]*[a-z0-9])?'
const KEY = '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]'
const VALUE = `(${KEY})?`

const whole = (pattern: string): RegExp => new RegExp(`^${pattern}$`)
const LABEL_PATTERN = whole(LABEL)
const SUBDOMAIN_PATTERN = whole(SUBDOMAIN)
const DNS_1035_PATTERN = whole(DNS_1035_LABEL)
const KEY_PATTERN = whole(KEY)
const VALUE_PATTERN = whole(VALUE)

export const DNS_1123_LABEL_MAX_LENGTH = 63
export const DNS_1123_SUBDOMAIN_MAX_LENGTH = 253
export const LABEL_VALUE_MAX_LENGTH = 63

/** Upstream counts bytes everywhere, but says so only for labels and their keys. */
export const maxLengthText = (length: number, unit: 'bytes' | 'characters' = 'bytes'): string =>
  `must be no more than ${length} ${unit}`

/** How a pattern that did not match is explained, with examples of what would. */
export function patternText(message: string, pattern: string, ...examples: readonly string[]): string {
  if (examples.length === 0) return `${message} (regex used for validation is '${pattern}')`
  const quoted = examples.map((example) => `'${example}', `).join(' or ')
  return `${message} (e.g. ${quoted}regex used for validation is '${pattern}')`
}

const byteLength = (text: string): number => Buffer.byteLength(text)

function tooLong(value: string, max: number, unit: 'bytes' | 'characters'): string[] {
  return byteLength(value) > max ? [maxLengthText(max, unit)] : []
}

export function isDNS1123Label(value: string, unit: 'bytes' | 'characters' = 'characters'): string[] {
  const errors = tooLong(value, DNS_1123_LABEL_MAX_LENGTH, unit)
  if (LABEL_PATTERN.test(value)) return errors
  if (SUBDOMAIN_PATTERN.test(value)) return [...errors, 'must not contain dots']
  const message =
    "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character"
  return [...errors, patternText(message, LABEL, 'my-name', '123-abc')]
}

export function isDNS1123Subdomain(value: string, unit: 'bytes' | 'characters' = 'characters'): string[] {
  const errors = tooLong(value, DNS_1123_SUBDOMAIN_MAX_LENGTH, unit)
  if (SUBDOMAIN_PATTERN.test(value)) return errors
  const message =
    "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character"
  return [...errors, patternText(message, SUBDOMAIN, 'example.com')]
}

export function isDNS1035Label(value: string): string[] {
  const errors = tooLong(value, DNS_1123_LABEL_MAX_LENGTH, 'characters')
  if (DNS_1035_PATTERN.test(value)) return errors
  const message =
    "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character"
  return [...errors, patternText(message, DNS_1035_LABEL, 'my-name', 'abc-123')]
}

/** A label key, an annotation key (in lower case), a condition type: `name` or `example.com/name`. */
export function isQualifiedName(value: string): string[] {
  const message =
    "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character"
  const explained = patternText(message, KEY, 'MyName', 'my.name', '123-abc')
  const parts = value.split('/')
  if (parts.length > 2) {
    return [
      `a valid label key ${explained} with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')`,
    ]
  }
  const errors: string[] = []
  const name = parts.at(-1)!
  if (parts.length === 2) {
    if (parts[0] === '') errors.push('prefix part must be non-empty')
    else errors.push(...isDNS1123Subdomain(parts[0]!, 'bytes').map((text) => `prefix part ${text}`))
  }
  if (name === '') errors.push('name part must be non-empty')
  else if (byteLength(name) > 63) errors.push(`name part ${maxLengthText(63)}`)
  if (!KEY_PATTERN.test(name)) errors.push(`name part ${explained}`)
  return errors
}

export function isLabelValue(value: string): string[] {
  const errors = byteLength(value) > LABEL_VALUE_MAX_LENGTH ? [maxLengthText(LABEL_VALUE_MAX_LENGTH)] : []
  if (VALUE_PATTERN.test(value)) return errors
  const message =
    "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character"
  return [...errors, patternText(message, VALUE, 'MyValue', 'my_value', '12345')]
}

/** Whether a name can be one part of a path. */
export function isPathSegmentName(name: string, isPrefix = false): string[] {
  if (!isPrefix && (name === '.' || name === '..')) return [`may not be '${name}'`]
  return ['/', '%'].filter((text) => name.includes(text)).map((text) => `may not contain '${text}'`)
}

/** A prefix may end in a dash, since something will follow it. */
function withoutTrailingDash(name: string, isPrefix: boolean): string {
  return isPrefix && name.length > 1 && name.endsWith('-') ? `${name.slice(0, -2)}a` : name
}

/** Name validators of kinds; `isPrefix` when a generated suffix follows. */
export const nameIsDNSSubdomain = (name: string, isPrefix: boolean): string[] =>
  isDNS1123Subdomain(withoutTrailingDash(name, isPrefix))

export const nameIsDNSLabel = (name: string, isPrefix: boolean): string[] =>
  isDNS1123Label(withoutTrailingDash(name, isPrefix))
