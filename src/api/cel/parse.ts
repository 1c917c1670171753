// CEL text as a tree.
//
// After a mistake the parser goes on where it can, and is silent until it has taken a token again: so ANTLR does, whose
// words these are. Upstream: github.com/google/cel-go/parser

import {
  AFTER_OPERAND,
  beginsOperand,
  CLOSING,
  canFollow,
  firstItems,
  isOneOf,
  operands,
} from '#api/cel/expected-tokens.ts'
import { CONSTANTS, literalOf, NOTHING, RESERVED, unquoted } from '#api/cel/literals.ts'
import { expandMacro } from '#api/cel/macros.ts'
import {
  type CelCall,
  type CelEntry,
  type CelField,
  type CelItem,
  type CelNode,
  qualifiedName,
} from '#api/cel/node.ts'
import { BINARY, balanced, LOGICAL_LEVELS } from '#api/cel/operators.ts'
import { type CelIssue, lengthIssue, NOWHERE, type Token, tokenize } from '#api/cel/tokens.ts'

/** Deeper nesting is refused, so that no text exhausts the stack; each further operator or selection counts as well. */
const MAX_DEPTH = 250

export interface Parsed {
  readonly node: CelNode
  /** In the order in which they were found; the tree counts only when there are none. */
  readonly issues: readonly CelIssue[]
}

/** `hasBindings`: whether `cel.bind` is known. */
export function parseCel(source: string, hasBindings = false): Parsed {
  const tooLong = lengthIssue(source)
  if (tooLong) return { node: NOTHING, issues: [tooLong] }
  const issues: CelIssue[] = []
  const parser = new Parser(tokenize(source, issues), issues, hasBindings)
  return { node: parser.parseAll(), issues }
}

class TooDeep extends Error {}

class Parser {
  readonly #tokens: readonly Token[]
  readonly #issues: CelIssue[]
  readonly #hasBindings: boolean
  #next = 0
  #depth = 0
  /** How deep the chains are that are being read: `a + b + c`, `a.b.c`. */
  #chained = 0
  /** An error has been told and no token taken since. */
  #isRecovering = false
  /** Where the arguments of the last call begin. */
  #argumentsAt = -1
  /** Where the last index begins. */
  #indexAt = -1

  constructor(tokens: readonly Token[], issues: CelIssue[], hasBindings: boolean) {
    this.#tokens = tokens
    this.#issues = issues
    this.#hasBindings = hasBindings
  }

  parseAll(): CelNode {
    try {
      const node = this.#expression()
      const token = this.#peek()
      if (token.kind !== 'end') {
        const word = this.#tokens[this.#next + 1]?.kind === 'end' ? 'extraneous' : 'mismatched'
        this.#report(token.at, `Syntax error: ${word} input '${token.text}' expecting <EOF>`)
      }
      return node
    } catch (error) {
      if (!(error instanceof TooDeep)) throw error
      this.#issues.push({ at: NOWHERE, text: `expression recursion limit exceeded: ${MAX_DEPTH}` })
      return NOTHING
    }
  }

  #report(at: number, text: string): void {
    if (!this.#isRecovering) this.#issues.push({ at, text })
    this.#isRecovering = true
  }

  #peek(ahead = 0): Token {
    return this.#tokens[Math.min(this.#next + ahead, this.#tokens.length - 1)]!
  }

  #is(...texts: readonly string[]): boolean {
    return isOneOf(this.#peek(), texts)
  }

  #take(): Token {
    this.#isRecovering = false
    const token = this.#peek()
    this.#next++
    return token
  }

  /** A token that has to stand here. One too many is passed over, one too few is thought of. */
  #expect(text: string, choice = false): void {
    if (this.#is(text)) {
      this.#take()
      return
    }
    const { at, text: found } = this.#peek()
    if (isOneOf(this.#peek(1), [text]) && this.#peek().kind !== 'end') {
      this.#report(at, `Syntax error: extraneous input '${found}' expecting '${text}'`)
      this.#next++
      this.#take()
    } else if (choice)
      this.#report(at, `Syntax error: mismatched input '${found}' expecting {'${text}', ','}`)
    else if (canFollow(text, this.#peek())) this.#report(at, `Syntax error: missing '${text}' at '${found}'`)
    else this.#report(at, `Syntax error: mismatched input '${found}' expecting '${text}'`)
  }

  #expression(): CelNode {
    if (++this.#depth > MAX_DEPTH) throw new TooDeep()
    const condition = this.#binary(0)
    const node = this.#is('?') ? this.#conditional(condition) : condition
    this.#depth--
    return node
  }

  #conditional(condition: CelNode): CelNode {
    const { at } = this.#take()
    const yes = this.#binary(0)
    this.#expect(':')
    return { kind: 'call', target: undefined, name: '_?_:_', args: [condition, yes, this.#expression()], at }
  }

  #binary(level: number): CelNode {
    const operators = BINARY[level]
    if (!operators) return this.#unary()
    if (level < LOGICAL_LEVELS) return this.#logical(level, operators)
    const before = this.#chained
    let left = this.#binary(level + 1)
    while (this.#is(...Object.keys(operators))) {
      this.#chain()
      const { text, at } = this.#take()
      left = {
        kind: 'call',
        target: undefined,
        name: operators[text]!,
        args: [left, this.#binary(level + 1)],
        at,
      }
    }
    this.#chained = before
    return left
  }

  #chain(): void {
    if (++this.#chained >= MAX_DEPTH) throw new TooDeep()
  }

  /** A chain of `||` or `&&` may be long: its terms become a tree that is only as deep as it must be. */
  #logical(level: number, operators: Readonly<Record<string, string>>): CelNode {
    const terms = [this.#binary(level + 1)]
    const places: number[] = []
    const [[text, name]] = Object.entries(operators) as [[string, string]]
    while (this.#is(text)) {
      places.push(this.#take().at)
      terms.push(this.#binary(level + 1))
    }
    return balanced(name, terms, places)
  }

  /** Two signs are none. */
  #unary(): CelNode {
    const { at } = this.#peek()
    let count = 0
    const sign = this.#is('!', '-') ? this.#peek().text : ''
    while (sign !== '' && this.#is(sign)) {
      this.#take()
      count++
    }
    if (sign === '-' && count === 1 && this.#peek().kind === 'number') {
      const number = this.#number('-', at)
      return this.#member(number)
    }
    const operand = this.#member(this.#primary())
    if (count % 2 === 0) return operand
    return { kind: 'call', target: undefined, name: sign === '!' ? '!_' : '-_', args: [operand], at }
  }

  #member(start: CelNode): CelNode {
    let node = start
    const before = this.#chained
    for (;;) {
      this.#chain()
      if (this.#is('.', '.?')) node = this.#selection(node)
      else if (this.#is('[')) {
        const { at } = this.#take()
        this.#indexAt = this.#next
        const name = this.#optionalMark() ? '_[?_]' : '_[_]'
        const index = this.#expression()
        this.#expect(']')
        node = { kind: 'call', target: undefined, name, args: [node, index], at }
      } else if (this.#is('{') && qualifiedName(node) !== undefined)
        node = this.#message(qualifiedName(node)!)
      else {
        this.#chained = before
        return node
      }
    }
  }

  #selection(operand: CelNode): CelNode {
    const { at, text } = this.#take()
    const token = this.#peek()
    if (token.kind !== 'identifier' || token.text === 'in') {
      this.#report(
        token.at,
        `Syntax error: no viable alternative at input '.${token.kind === 'end' ? '' : token.text}'`,
      )
      if (token.kind !== 'end') this.#next++
      return operand
    }
    this.#take()
    const name = token.text.replaceAll('`', '')
    const mode = text === '.?' ? 'optional' : 'plain'
    if (mode === 'optional' || !this.#is('(')) return { kind: 'select', operand, field: name, mode, at }
    const paren = this.#take()
    return this.#call({ kind: 'call', target: operand, name, args: this.#arguments(), at: paren.at })
  }

  #call(call: CelCall): CelNode {
    const expanded = expandMacro(call, this.#hasBindings)
    if ('node' in expanded) return expanded.node
    // of arguments that could not be read nothing more is said
    if (!this.#isRecovering) this.#issues.push(expanded.issue)
    return call
  }

  #primary(): CelNode {
    const token = this.#peek()
    const constant = CONSTANTS[token.text]
    if (constant) return { kind: 'literal', type: constant, text: this.#take().text, at: token.at }
    if (token.kind === 'number') return this.#number('', token.at)
    if (token.kind === 'string') {
      const { text, at } = this.#take()
      return { kind: 'literal', type: /^r?b/i.test(text) ? 'bytes' : 'string', text: unquoted(text), at }
    }
    if (this.#is('.')) {
      const { text, kind, at } = this.#peek(1)
      this.#take()
      if (kind === 'identifier') return this.#name('.')
      this.#report(at, `Syntax error: no viable alternative at input '.${kind === 'end' ? '' : text}'`)
      if (kind !== 'end') this.#next++
      return NOTHING
    }
    if (token.kind === 'identifier' && token.text !== 'in') return this.#name('')
    if (this.#is('(')) {
      this.#take()
      const inner = this.#expression()
      this.#expect(')')
      return inner
    }
    if (this.#is('[')) return this.#list()
    if (this.#is('{')) return this.#map()
    return this.#noOperand()
  }

  #noOperand(): CelNode {
    const token = this.#peek()
    const isFirst = this.#next === this.#argumentsAt
    const expected = operands(isFirst ? "')', " : '', this.#next === this.#indexAt ? "'?', " : '')
    if (
      token.kind !== 'end' &&
      (beginsOperand(this.#peek(1)) || (isFirst && isOneOf(this.#peek(1), [')'])))
    ) {
      this.#report(token.at, `Syntax error: extraneous input '${token.text}' expecting ${expected}`)
      this.#next++
      return isFirst && this.#is(')') ? NOTHING : this.#primary()
    }
    this.#report(token.at, `Syntax error: mismatched input '${token.text}' expecting ${expected}`)
    while (this.#peek().kind !== 'end' && !this.#is(...AFTER_OPERAND, ...CLOSING)) this.#next++
    return NOTHING
  }

  #number(sign: string, at: number): CelNode {
    const { literal, issue } = literalOf(`${sign}${this.#take().text}`, at)
    if (issue) this.#issues.push(issue)
    return literal
  }

  #name(prefix: string): CelNode {
    const { text, at } = this.#take()
    if (RESERVED.has(text)) this.#issues.push({ at, text: `reserved identifier: ${text}` })
    const name = `${prefix}${text}`
    if (!this.#is('(')) return { kind: 'identifier', name, at }
    const paren = this.#take()
    return this.#call({ kind: 'call', target: undefined, name, args: this.#arguments(), at: paren.at })
  }

  #arguments(): CelNode[] {
    this.#argumentsAt = this.#next
    const args: CelNode[] = []
    while (!this.#is(')')) {
      args.push(this.#expression())
      if (!this.#is(',')) break
      this.#take()
      if (this.#is(')')) this.#primary()
    }
    this.#expect(')')
    return args
  }

  #list(): CelNode {
    const { at } = this.#take()
    const items: CelItem[] = []
    let isAfterComma = true
    while (
      !this.#is(']') &&
      this.#peek().kind !== 'end' &&
      !(isAfterComma && items.length > 0 && this.#is(','))
    ) {
      const isOptional = this.#optionalMark()
      items.push({ value: this.#expression(), isOptional })
      isAfterComma = this.#is(',')
      if (!isAfterComma) break
      this.#take()
    }
    if (items.length === 0 && this.#peek().kind === 'end') this.#noItem('[')
    else this.#expect(']', !isAfterComma && this.#peek().kind === 'end')
    return { kind: 'list', items, at }
  }

  /** Nothing after the bracket of a list or map. */
  #noItem(open: string): void {
    const { at, text } = this.#peek()
    this.#report(at, `Syntax error: mismatched input '${text}' expecting ${firstItems(open)}`)
  }

  #optionalMark(): boolean {
    if (!this.#is('?')) return false
    this.#take()
    return true
  }

  #map(): CelNode {
    const { at } = this.#take()
    const entries: CelEntry[] = []
    let isAfterComma = true
    while (!this.#is('}') && this.#peek().kind !== 'end') {
      const isOptional = this.#optionalMark()
      const key = this.#expression()
      this.#expect(':')
      entries.push({ key, value: this.#expression(), isOptional })
      isAfterComma = this.#is(',')
      if (!isAfterComma) break
      this.#take()
    }
    if (entries.length === 0 && this.#peek().kind === 'end') this.#noItem('{')
    else this.#expect('}', !isAfterComma && this.#peek().kind === 'end')
    return { kind: 'map', entries, at }
  }

  /** `Object.spec{name: value}`: the names are fields of a type and no references. */
  #message(type: string): CelNode {
    const { at } = this.#take()
    const fields: CelField[] = []
    let isAfterComma = true
    while (!this.#is('}') && this.#peek().kind !== 'end') {
      const isOptional = this.#optionalMark()
      const name = this.#peek()
      if (name.kind !== 'identifier') {
        this.#report(name.at, `Syntax error: mismatched input '${name.text}' expecting '}'`)
        break
      }
      this.#take()
      const colon = this.#peek()
      this.#expect(':')
      fields.push({
        name: name.text.replaceAll('`', ''),
        value: this.#expression(),
        isOptional,
        at: colon.at,
      })
      isAfterComma = this.#is(',')
      if (!isAfterComma) break
      this.#take()
    }
    const end = this.#peek()
    if (fields.length > 0 || end.kind !== 'end') this.#expect('}', !isAfterComma && end.kind === 'end')
    else
      this.#report(
        end.at,
        `Syntax error: mismatched input '<EOF>' expecting {'}', ',', '?', IDENTIFIER, ESC_IDENTIFIER}`,
      )
    return { kind: 'message', type, fields, at }
  }
}
