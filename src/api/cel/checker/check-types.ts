// The type checker: gives each node its type, and says what does not fit, in cel-go's words.
//
// A type that cannot be told is `dyn`, which fits everything, so that only what is certainly wrong is refused. After an
// error the check goes on, and all errors are told. Upstream: github.com/google/cel-go/checker/{checker,errors}.go

import { functionTable, type Overload } from '#api/cel/checker/signatures.ts'
import {
  ANY,
  BOOL,
  BYTES,
  type CelType,
  DOUBLE,
  DURATION,
  DYN,
  ERROR,
  INT,
  isDyn,
  isDynOrError,
  isOptional,
  listOf,
  mapOf,
  NULL,
  optionalOf,
  parameter,
  parseType,
  STRING,
  sameType,
  TIMESTAMP,
  typeOf,
  typeText,
  UINT,
} from '#api/cel/checker/types.ts'
import { isTooLarge, MAX_PARTS, matchTypes, moreGeneral, substitute } from '#api/cel/checker/unify.ts'
import {
  type CelCall,
  type CelItem,
  type CelLoop,
  type CelNode,
  type LiteralType,
  qualifiedName,
} from '#api/cel/node.ts'
import type { CelIssue } from '#api/cel/tokens.ts'

/** What expressions of a place can name. */
export interface CelScope {
  readonly variables: ReadonlyMap<string, CelType>
  /** Types that can be written as messages (`Object.spec{…}`), and the functions of patches. */
  readonly messages?: (name: string) => CelType | undefined
  /** Whether values can be given names: `cel.bind(name, value, …)`. */
  readonly hasBindings?: boolean
}

export interface CheckedTypes {
  readonly type: CelType
  readonly types: ReadonlyMap<CelNode, CelType>
  /** Of each call, the overloads that it may be. */
  readonly overloads: ReadonlyMap<CelNode, readonly Overload[]>
  /** The whole names of calls whose target is only the first part of the name: `sets.contains`. */
  readonly qualified: ReadonlyMap<CelNode, string>
  readonly issues: readonly CelIssue[]
}

const LITERALS: Readonly<Record<LiteralType, CelType>> = {
  null: NULL,
  bool: BOOL,
  int: INT,
  uint: UINT,
  double: DOUBLE,
  string: STRING,
  bytes: BYTES,
}

/** Types that have names of their own in expressions. */
const TYPE_NAMES = new Map<string, CelType>([
  ...[BOOL, BYTES, DOUBLE, INT, STRING, UINT].map((type) => [type.name, typeOf(type)] as const),
  ['dyn', typeOf(DYN)],
  ['null_type', typeOf(NULL)],
  ['list', typeOf(listOf(DYN))],
  ['map', typeOf(mapOf(DYN, DYN))],
  ['type', typeOf(parseType('type'))],
  ['optional_type', typeOf(optionalOf(DYN))],
  ['google.protobuf.Timestamp', typeOf(TIMESTAMP)],
  ['google.protobuf.Duration', typeOf(DURATION)],
  ...['net.IP', 'net.CIDR', 'kubernetes.Quantity', 'kubernetes.Semver', 'kubernetes.URL'].map(
    (name) => [name, typeOf(parseType(name))] as const,
  ),
])

export function checkTypes(node: CelNode, scope: CelScope): CheckedTypes {
  const checker = new Checker(scope)
  checker.check(node, scope.variables)
  return checker.result(node)
}

type Names = ReadonlyMap<string, CelType>

class Checker {
  readonly #scope: CelScope
  readonly #functions: ReadonlyMap<string, readonly Overload[]>
  readonly #types = new Map<CelNode, CelType>()
  readonly #overloads = new Map<CelNode, Overload[]>()
  readonly #qualified = new Map<CelNode, string>()
  readonly #issues: CelIssue[] = []
  readonly #bindings = new Map<string, CelType>()
  #parameters = 0

  constructor(scope: CelScope) {
    this.#scope = scope
    this.#functions = functionTable(scope.messages !== undefined)
  }

  result(root: CelNode): CheckedTypes {
    const types = new Map(
      [...this.#types].map(([node, type]) => [node, substitute(type, this.#bindings, 'dyn')]),
    )
    return {
      type: types.get(root)!,
      types,
      overloads: this.#overloads,
      qualified: this.#qualified,
      issues: this.#issues,
    }
  }

  /** A node that stands in several places sees the same names in all of them. */
  check(node: CelNode, names: Names): CelType {
    const known = this.#types.get(node)
    if (known) return known
    const found = this.#typeOf(node, names)
    const isRefused = isTooLarge(found, this.#bindings)
    const type = isRefused
      ? this.#report(node.at, `type of the expression exceeds limit: ${MAX_PARTS} parts`)
      : found
    this.#types.set(node, type)
    return type
  }

  #typeOf(node: CelNode, names: Names): CelType {
    switch (node.kind) {
      case 'literal':
        return LITERALS[node.type]
      case 'identifier':
        return lookup(node.name, names) ?? this.#undeclared(node.at, node.name)
      case 'select':
        return this.#select(node, names)
      case 'call':
        return this.#call(node, names)
      case 'list':
        return this.#list(node.items, names)
      case 'map':
        return this.#map(node.entries, names)
      case 'message':
        return this.#message(node, names)
      case 'loop':
        return this.#loop(node, names)
    }
  }

  #report(at: number, text: string): CelType {
    this.#issues.push({ at, text })
    return ERROR
  }

  #undeclared(at: number, name: string): CelType {
    return this.#report(at, `undeclared reference to '${name}' (in container '')`)
  }

  #mismatch(at: number, wanted: CelType, found: CelType): CelType {
    return this.#report(at, `expected type '${typeText(wanted)}' but found '${typeText(found)}'`)
  }

  #newParameter(): CelType {
    return parameter(`_var${this.#parameters++}`)
  }

  /** Whether `found` may stand where `wanted` is; what that says of parameters is kept. */
  #isAs(found: CelType, wanted: CelType): boolean {
    return matchTypes([found], [wanted], this.#bindings)
  }

  #select(node: CelNode & { readonly kind: 'select' }, names: Names): CelType {
    const { operand, field, mode, at } = node
    const qualified = mode === 'plain' ? qualifiedName(node) : undefined
    const known = qualified === undefined ? undefined : lookup(qualified, names)
    if (known) return known
    const found = substitute(this.check(operand, names), this.#bindings)
    const unwrapped = isOptional(found) ? found.of[0]! : found
    const type = this.#fieldType(unwrapped, field, at)
    if (mode === 'test') return BOOL
    return substitute(isOptional(found) || mode === 'optional' ? optionalOf(type) : type, this.#bindings)
  }

  #fieldType(type: CelType, field: string, at: number): CelType {
    if (type.kind === 'map') return type.of[1]!
    if (type.kind === 'object') {
      if (!type.fields) return this.#report(at, `unexpected failed resolution of '${type.name}'`)
      return type.fields.get(field) ?? this.#report(at, `undefined field '${field}'`)
    }
    if (type.kind === 'parameter') this.#isAs(DYN, type)
    else if (!isDynOrError(type))
      this.#report(at, `type '${typeText(type)}' does not support field selection`)
    return DYN
  }

  #call(node: CelCall, names: Names): CelType {
    const { target, name, args, at } = node
    const types = args.map((arg) => this.check(arg, names))
    const qualifier = target && qualifiedName(target)
    const qualified = qualifier === undefined ? undefined : `${qualifier}.${name}`
    if (qualified !== undefined && this.#functions.has(qualified)) {
      this.#qualified.set(node, qualified)
      return this.#resolve(node, qualified, types, undefined)
    }
    const own = target && this.check(target, names)
    if (!this.#functions.has(name)) return this.#undeclared(at, name)
    return this.#resolve(node, name, types, own)
  }

  #resolve(node: CelCall, name: string, args: readonly CelType[], target: CelType | undefined): CelType {
    const overloads: Overload[] = []
    this.#overloads.set(node, overloads)
    if (name === '_&&_' || name === '_||_') {
      overloads.push(...this.#functions.get(name)!)
      return this.#logical(node, args)
    }
    const found = target ? [target, ...args] : args
    let result: CelType | undefined
    for (const overload of this.#functions.get(name)!) {
      if (overload.isMember !== (target !== undefined)) continue
      const { takes, gives } = this.#fresh(overload)
      if (!matchTypes(found, takes, this.#bindings)) continue
      overloads.push(overload)
      const type = substitute(gives, this.#bindings)
      if (result === undefined) result = type
      else if (!isDyn(result) && !sameType(type, result)) result = DYN
    }
    if (result) return result
    const texts = found.map((type) => typeText(substitute(type, this.#bindings, 'dyn')))
    const applied = target ? `${texts[0]}.(${texts.slice(1).join(', ')})` : `(${texts.join(', ')})`
    return this.#report(node.at, `found no matching overload for '${name}' applied to '${applied}'`)
  }

  #logical(node: CelCall, types: readonly CelType[]): CelType {
    let type = BOOL
    for (const [i, found] of types.entries()) {
      if (!this.#isAs(found, BOOL)) type = this.#mismatch(node.args[i]!.at, BOOL, found)
    }
    return type
  }

  /** The overload with parameters that nothing is known of. */
  #fresh({ isMember, takes, gives }: Overload): Overload {
    const own = new Map<string, CelType>()
    const renamed = (type: CelType): CelType => {
      if (type.kind !== 'parameter')
        return type.of.length === 0 ? type : { ...type, of: type.of.map(renamed) }
      const known = own.get(type.name) ?? this.#newParameter()
      own.set(type.name, known)
      return known
    }
    return { isMember, takes: takes.map(renamed), gives: renamed(gives) }
  }

  /** The type of an item that may be optional: `[?a]`, `{?'a': b}`. */
  #itemType({ value, isOptional: isMarked }: CelItem, names: Names): CelType {
    const type = this.check(value, names)
    if (!isMarked) return type
    if (isOptional(type)) return type.of[0]!
    if (!isDyn(type)) this.#mismatch(value.at, optionalOf(type), type)
    return type
  }

  #list(items: readonly CelItem[], names: Names): CelType {
    let joined: CelType | undefined
    for (const item of items) joined = this.#join(joined, this.#itemType(item, names))
    return listOf(joined ?? this.#newParameter())
  }

  #map(entries: (CelNode & { readonly kind: 'map' })['entries'], names: Names): CelType {
    let keys: CelType | undefined
    let values: CelType | undefined
    for (const entry of entries) {
      keys = this.#join(keys, this.check(entry.key, names))
      values = this.#join(values, this.#itemType(entry, names))
    }
    return mapOf(keys ?? this.#newParameter(), values ?? this.#newParameter())
  }

  /** What differs is any; that it must not differ is judged later (validate-literals.ts), where it does not stand in a format. */
  #join(before: CelType | undefined, type: CelType): CelType {
    if (!before) return type
    return this.#isAs(before, type) ? moreGeneral(before, type) : DYN
  }

  #message({ type: name, fields, at }: CelNode & { readonly kind: 'message' }, names: Names): CelType {
    const known = this.#scope.messages?.(name) ?? lookup(name, names)?.of[0]
    if (!known) return this.#undeclared(at, name)
    for (const field of fields) {
      const found = this.#itemType(field, names)
      // of well-known types no fields are judged
      if (known.kind !== 'object') continue
      const wanted = known.fields?.get(field.name)
      if (!wanted) this.#report(field.at, `undefined field '${field.name}'`)
      else if (!this.#isAs(wanted, found)) {
        const text = `expected type of field '${field.name}' is '${typeText(wanted)}' but provided type is '${typeText(found)}'`
        this.#report(field.at, text)
      }
    }
    return known
  }

  #loop({ range, names: own, accumulator, init, condition, step, result }: CelLoop, names: Names): CelType {
    const items = substitute(this.check(range, names), this.#bindings)
    const collected = this.check(init, names)
    const outer = new Map(names).set(accumulator, collected)
    const inner = new Map(outer)
    for (const [i, type] of this.#itemTypes(items, own.length, range.at).entries()) inner.set(own[i]!, type)
    const holds = this.check(condition, inner)
    if (!this.#isAs(BOOL, holds)) this.#mismatch(condition.at, BOOL, holds)
    const next = this.check(step, inner)
    if (!this.#isAs(collected, next)) this.#mismatch(step.at, collected, next)
    return substitute(this.check(result, outer), this.#bindings)
  }

  /** What the variables of a loop are: items or keys; or, of two, index or key and value. */
  #itemTypes(range: CelType, count: number, at: number): CelType[] {
    if (range.kind === 'list') return count === 2 ? [INT, range.of[0]!] : [range.of[0]!]
    if (range.kind === 'map') return range.of.slice(0, count)
    const isUnknown = (isDynOrError(range) && range !== ANY) || range.kind === 'parameter'
    if (isUnknown) this.#isAs(DYN, range)
    else {
      const text = `expression of type '${typeText(range)}' cannot be range of a comprehension (must be list, map, or dynamic)`
      this.#report(at, text)
    }
    return Array.from({ length: count }, () => (isUnknown ? DYN : ERROR))
  }
}

const lookup = (name: string, names: Names): CelType | undefined =>
  names.get(name.replace(/^\./, '')) ?? TYPE_NAMES.get(name.replace(/^\./, ''))
