// Functions on strings: what the library lacks of CEL's string extension, and Kubernetes' regular expressions.
//
// Expressions are matched by RE2: a pattern and a text of a client cost time in proportion to their lengths, where
// JavaScript's own engine may never end. Upstream: github.com/google/cel-go/ext/strings.go,
// staging/src/k8s.io/apiserver/pkg/cel/library/regex.go

import type { Environment } from '@marcbachmann/cel-js'
import { RE2JS } from 're2js'
import { SHORT_ESCAPES } from '#api/meta/field-error.ts'

/** What `matches` is renamed to before an expression is compiled, as the library's own cannot be replaced. */
export const MATCHES = 're2_matches'

export function addStrings(environment: Environment): void {
  environment
    .registerFunction(`string.${MATCHES}(string): bool`, (text: string, pattern: string) =>
      compile(pattern).matcher(text).find(),
    )
    .registerFunction('matches(string, string): bool', (text: string, pattern: string) =>
      compile(pattern).matcher(text).find(),
    )
    .registerFunction('string.find(string): string', (text: string, pattern: string) => {
      const matcher = compile(pattern).matcher(text)
      return matcher.find() ? (matcher.group() ?? '') : ''
    })
    .registerFunction('string.findAll(string): list<string>', (text: string, pattern: string) =>
      findAll(text, pattern, -1n),
    )
    .registerFunction('string.findAll(string, int): list<string>', findAll)
    .registerFunction('string.replace(string, string): string', (text: string, from: string, to: string) =>
      text.replaceAll(from, () => to),
    )
    .registerFunction('string.replace(string, string, int): string', replace)
    .registerFunction('string.charAt(int): string', charAt)
    .registerFunction('string.reverse(): string', (text: string) => [...text].reverse().join(''))
    .registerFunction('string.format(list): string', format)
    .registerType('strings', StringsNamespace)
    .registerConstant('strings', 'strings', new StringsNamespace())
    .registerFunction('strings.quote(string): string', (_strings: object, text: string) => quote(text))
}

class StringsNamespace {}

/** As it could stand in an expression. */
const quote = (text: string): string => `"${[...text].map((char) => SHORT_ESCAPES[char] ?? char).join('')}"`

function compile(pattern: string): RE2JS {
  try {
    return RE2JS.compile(pattern)
  } catch (error) {
    throw new Error(`Illegal regex: ${error instanceof Error ? error.message : String(error)}`)
  }
}

function findAll(text: string, pattern: string, limit: bigint): string[] {
  const matcher = compile(pattern).matcher(text)
  const found: string[] = []
  while ((limit < 0n || found.length < limit) && matcher.find()) found.push(matcher.group() ?? '')
  return found
}

function replace(text: string, from: string, to: string, times: bigint): string {
  const parts = text.split(from)
  const count = times < 0n ? parts.length - 1 : Math.min(Number(times), parts.length - 1)
  return [parts.slice(0, count + 1).join(to), ...parts.slice(count + 1)].join(from)
}

function charAt(text: string, index: bigint): string {
  if (index < 0n || index > text.length) throw new Error(`index out of range: ${index}`)
  return text.charAt(Number(index))
}

/** `%s` `%d` `%f` `%e` `%b` `%o` `%x` `%X` `%%`, with a precision for floats. */
function format(pattern: string, values: readonly unknown[]): string {
  let next = 0
  return pattern.replace(/%(?:\.(\d+))?(.)/g, (_all, precision: string | undefined, verb: string) => {
    if (verb === '%') return '%'
    if (next >= values.length) throw new Error(`index ${next} out of range`)
    return formatOne(verb, values[next++], Number(precision ?? 6))
  })
}

function formatOne(verb: string, value: unknown, precision: number): string {
  const radix = { b: 2, o: 8, x: 16, X: 16 }[verb]
  if (verb === 's') return show(value)
  if (verb === 'd' && typeof value === 'bigint') return String(value)
  if (verb === 'f') return Number(value).toFixed(precision)
  if (verb === 'e')
    return Number(value)
      .toExponential(precision)
      .replace(/e([+-])(\d)$/, 'e$10$2')
  if (radix !== undefined && (typeof value === 'bigint' || typeof value === 'string')) {
    const text =
      typeof value === 'bigint' ? value.toString(radix) : Buffer.from(value, 'utf8').toString('hex')
    return verb === 'X' ? text.toUpperCase() : text
  }
  throw new Error(`could not parse formatting clause: unrecognized formatting clause ${JSON.stringify(verb)}`)
}

function show(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(show).join(', ')}]`
  if (value instanceof Map) {
    const entries = [...value].map(([key, field]) => `${show(key)}: ${show(field)}`)
    return `{${entries.sort().join(', ')}}`
  }
  if (value instanceof Date) return value.toISOString().replace(/\.000Z$/, 'Z')
  return String(value)
}
