// Macros, written out as the loops that they stand for.
//
// `list.all(x, p)` begins with true and takes `and p` for each x. Upstream: github.com/google/cel-go/parser/macro.go,
// ext/comprehensions.go, ext/lists.go and cel/library.go

import type { CelCall, CelNode } from '#api/cel/node.ts'
import type { CelIssue } from '#api/cel/tokens.ts'

/** No expression can write this name. */
const ACCUMULATOR = '@result'
const UNUSED = '#unused'
const SORTED = '@__sortBy_input__'

type Expanded = { readonly node: CelNode } | { readonly issue: CelIssue }
type Receiver = CelCall & { readonly target: CelNode }
type Expand = (call: Receiver) => Expanded

/** The macros of a target, by name and number of arguments. */
const MACROS: Readonly<Record<string, Expand>> = {
  'all/2': (call) => quantifier(call, 1, ALL),
  'exists/2': (call) => quantifier(call, 1, EXISTS),
  'exists_one/2': (call) => quantifier(call, 1, EXISTS_ONE),
  'map/2': (call) => mapped(call),
  'map/3': (call) => mapped(call),
  'filter/2': filtered,
  'all/3': (call) => quantifier(call, 2, ALL),
  'exists/3': (call) => quantifier(call, 2, EXISTS),
  'existsOne/3': (call) => quantifier(call, 2, EXISTS_ONE),
  'exists_one/3': (call) => quantifier(call, 2, EXISTS_ONE),
  'transformList/3': (call) =>
    transformed(call, listOf, (make, item) => make.call('_+_', make.accu, listNode(make, item))),
  'transformList/4': (call) =>
    transformed(call, listOf, (make, item) => make.call('_+_', make.accu, listNode(make, item))),
  'transformMap/3': (call) => transformed(call, mapOf, insertValue),
  'transformMap/4': (call) => transformed(call, mapOf, insertValue),
  'transformMapEntry/3': (call) => transformed(call, mapOf, insertEntry),
  'transformMapEntry/4': (call) => transformed(call, mapOf, insertEntry),
  'optMap/2': optMap,
  'optFlatMap/2': optFlatMap,
  'sortBy/2': sortBy,
}

/** The node that the call stands for: itself where it is no macro. */
export function expandMacro(call: CelCall, hasBindings: boolean): Expanded {
  if (hasBindings && isBinding(call)) return binding(call)
  if (!call.target) return call.name === 'has' && call.args.length === 1 ? presence(call) : { node: call }
  const expand = MACROS[`${call.name}/${call.args.length}`]
  return expand ? expand(call as Receiver) : { node: call }
}

function presence({ args, at }: CelCall): Expanded {
  const [field] = args
  if (field?.kind !== 'select' || field.mode !== 'plain') {
    return { issue: { at: field!.at, text: 'invalid argument to has() macro' } }
  }
  return { node: { ...field, mode: 'test', at } }
}

/** Makes nodes at the place of the macro. */
interface Maker {
  readonly at: number
  readonly accu: CelNode
  call(name: string, ...args: readonly CelNode[]): CelNode
  literal(type: 'bool' | 'int', text: string): CelNode
}

function makerAt(at: number): Maker {
  return {
    at,
    accu: { kind: 'identifier', name: ACCUMULATOR, at },
    call: (name, ...args) => ({ kind: 'call', target: undefined, name, args, at }),
    literal: (type, text) => ({ kind: 'literal', type, text, at }),
  }
}

const listOf = ({ at }: Maker): CelNode => ({ kind: 'list', items: [], at })
const mapOf = ({ at }: Maker): CelNode => ({ kind: 'map', entries: [], at })
const listNode = ({ at }: Maker, value: CelNode): CelNode => ({
  kind: 'list',
  items: [{ value, isOptional: false }],
  at,
})
const insertValue = (make: Maker, value: CelNode, key: CelNode): CelNode =>
  make.call('cel.@mapInsert', make.accu, key, value)
const insertEntry = (make: Maker, entry: CelNode): CelNode => make.call('cel.@mapInsert', make.accu, entry)

interface Quantifier {
  readonly init: (make: Maker) => CelNode
  readonly condition: (make: Maker) => CelNode
  readonly step: (make: Maker, predicate: CelNode) => CelNode
  readonly result: (make: Maker) => CelNode
}

const ALL: Quantifier = {
  init: (make) => make.literal('bool', 'true'),
  condition: (make) => make.call('@not_strictly_false', make.accu),
  step: (make, predicate) => make.call('_&&_', make.accu, predicate),
  result: (make) => make.accu,
}
const EXISTS: Quantifier = {
  init: (make) => make.literal('bool', 'false'),
  condition: (make) => make.call('@not_strictly_false', make.call('!_', make.accu)),
  step: (make, predicate) => make.call('_||_', make.accu, predicate),
  result: (make) => make.accu,
}
const EXISTS_ONE: Quantifier = {
  init: (make) => make.literal('int', '0'),
  condition: (make) => make.literal('bool', 'true'),
  step: (make, predicate) =>
    make.call('_?_:_', predicate, make.call('_+_', make.accu, make.literal('int', '1')), make.accu),
  result: (make) => make.call('_==_', make.accu, make.literal('int', '1')),
}

function quantifier(
  { target, args, at }: Receiver,
  count: number,
  { init, condition, step, result }: Quantifier,
): Expanded {
  const names = namesOf(args.slice(0, count), 'argument must be a simple name')
  if (!Array.isArray(names)) return { issue: names as CelIssue }
  const make = makerAt(at)
  return {
    node: {
      kind: 'loop',
      range: target,
      names,
      accumulator: ACCUMULATOR,
      init: init(make),
      condition: condition(make),
      step: step(make, args[count]!),
      result: result(make),
      at,
    },
  }
}

/** The names of the variables of a loop, or what is wrong with them. */
function namesOf(nodes: readonly CelNode[], problem: string): readonly string[] | CelIssue {
  const names: string[] = []
  for (const node of nodes) {
    if (node.kind !== 'identifier') return { at: node.at, text: problem }
    if (names.includes(node.name)) return { at: node.at, text: `duplicate variable name: ${node.name}` }
    names.push(node.name)
  }
  for (const [i, name] of names.entries()) {
    if (name === '__result__')
      return { at: nodes[i]!.at, text: 'iteration variable overwrites accumulator variable' }
  }
  return names
}

/** A loop that collects: `step` is done where `filter` holds. */
function collection(
  { target, at }: Receiver,
  names: readonly string[],
  init: CelNode,
  filter: CelNode | undefined,
  step: CelNode,
): CelNode {
  const make = makerAt(at)
  return {
    kind: 'loop',
    range: target,
    names,
    accumulator: ACCUMULATOR,
    init,
    condition: make.literal('bool', 'true'),
    step: filter ? make.call('_?_:_', filter, step, make.accu) : step,
    result: make.accu,
    at,
  }
}

function mapped(call: Receiver): Expanded {
  const { args, at } = call
  const names = namesOf(args.slice(0, 1), 'argument is not an identifier')
  if (!Array.isArray(names)) return { issue: names as CelIssue }
  const make = makerAt(at)
  const step = make.call('_+_', make.accu, listNode(make, args.at(-1)!))
  return { node: collection(call, names, listOf(make), args.length === 3 ? args[1] : undefined, step) }
}

function filtered(call: Receiver): Expanded {
  const { args, at } = call
  const names = namesOf(args.slice(0, 1), 'argument is not an identifier')
  if (!Array.isArray(names)) return { issue: names as CelIssue }
  const make = makerAt(at)
  const step = make.call('_+_', make.accu, listNode(make, args[0]!))
  return { node: collection(call, names, listOf(make), args[1], step) }
}

function transformed(
  call: Receiver,
  empty: (make: Maker) => CelNode,
  insert: (make: Maker, item: CelNode, key: CelNode) => CelNode,
): Expanded {
  const { args, at } = call
  const names = namesOf(args.slice(0, 2), 'argument must be a simple name')
  if (!Array.isArray(names)) return { issue: names as CelIssue }
  const make = makerAt(at)
  const step = insert(make, args.at(-1)!, { kind: 'identifier', name: names[0], at })
  return { node: collection(call, names, empty(make), args.length === 4 ? args[2] : undefined, step) }
}

/** `value` under a name, in `body`: a loop over nothing. */
function bound(at: number, name: string, value: CelNode, body: CelNode): CelNode {
  const make = makerAt(at)
  return {
    kind: 'loop',
    range: listOf(make),
    names: [UNUSED],
    accumulator: name,
    init: value,
    condition: make.literal('bool', 'false'),
    step: { kind: 'identifier', name, at },
    result: body,
    at,
  }
}

const isBinding = ({ target, name, args }: CelCall): boolean =>
  name === 'bind' && args.length === 3 && target?.kind === 'identifier' && target.name === 'cel'

function binding({ args: [name, value, body], at }: CelCall): Expanded {
  if (name?.kind === 'identifier') return { node: bound(at, name.name, value!, body!) }
  return { issue: { at: name!.at, text: 'cel.bind() variable names must be simple identifiers' } }
}

const member = (target: CelNode, name: string, at: number, ...args: readonly CelNode[]): CelNode => ({
  kind: 'call',
  target,
  name,
  args,
  at,
})

function optMap({ target, args, at }: Receiver): Expanded {
  const [name, body] = args
  if (name?.kind !== 'identifier') {
    return { issue: { at: name!.at, text: 'optMap() variable name must be a simple identifier' } }
  }
  const make = makerAt(at)
  const value = make.call('optional.of', bound(at, name.name, member(target, 'value', at), body!))
  return { node: make.call('_?_:_', member(target, 'hasValue', at), value, make.call('optional.none')) }
}

function optFlatMap({ target, args, at }: Receiver): Expanded {
  const [name, body] = args
  if (name?.kind !== 'identifier') {
    return { issue: { at: name!.at, text: 'optFlatMap() variable name must be a simple identifier' } }
  }
  const make = makerAt(at)
  const value = bound(at, name.name, member(target, 'value', at), body!)
  return { node: make.call('_?_:_', member(target, 'hasValue', at), value, make.call('optional.none')) }
}

function sortBy(call: Receiver): Expanded {
  const { target, at } = call
  if (target.kind === 'literal' || target.kind === 'map' || target.kind === 'message') {
    const text = 'sortBy can only be applied to a list, identifier, comprehension, call or select expression'
    return { issue: { at: target.at, text } }
  }
  const input: CelNode = { kind: 'identifier', name: SORTED, at }
  const keys = mapped({ ...call, target: input })
  if ('issue' in keys) return keys
  return { node: bound(at, SORTED, target, member(input, '@sortByAssociatedKeys', at, keys.node)) }
}
