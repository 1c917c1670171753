// CEL text as tokens, each with its place.
//
// What is no token is told and passed over, as cel-go's lexer does, so that all that is wrong is told at once.
// Upstream: github.com/google/cel-go/parser/gen/CEL.g4

export interface Token {
  readonly kind: 'identifier' | 'number' | 'string' | 'symbol' | 'end'
  readonly text: string
  /** Offset in the source, from 0. */
  readonly at: number
}

/** The place of what is wrong with a text as a whole. */
export const NOWHERE = -1

/** What is wrong with a text, and where. */
export interface CelIssue {
  readonly at: number
  readonly text: string
}

const MAX_CODE_POINTS = 100_000
const SPACE = /(?:[\s]|\/\/[^\n]*)+/y
const IDENTIFIER = /[_a-zA-Z][_a-zA-Z0-9]*|`[_a-zA-Z0-9.\-/ ]+`/y
const NUMBER =
  /0[xX][0-9a-fA-F]+[uU]?|\d+\.\d+(?:[eE][+-]?\d+)?|\d+[eE][+-]?\d+|\.\d+(?:[eE][+-]?\d+)?|\d+[uU]?/y
const ESCAPE = String.raw`\\(?:[abfnrtv"'\\?${'`'}]|[xX][0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}|[0-3][0-7]{2})`
const STRING = new RegExp(
  [
    String.raw`[bB]?[rR][bB]?(?:"""[\s\S]*?"""|'''[\s\S]*?'''|"[^"\n\r]*"|'[^'\n\r]*')`,
    String.raw`[bB]?(?:"""(?:[^\\]|${ESCAPE})*?"""|'''(?:[^\\]|${ESCAPE})*?''')`,
    String.raw`[bB]?(?:"(?:[^"\\\n\r]|${ESCAPE})*"|'(?:[^'\\\n\r]|${ESCAPE})*')`,
  ].join('|'),
  'y',
)
const SYMBOL = /==|!=|<=|>=|&&|\|\||\.\?|[-+*/%<>!?:.,()[\]{}]/y
/** The beginning of a string up to where it cannot go on. */
const OPEN_STRING = new RegExp(String.raw`(["'])(?:(?!\1)[^\\\n\r]|${ESCAPE})*`, 'y')

const PATTERNS = [
  ['string', STRING],
  ['number', NUMBER],
  ['identifier', IDENTIFIER],
  ['symbol', SYMBOL],
] as const

/** What is wrong with a text that is too long to be read. */
export function lengthIssue(source: string): CelIssue | undefined {
  const size = source.length <= MAX_CODE_POINTS ? source.length : [...source].length
  if (size <= MAX_CODE_POINTS) return undefined
  const text = `expression code point size exceeds limit: size: ${size}, limit ${MAX_CODE_POINTS}`
  return { at: NOWHERE, text }
}

/** All tokens, and one for the end; what is none is put into `issues`. */
export function tokenize(source: string, issues: CelIssue[] = []): Token[] {
  const tokens: Token[] = []
  let at = 0
  for (;;) {
    at += matchAt(SPACE, source, at).length
    if (at >= source.length) break
    const token = tokenAt(source, at)
    if (token) tokens.push(token)
    else issues.push({ at, text: `Syntax error: token recognition error at: '${strayAt(source, at)}'` })
    at += (token?.text ?? strayAt(source, at)).length
  }
  tokens.push({ kind: 'end', text: '<EOF>', at: source.length })
  return tokens
}

function tokenAt(source: string, at: number): Token | undefined {
  for (const [kind, pattern] of PATTERNS) {
    const text = matchAt(pattern, source, at)
    if (text !== '') return { kind, text, at }
  }
  return undefined
}

/** What the lexer has read when it knows that this is no token: half a string or operator, and the character after it. */
function strayAt(source: string, at: number): string {
  const begun = matchAt(OPEN_STRING, source, at) || ('=&|'.includes(source[at]!) ? source[at]! : '')
  const rest = source.slice(at + begun.length, at + begun.length + 2)
  // of an escape, the backslash has been read
  return begun + (begun && rest.startsWith('\\') ? rest : ([...rest][0] ?? ''))
}

function matchAt(pattern: RegExp, source: string, at: number): string {
  pattern.lastIndex = at
  return pattern.exec(source)?.[0] ?? ''
}
