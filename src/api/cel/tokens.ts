// CEL text as tokens, each with its place.
//
// Upstream: github.com/google/cel-go/parser/gen/CEL.g4

export interface Token {
  readonly kind: 'identifier' | 'number' | 'string' | 'symbol' | 'end'
  readonly text: string
  /** Offset in the source, from 0. */
  readonly at: number
}

/** What is wrong with a text, and where. */
export interface CelIssue {
  readonly at: number
  readonly text: string
}

export class CelSyntaxError extends Error {
  readonly at: number

  constructor(at: number, text: string) {
    super(text)
    this.at = at
  }
}

const SPACE = /(?:[\s]|\/\/[^\n]*)+/y
const IDENTIFIER = /[_a-zA-Z][_a-zA-Z0-9]*|`[_a-zA-Z0-9.\-/ ]+`/y
const NUMBER =
  /0[xX][0-9a-fA-F]+[uU]?|\d+\.\d+(?:[eE][+-]?\d+)?|\d+[eE][+-]?\d+|\.\d+(?:[eE][+-]?\d+)?|\d+[uU]?/y
const STRING =
  /[bBrR]{0,2}(?:"""(?:[^\\]|\\[\s\S])*?"""|'''(?:[^\\]|\\[\s\S])*?'''|"(?:[^"\\\n\r]|\\.)*"|'(?:[^'\\\n\r]|\\.)*')/y
const SYMBOL = /==|!=|<=|>=|&&|\|\||\.\?|\[\?|\{\?|[-+*/%<>!?:.,()[\]{}]/y

const PATTERNS = [
  ['string', STRING],
  ['number', NUMBER],
  ['identifier', IDENTIFIER],
  ['symbol', SYMBOL],
] as const

/** All tokens, and one for the end. Throws CelSyntaxError. */
export function tokenize(source: string): Token[] {
  const tokens: Token[] = []
  let at = 0
  for (;;) {
    at += matchAt(SPACE, source, at).length
    if (at >= source.length) break
    const token = tokenAt(source, at, tokens.at(-1))
    tokens.push(token)
    at += token.text.length
  }
  tokens.push({ kind: 'end', text: '<EOF>', at: source.length })
  return tokens
}

function tokenAt(source: string, at: number, before: Token | undefined): Token {
  for (const [kind, pattern] of PATTERNS) {
    const text = matchAt(pattern, source, at)
    // `list.0` is no number after a dot
    if (text === '' || (kind === 'number' && text.startsWith('.') && before?.kind === 'identifier')) continue
    return { kind, text, at }
  }
  throw new CelSyntaxError(at, `Syntax error: token recognition error at: '${source[at]}'`)
}

function matchAt(pattern: RegExp, source: string, at: number): string {
  pattern.lastIndex = at
  return pattern.exec(source)?.[0] ?? ''
}
