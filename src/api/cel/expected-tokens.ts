// Which tokens may stand where: what the parser's messages list as expected, and where it goes on after a mistake.
//
// Upstream: github.com/google/cel-go/parser/gen/CEL.g4, whose sets of tokens ANTLR prints

import type { Token } from '#api/cel/tokens.ts'

/** What an operand begins with; `end` and `mark` where those may stand instead or before. */
export const operands = (end = '', mark = ''): string =>
  `{'[', '{', '(', ${end}'.', '-', '!', ${mark}'true', 'false', 'null', NUM_FLOAT, NUM_INT, NUM_UINT, STRING, BYTES, IDENTIFIER}`
/** Where reading goes on after an operand that was none. */
export const AFTER_OPERAND = [
  '||',
  '&&',
  '==',
  '!=',
  '<',
  '<=',
  '>',
  '>=',
  'in',
  '+',
  '-',
  '*',
  '/',
  '%',
  '?',
  ':',
]
export const CLOSING = [')', ']', '}', ',']

export function isOneOf({ kind, text }: Token, texts: readonly string[]): boolean {
  return (kind === 'symbol' || (kind === 'identifier' && text === 'in')) && texts.includes(text)
}

/** Where it does, ANTLR takes the token before it for one too many. */
export function beginsOperand(token: Token): boolean {
  if (token.text === 'in') return false
  return token.kind === 'symbol' ? '[{(.-!'.includes(token.text) : token.kind !== 'end'
}

/** Whether the text would be right if only `text` stood before the token. */
export function canFollow(text: string, token: Token): boolean {
  if (text === ':') return beginsOperand(token)
  return token.kind === 'end' || isOneOf(token, [...AFTER_OPERAND, ...CLOSING.filter((one) => one !== ',')])
}

/** What may stand after the bracket of a list or map. */
export function firstItems(open: string): string {
  const close = open === '[' ? `'[', ']', '{'` : `'[', '{', '}'`
  return operands('', "'?', ").replace("'[', '{'", close).replace("'.', ", "'.', ',', ")
}
