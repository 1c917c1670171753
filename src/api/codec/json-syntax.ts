// A JSON parser that keeps what JSON.parse loses: doubled keys, the spelling of numbers, Go's error texts.
//
// Slow beside JSON.parse, and so used only where something is wrong or odd (codec/json.ts).
// Upstream: vendor/sigs.k8s.io/json/internal/golang/encoding/json/scanner.go

/** A number with its spelling. */
export class RawNumber {
  readonly text: string
  constructor(text: string) {
    this.text = text
  }
}

/** An object with all its members in order, doubled ones included. */
export class RawObject {
  readonly keys: string[] = []
  readonly values: RawValue[] = []
}

export type RawValue = RawObject | RawNumber | RawValue[] | string | boolean | null

export class JsonSyntaxError extends Error {}

/** Deeper nesting is refused; Go's bound is 10,000, which would not fit this stack. */
export const MAX_DEPTH = 1000

/** Parses; throws JsonSyntaxError with Go's text. */
export function parseRaw(text: string): RawValue {
  const parser = new Parser(text)
  parser.skipSpace()
  const value = parser.value(0)
  parser.skipSpace()
  if (parser.position < text.length) throw parser.wrong('after top-level value')
  return value
}

/** The plain value; of doubled keys the last counts. */
export function plainOf(raw: RawValue): unknown {
  if (raw instanceof RawNumber) return Number(raw.text)
  if (Array.isArray(raw)) return raw.map(plainOf)
  if (!(raw instanceof RawObject)) return raw
  return Object.fromEntries(raw.keys.map((key, i) => [key, plainOf(raw.values[i]!)]))
}

const ESCAPES: Readonly<Record<string, string>> = {
  '"': '"',
  '\\': '\\',
  '/': '/',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
}

class Parser {
  position = 0
  readonly #text: string

  constructor(text: string) {
    this.#text = text
  }

  /** The error at the current character, or at the end. */
  wrong(context: string): JsonSyntaxError {
    const character = this.#text.codePointAt(this.position)
    if (character === undefined) return new JsonSyntaxError('unexpected end of JSON input')
    return new JsonSyntaxError(`invalid character ${quoteCharacter(character)} ${context}`)
  }

  skipSpace(): void {
    while (/[ \t\r\n]/.test(this.#text[this.position] ?? '')) this.position++
  }

  value(depth: number): RawValue {
    const character = this.#text[this.position] ?? ''
    if (character === '{' || character === '[') {
      if (depth >= MAX_DEPTH) throw this.wrong('exceeded max depth')
      return character === '{' ? this.#object(depth + 1) : this.#array(depth + 1)
    }
    if (character === '"') return this.#string()
    if (character === '-' || (character >= '0' && character <= '9')) return this.#number()
    if (character === 't') return this.#literal('true', true)
    if (character === 'f') return this.#literal('false', false)
    if (character === 'n') return this.#literal('null', null)
    throw this.wrong('looking for beginning of value')
  }

  #object(depth: number): RawObject {
    const object = new RawObject()
    this.position++
    this.skipSpace()
    if (this.#text[this.position] === '}') {
      this.position++
      return object
    }
    for (;;) {
      if (this.#text[this.position] !== '"') throw this.wrong('looking for beginning of object key string')
      const key = this.#string()
      this.skipSpace()
      if (this.#text[this.position] !== ':') throw this.wrong('after object key')
      this.position++
      this.skipSpace()
      object.keys.push(key)
      object.values.push(this.value(depth))
      this.skipSpace()
      if (this.#text[this.position] === '}') {
        this.position++
        return object
      }
      if (this.#text[this.position] !== ',') throw this.wrong('after object key:value pair')
      this.position++
      this.skipSpace()
    }
  }

  #array(depth: number): RawValue[] {
    const items: RawValue[] = []
    this.position++
    this.skipSpace()
    if (this.#text[this.position] === ']') {
      this.position++
      return items
    }
    for (;;) {
      items.push(this.value(depth))
      this.skipSpace()
      if (this.#text[this.position] === ']') {
        this.position++
        return items
      }
      if (this.#text[this.position] !== ',') throw this.wrong('after array element')
      this.position++
      this.skipSpace()
    }
  }

  #string(): string {
    let out = ''
    this.position++
    for (;;) {
      const character = this.#text[this.position]
      if (character === undefined || character < ' ') throw this.wrong('in string literal')
      this.position++
      if (character === '"') return out
      if (character !== '\\') {
        out += character
        continue
      }
      const letter = this.#text[this.position] ?? ''
      if (letter === 'u') out += this.#unicodeEscape()
      else if (ESCAPES[letter] === undefined) throw this.wrong('in string escape code')
      else {
        out += ESCAPES[letter]
        this.position++
      }
    }
  }

  #unicodeEscape(): string {
    for (let i = 1; i <= 4; i++) {
      this.position++
      if (!/[0-9a-fA-F]/.test(this.#text[this.position] ?? ''))
        throw this.wrong('in \\u hexadecimal character escape')
    }
    this.position++
    return String.fromCharCode(Number.parseInt(this.#text.slice(this.position - 4, this.position), 16))
  }

  #number(): RawNumber {
    const start = this.position
    if (this.#text[this.position] === '-') this.position++
    if (this.#text[this.position] === '0') this.position++
    else this.#digits('in numeric literal')
    if (this.#text[this.position] === '.') {
      this.position++
      this.#digits('after decimal point in numeric literal')
    }
    if (/[eE]/.test(this.#text[this.position] ?? '')) {
      this.position++
      if (/[+-]/.test(this.#text[this.position] ?? '')) this.position++
      this.#digits('in exponent of numeric literal')
    }
    return new RawNumber(this.#text.slice(start, this.position))
  }

  #digits(context: string): void {
    const start = this.position
    while (/[0-9]/.test(this.#text[this.position] ?? '')) this.position++
    if (this.position === start) throw this.wrong(context)
  }

  #literal<T extends boolean | null>(word: string, value: T): T {
    for (let i = 1; i < word.length; i++) {
      this.position++
      if (this.#text[this.position] !== word[i])
        throw this.wrong(`in literal ${word} (expecting '${word[i]}')`)
    }
    this.position++
    return value
  }
}

/** A character as Go quotes it: the first byte of what is not ASCII. */
function quoteCharacter(character: number): string {
  if (character === 39) return "'\\''"
  if (character === 34) return "'\"'"
  const first =
    character < 128 ? character : (new TextEncoder().encode(String.fromCodePoint(character))[0] ?? 0)
  const named: Readonly<Record<number, string>> = {
    7: '\\a',
    8: '\\b',
    9: '\\t',
    10: '\\n',
    11: '\\v',
    12: '\\f',
    13: '\\r',
    92: '\\\\',
  }
  if (named[first]) return `'${named[first]}'`
  if (first < 32 || first === 127) return `'\\x${first.toString(16).padStart(2, '0')}'`
  if (first >= 128 && first < 160) return `'\\u${first.toString(16).padStart(4, '0')}'`
  return `'${String.fromCharCode(first)}'`
}
