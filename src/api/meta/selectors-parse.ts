// The text form of label selectors: `app=web,tier in (a,b),!legacy,count>3`.
//
// A scanner and a recursive descent, so that the refusals are Kubernetes' own.
// Upstream: staging/src/k8s.io/apimachinery/pkg/labels/selector.go (Lexer, Parser)

import { invalid, Path } from '#api/meta/field-error.ts'
import { isQualifiedName } from '#api/meta/names.ts'
import {
  type Operator,
  type Requirement,
  requirement,
  type Selector,
  SelectorError,
  sorted,
} from '#api/meta/selectors.ts'

/** Parses; '' selects everything. Throws SelectorError. */
export function parseSelector(text: string): Selector {
  const parser = new Parser(scan(text))
  return sorted(parser.requirements())
}

type TokenKind =
  | 'identifier'
  | 'end'
  | ')'
  | ','
  | '!'
  | '=='
  | '='
  | '>'
  | 'in'
  | '<'
  | '!='
  | 'notin'
  | '('
  | 'error'

interface Token {
  readonly kind: TokenKind
  readonly text: string
}

const SYMBOLS = new Set(['=', '!', '(', ')', ',', '>', '<'])
const SYMBOL_TOKENS: ReadonlySet<string> = new Set([')', ',', '!', '==', '=', '>', '<', '!=', '('])
const END: Token = { kind: 'end', text: '' }

function scan(text: string): Token[] {
  const tokens: Token[] = []
  let position = 0
  while (position < text.length) {
    const character = text[position] ?? ''
    if (/[ \t\r\n]/.test(character)) {
      position++
      continue
    }
    const start = position
    if (SYMBOLS.has(character)) {
      const token = scanSymbol(text, position)
      tokens.push(token)
      position += token.kind === 'error' ? 1 : token.text.length
      continue
    }
    while (
      position < text.length &&
      !SYMBOLS.has(text[position] ?? '') &&
      !/[ \t\r\n]/.test(text[position] ?? '')
    ) {
      position++
    }
    const word = text.slice(start, position)
    tokens.push({ kind: word === 'in' || word === 'notin' ? word : 'identifier', text: word })
  }
  return [...tokens, END]
}

/** The longest operator that begins here. */
function scanSymbol(text: string, start: number): Token {
  const two = text.slice(start, start + 2)
  if (SYMBOL_TOKENS.has(two)) return { kind: two as TokenKind, text: two }
  const one = text.slice(start, start + 1)
  return { kind: one as TokenKind, text: one }
}

const BINARY_OPERATORS: Readonly<Partial<Record<TokenKind, Operator>>> = {
  in: 'in',
  notin: 'notin',
  '=': '=',
  '==': '==',
  '!=': '!=',
  '>': 'gt',
  '<': 'lt',
}
const EXPECTED_OPERATORS = 'in, notin, =, ==, !=, gt, lt'

class Parser {
  readonly #tokens: readonly Token[]
  #position = 0

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens
  }

  requirements(): Requirement[] {
    const found: Requirement[] = []
    for (;;) {
      const first = this.#peek()
      if (first.kind === 'end') return found
      if (first.kind !== 'identifier' && first.kind !== '!') {
        throw new SelectorError(`found '${first.text}', expected: !, identifier, or 'end of string'`)
      }
      found.push(this.#requirement())
      const next = this.#take()
      if (next.kind === 'end') return found
      if (next.kind !== ',') throw new SelectorError(`found '${next.text}', expected: ',' or 'end of string'`)
      const after = this.#peek()
      if (after.kind !== 'identifier' && after.kind !== '!') {
        throw new SelectorError(`found '${after.text}', expected: identifier after ','`)
      }
    }
  }

  #requirement(): Requirement {
    try {
      return this.#parseRequirement()
    } catch (error) {
      if (!(error instanceof SelectorError)) throw error
      throw new SelectorError(`unable to parse requirement: ${error.message}`, { cause: error })
    }
  }

  #parseRequirement(): Requirement {
    let token = this.#take()
    const isNegated = token.kind === '!'
    if (isNegated) token = this.#take()
    if (token.kind !== 'identifier') throw new SelectorError(`found '${token.text}', expected: identifier`)
    const key = token.text
    const wrong = isQualifiedName(key)
    if (wrong.length > 0) {
      const error = invalid(new Path('<nil>'), key, wrong.join('; '))
      throw new SelectorError(`${error.field}: ${error.body}`)
    }
    const next = this.#peek()
    if (isNegated) return requirement(key, '!', [])
    if (next.kind === 'end' || next.kind === ',') return requirement(key, 'exists', [])
    const operator = this.#operator()
    const values = operator === 'in' || operator === 'notin' ? this.#values() : [this.#exactValue()]
    return requirement(key, operator, [...new Set(values)].sort())
  }

  #operator(): Operator {
    const token = this.#tokens[this.#position++] ?? END
    const operator = BINARY_OPERATORS[token.kind]
    if (!operator) throw new SelectorError(`found '${token.text}', expected: ${EXPECTED_OPERATORS}`)
    return operator
  }

  #values(): string[] {
    const open = this.#take()
    if (open.kind !== '(') throw new SelectorError(`found '${open.text}' expected: '('`)
    const first = this.#peek()
    if (first.kind === ')') {
      this.#take()
      return ['']
    }
    if (first.kind !== 'identifier' && first.kind !== ',') {
      throw new SelectorError(`found '${first.text}', expected: ',', ')' or identifier`)
    }
    const values = this.#list()
    if (this.#take().kind !== ')') throw new SelectorError(`found '${first.text}', expected: ')'`)
    return values
  }

  /** `a,b`, where nothing before, between or after commas stands for the empty value. */
  #list(): string[] {
    const values: string[] = []
    for (;;) {
      const token = this.#take()
      if (token.kind === 'identifier') {
        values.push(token.text)
        const next = this.#peek()
        if (next.kind === ')') return values
        if (next.kind !== ',') throw new SelectorError(`found '${next.text}', expected: ',' or ')'`)
      } else if (token.kind === ',') {
        if (values.length === 0) values.push('')
        const next = this.#peek()
        if (next.kind === ')') return [...values, '']
        if (next.kind === ',') values.push('')
      } else throw new SelectorError(`found '${token.text}', expected: ',', or identifier`)
    }
  }

  #exactValue(): string {
    const next = this.#peek()
    if (next.kind === 'end' || next.kind === ',') return ''
    const token = this.#take()
    if (token.kind !== 'identifier') throw new SelectorError(`found '${token.text}', expected: identifier`)
    return token.text
  }

  /** `in` and `notin` are words like others, except where an operator stands. */
  #peek(): Token {
    const token = this.#tokens[this.#position] ?? END
    return token.kind === 'in' || token.kind === 'notin' ? { kind: 'identifier', text: token.text } : token
  }

  #take(): Token {
    const token = this.#peek()
    this.#position++
    return token
  }
}
