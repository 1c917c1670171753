// CEL text as a tree, with the place of each name.
//
// Macros stay calls here; who walks the tree knows what they bind. Upstream: github.com/google/cel-go/parser

import { CelSyntaxError, type Token, tokenize } from '#api/cel/tokens.ts'

export type CelNode =
  | { readonly kind: 'literal'; readonly token: Token }
  | { readonly kind: 'identifier'; readonly name: string; readonly at: number }
  | { readonly kind: 'select'; readonly operand: CelNode; readonly field: string; readonly at: number }
  | {
      readonly kind: 'call'
      readonly target: CelNode | undefined
      readonly name: string
      readonly args: readonly CelNode[]
      readonly at: number
    }
  /** Operators, indexes, lists, maps and messages: their parts are all that matters. */
  | { readonly kind: 'parts'; readonly parts: readonly CelNode[] }

const BINARY: readonly (readonly string[])[] = [
  ['||'],
  ['&&'],
  ['==', '!=', '<', '<=', '>', '>=', 'in'],
  ['+', '-'],
  ['*', '/', '%'],
]
const LITERALS = ['true', 'false', 'null']
/** What an operand begins with; `close` where the arguments of a call may end instead. */
const operands = (close: string): string =>
  `{'[', '{', '(', ${close}'.', '-', '!', 'true', 'false', 'null', NUM_FLOAT, NUM_INT, NUM_UINT, STRING, BYTES, IDENTIFIER}`
/** Deeper nesting is refused, so that no text exhausts the stack. */
const MAX_DEPTH = 250

/** Throws CelSyntaxError. */
export function parseCel(source: string): CelNode {
  const parser = new Parser(tokenize(source))
  return parser.parseAll()
}

class Parser {
  readonly #tokens: readonly Token[]
  #next = 0
  #depth = 0
  /** Where the arguments of the last call begin. */
  #argumentsAt = -1

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens
  }

  parseAll(): CelNode {
    const node = this.#expression()
    const token = this.#peek()
    if (token.kind === 'end') return node
    const isLast = this.#tokens[this.#next + 1]?.kind === 'end'
    const word = isLast ? 'extraneous' : 'mismatched'
    throw new CelSyntaxError(token.at, `Syntax error: ${word} input '${token.text}' expecting <EOF>`)
  }

  #peek(): Token {
    return this.#tokens[this.#next]!
  }

  #is(...texts: readonly string[]): boolean {
    const { kind, text } = this.#peek()
    return (kind === 'symbol' || (kind === 'identifier' && text === 'in')) && texts.includes(text)
  }

  #take(): Token {
    return this.#tokens[this.#next++]!
  }

  #expect(text: string): Token {
    if (this.#is(text)) return this.#take()
    const { at, text: found } = this.#peek()
    throw new CelSyntaxError(at, `Syntax error: mismatched input '${found}' expecting '${text}'`)
  }

  #expression(): CelNode {
    if (++this.#depth > MAX_DEPTH) throw new CelSyntaxError(0, 'expression recursion limit exceeded: 250')
    const condition = this.#binary(0)
    if (!this.#is('?')) {
      this.#depth--
      return condition
    }
    this.#take()
    const yes = this.#binary(0)
    this.#expect(':')
    const no = this.#expression()
    this.#depth--
    return { kind: 'parts', parts: [condition, yes, no] }
  }

  #binary(level: number): CelNode {
    const operators = BINARY[level]
    if (!operators) return this.#unary()
    let left = this.#binary(level + 1)
    while (this.#is(...operators)) {
      this.#take()
      left = { kind: 'parts', parts: [left, this.#binary(level + 1)] }
    }
    return left
  }

  #unary(): CelNode {
    while (this.#is('!', '-')) this.#take()
    return this.#member()
  }

  #member(): CelNode {
    let node = this.#primary()
    for (;;) {
      if (this.#is('.', '.?')) node = this.#selection(node)
      else if (this.#is('[', '[?')) {
        this.#take()
        const index = this.#expression()
        this.#expect(']')
        node = { kind: 'parts', parts: [node, index] }
      } else if (this.#is('{') && isTypeName(node)) node = this.#message()
      else return node
    }
  }

  #selection(operand: CelNode): CelNode {
    const { at } = this.#take()
    const token = this.#take()
    if (token.kind !== 'identifier') {
      throw new CelSyntaxError(token.at, `Syntax error: no viable alternative at input '.${token.text}'`)
    }
    const name = token.text.replaceAll('`', '')
    if (!this.#is('(')) return { kind: 'select', operand, field: name, at }
    const paren = this.#take()
    return { kind: 'call', target: operand, name, args: this.#list(')'), at: paren.at }
  }

  #primary(): CelNode {
    const token = this.#peek()
    if (token.kind === 'number' || token.kind === 'string' || LITERALS.includes(token.text)) {
      return { kind: 'literal', token: this.#take() }
    }
    if (this.#is('.')) this.#take()
    if (this.#peek().kind === 'identifier' && !this.#is('in')) return this.#name()
    if (this.#is('(')) {
      this.#take()
      const inner = this.#expression()
      this.#expect(')')
      return inner
    }
    if (this.#is('[', '[?')) {
      this.#take()
      return { kind: 'parts', parts: this.#list(']') }
    }
    if (this.#is('{', '{?')) return this.#map()
    const expected = operands(this.#next === this.#argumentsAt ? "')', " : '')
    const word = beginsOperand(this.#tokens[this.#next + 1]) ? 'extraneous' : 'mismatched'
    throw new CelSyntaxError(token.at, `Syntax error: ${word} input '${token.text}' expecting ${expected}`)
  }

  #name(): CelNode {
    const { text, at } = this.#take()
    if (!this.#is('(')) return { kind: 'identifier', name: text, at }
    const paren = this.#take()
    return { kind: 'call', target: undefined, name: text, args: this.#list(')'), at: paren.at }
  }

  #list(end: string): CelNode[] {
    const items: CelNode[] = []
    if (end === ')') this.#argumentsAt = this.#next
    while (!this.#is(end)) {
      if (this.#is('?')) this.#take()
      items.push(this.#expression())
      if (!this.#is(',')) break
      this.#take()
    }
    this.#expect(end)
    return items
  }

  #map(): CelNode {
    this.#take()
    const parts: CelNode[] = []
    while (!this.#is('}')) {
      if (this.#is('?')) this.#take()
      parts.push(this.#expression())
      this.#expect(':')
      parts.push(this.#expression())
      if (!this.#is(',')) break
      this.#take()
    }
    this.#expect('}')
    return { kind: 'parts', parts }
  }

  /** `Object.spec{name: value}`: the names are fields of a type and no references. */
  #message(): CelNode {
    this.#take()
    const parts: CelNode[] = []
    while (!this.#is('}')) {
      if (this.#is('?')) this.#take()
      const name = this.#take()
      if (name.kind !== 'identifier') {
        throw new CelSyntaxError(name.at, `Syntax error: mismatched input '${name.text}' expecting '}'`)
      }
      this.#expect(':')
      parts.push(this.#expression())
      if (!this.#is(',')) break
      this.#take()
    }
    this.#expect('}')
    return { kind: 'parts', parts }
  }
}

/** Where it does, cel-go takes the token before it for one too many. */
function beginsOperand(token: Token | undefined): boolean {
  if (!token || token.text === 'in') return false
  return token.kind === 'symbol' ? '[{(.-!'.includes(token.text) : token.kind !== 'end'
}

function isTypeName(node: CelNode): boolean {
  if (node.kind === 'identifier') return true
  return node.kind === 'select' && isTypeName(node.operand)
}
