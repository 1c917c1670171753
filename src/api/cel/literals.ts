// Numbers and strings of CEL, as they are written.
//
// Upstream: github.com/google/cel-go/parser/{parser,unescape}.go

import type { CelNode, LiteralType } from '#api/cel/node.ts'
import type { CelIssue } from '#api/cel/tokens.ts'

export const CONSTANTS: Readonly<Record<string, LiteralType>> = { true: 'bool', false: 'bool', null: 'null' }
/** The tree of what could not be read. */
export const NOTHING: CelNode = { kind: 'literal', type: 'null', text: 'null', at: 0 }
export const RESERVED: ReadonlySet<string> = new Set(
  'as break const continue else for function if import let loop package namespace return var void while'.split(
    ' ',
  ),
)

const MAX_INT = 2n ** 63n
const MAX_UINT = 2n ** 64n

/** A number with its sign, and what is wrong with it. */
export function literalOf(
  text: string,
  at: number,
): { readonly literal: CelNode; readonly issue: CelIssue | undefined } {
  const digits = text.replace(/^-/, '').replace(/[uU]$/, '')
  const isHex = /^0[xX]/.test(digits)
  const type = /[uU]$/.test(text) ? 'uint' : !isHex && /[.eE]/.test(digits) ? 'double' : 'int'
  const literal: CelNode = { kind: 'literal', type, text, at }
  return {
    literal,
    issue: fits(digits, type, text.startsWith('-')) ? undefined : { at, text: `invalid ${type} literal` },
  }
}

function fits(digits: string, type: 'int' | 'uint' | 'double', isNegative: boolean): boolean {
  if (type === 'double') return Number.isFinite(Number(digits))
  const value = BigInt(digits)
  return type === 'uint' ? value < MAX_UINT : value < MAX_INT || (isNegative && value === MAX_INT)
}

const ESCAPED: Readonly<Record<string, string>> = {
  a: '\x07',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
}

/** What a string says, without its quotes and escapes. */
export function unquoted(token: string): string {
  const [, prefix = '', body = ''] =
    /^([bBrR]*)("""[\s\S]*"""|'''[\s\S]*'''|"[\s\S]*"|'[\s\S]*')$/.exec(token) ?? []
  const width = /^("""|''')/.test(body) && body.length >= 6 ? 3 : 1
  const inner = body.slice(width, -width)
  if (/r/i.test(prefix)) return inner
  return inner.replace(
    /\\(?:[xX](..)|u(.{4})|U(.{8})|([0-3][0-7]{2})|([\s\S]))/g,
    (_all, x, u, long, octal, one) => {
      if (octal) return String.fromCodePoint(Number.parseInt(octal, 8))
      const hex: string | undefined = x ?? u ?? long
      return hex ? String.fromCodePoint(Number.parseInt(hex, 16)) : (ESCAPED[one] ?? one)
    },
  )
}
