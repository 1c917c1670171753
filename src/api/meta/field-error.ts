// What validation says about a field: which one, what is wrong, in Kubernetes' words.
//
// Validators return lists of these; the registry turns a list into one Status 422 (meta/status.ts).
// Upstream: staging/src/k8s.io/apimachinery/pkg/util/validation/field/{errors,path}.go

export type FieldErrorType =
  | 'FieldValueNotFound'
  | 'FieldValueRequired'
  | 'FieldValueDuplicate'
  | 'FieldValueInvalid'
  | 'FieldValueNotSupported'
  | 'FieldValueForbidden'
  | 'FieldValueTooLong'
  | 'FieldValueTooMany'
  | 'FieldValueTooFew'
  | 'FieldValueTooShort'
  | 'FieldValueTypeInvalid'
  | 'InternalError'

export interface FieldError {
  readonly type: FieldErrorType
  /** `spec.template.spec.containers[0].name` */
  readonly field: string
  /** Message without the field: `Invalid value: -1: must be greater than or equal to 0`. */
  readonly body: string
}

const WORDS: Readonly<Record<FieldErrorType, string>> = {
  FieldValueNotFound: 'Not found',
  FieldValueRequired: 'Required value',
  FieldValueDuplicate: 'Duplicate value',
  FieldValueInvalid: 'Invalid value',
  FieldValueNotSupported: 'Unsupported value',
  FieldValueForbidden: 'Forbidden',
  FieldValueTooLong: 'Too long',
  FieldValueTooMany: 'Too many',
  FieldValueTooFew: 'Too few',
  FieldValueTooShort: 'Too short',
  FieldValueTypeInvalid: 'Invalid value',
  InternalError: 'Internal error',
}

/** A path into an object; immutable, `child` and `index` make longer ones. */
export class Path {
  readonly text: string

  constructor(text = '') {
    this.text = text
  }

  /** `spec` → `spec.template.spec` */
  child(...names: readonly string[]): Path {
    return new Path([this.text, ...names].filter((part) => part !== '').join('.'))
  }

  /** `containers` → `containers[0]` */
  index(position: number): Path {
    return new Path(`${this.text}[${position}]`)
  }

  /** `labels` → `labels[app]` */
  key(name: string): Path {
    return new Path(`${this.text}[${name}]`)
  }

  toString(): string {
    return this.text
  }
}

function make(type: FieldErrorType, path: Path, value: string | undefined, detail: string): FieldError {
  const parts = [WORDS[type], value, detail === '' ? undefined : detail]
  return { type, field: path.text, body: parts.filter((part) => part !== undefined).join(': ') }
}

export const required = (path: Path, detail = ''): FieldError =>
  make('FieldValueRequired', path, undefined, detail)

export const invalid = (path: Path, value: unknown, detail: string): FieldError =>
  make('FieldValueInvalid', path, formatValue(value), detail)

/** For values that say nothing by themselves, such as a whole list of conditions. */
export const invalidWithoutValue = (path: Path, detail: string): FieldError =>
  make('FieldValueInvalid', path, undefined, detail)

export const typeInvalid = (path: Path, value: unknown, detail: string): FieldError =>
  make('FieldValueTypeInvalid', path, formatValue(value), detail)

export const duplicate = (path: Path, value: unknown, detail = ''): FieldError =>
  make('FieldValueDuplicate', path, formatValue(value), detail)

export const duplicateWithoutValue = (path: Path): FieldError =>
  make('FieldValueDuplicate', path, undefined, '')

export const notFound = (path: Path, value: unknown, detail = ''): FieldError =>
  make('FieldValueNotFound', path, formatValue(value), detail)

export const forbidden = (path: Path, detail: string): FieldError =>
  make('FieldValueForbidden', path, undefined, detail)

export const internal = (path: Path, detail: string): FieldError =>
  make('InternalError', path, undefined, detail)

/** `maxLength` in bytes; negative when the limit is not to be told. */
export const tooLong = (path: Path, maxLength: number): FieldError =>
  make(
    'FieldValueTooLong',
    path,
    undefined,
    maxLength >= 0 ? `may not be more than ${count(maxLength, 'byte')}` : 'value is too long',
  )

const count = (number: number, unit: string): string => `${number} ${unit}${number === 1 ? '' : 's'}`

export const tooMany = (path: Path, actual: number, maximum: number): FieldError =>
  make('FieldValueTooMany', path, String(actual), `must have at most ${count(maximum, 'item')}`)

/** Unsupported values are listed in alphabetical order, each in quotes. */
export const notSupported = (path: Path, value: unknown, supported: readonly string[]): FieldError =>
  notSupportedInOrder(path, value, [...supported].sort())

/** The few lists that upstream writes down in an order of their own. */
export function notSupportedInOrder(path: Path, value: unknown, supported: readonly string[]): FieldError {
  const quoted = supported.map((word) => JSON.stringify(word))
  const detail = quoted.length > 0 ? `supported values: ${quoted.join(', ')}` : ''
  return make('FieldValueNotSupported', path, formatValue(value), detail)
}

/** Several errors in one text, as Go joins them: one alone, more in brackets. */
export function aggregateFieldErrors(errors: readonly FieldError[]): string {
  const texts = [...new Set(errors.map(({ field, body }) => `${field}: ${body}`))]
  return texts.length === 1 ? texts[0]! : `[${texts.join(', ')}]`
}

/** How a value is written in a message: strings as Go quotes them, null for nothing, the rest as Go's JSON. */
export function formatValue(value: unknown): string {
  if (value === undefined || value === null) return 'null'
  return typeof value === 'string' ? goQuote(value) : goJson(value)
}

/** Go's JSON keeps itself harmless in HTML. */
export function goJson(value: unknown, indent = 0): string {
  return escapeMarkup(JSON.stringify(value, undefined, indent))
}

/** The same for a text that is JSON already. */
export function escapeMarkup(json: string): string {
  return json.replace(/[<>&\u2028\u2029]/g, (char) => unicodeEscape(char))
}

/** Escapes of Go's string literals that have a letter of their own. */
export const SHORT_ESCAPES: Readonly<Record<string, string>> = {
  '\u0007': '\\a',
  '\b': '\\b',
  '\f': '\\f',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
  '\v': '\\v',
  '"': '\\"',
  '\\': '\\\\',
}

/** A string as Go's `%q` writes it: printable characters stay, the others become escapes. */
export function goQuote(text: string): string {
  const body = text.replace(/["\\]|[\p{C}\p{Zl}\p{Zp}]|(?! )\p{Zs}/gu, (char) => {
    const short = SHORT_ESCAPES[char]
    if (short !== undefined) return short
    const code = char.codePointAt(0)!
    if (code < 0x80) return `\\x${code.toString(16).padStart(2, '0')}`
    return code > 0xffff ? `\\U${code.toString(16).padStart(8, '0')}` : unicodeEscape(char)
  })
  return `"${body}"`
}

const unicodeEscape = (char: string): string => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`
