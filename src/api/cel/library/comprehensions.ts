// Macros with two variables: index and item of a list, key and value of a map.
//
// `object.metadata.labels.all(k, v, k.startsWith('a') || v != '')`, and the three that make a new list or map.
// Upstream: github.com/google/cel-go/ext/comprehensions.go

import type { Environment, TypeDeclaration } from '@marcbachmann/cel-js'
import {
  boundNames,
  type Checker,
  type Evaluator,
  type MacroCall,
  type Scope,
} from '#api/cel/library/macros.ts'

type Step = (value: unknown, key: unknown) => 'more' | 'done'

interface Comprehension {
  /** The type of the result, from the checker and the type of the last argument. */
  type(checker: Checker, last: TypeDeclaration, key: TypeDeclaration): TypeDeclaration
  /** Begins an evaluation: what is called with each result, and what it all results in. */
  begin(): { step: Step; result(): unknown }
}

const isBool: Comprehension['type'] = (checker) => checker.getType('bool')

const QUANTIFIERS: Readonly<Record<string, Comprehension>> = {
  all: { type: isBool, begin: () => quantifier(false, true) },
  exists: { type: isBool, begin: () => quantifier(true, false) },
  existsOne: { type: isBool, begin: exactlyOne },
  exists_one: { type: isBool, begin: exactlyOne },
}

const TRANSFORMS: Readonly<Record<string, Comprehension>> = {
  transformList: {
    type: (checker, last) => checker.registry.getListType(last),
    begin() {
      const list: unknown[] = []
      const step: Step = (value) => {
        list.push(value)
        return 'more'
      }
      return { step, result: () => list }
    },
  },
  transformMap: {
    type: (checker, last, key) => checker.registry.getMapType(key, last),
    begin() {
      const map = new Map<unknown, unknown>()
      const step: Step = (value, key) => {
        map.set(key, value)
        return 'more'
      }
      return { step, result: () => map }
    },
  },
  transformMapEntry: { type: (_checker, last) => last, begin: joinedEntries },
}

export function addComprehensions(environment: Environment): void {
  for (const [name, comprehension] of Object.entries(QUANTIFIERS)) {
    environment.registerFunction(`list.${name}(ast, ast, ast): bool`, (call: MacroCall) =>
      expand(call, comprehension),
    )
  }
  for (const [name, comprehension] of Object.entries(TRANSFORMS)) {
    for (const args of ['ast, ast, ast', 'ast, ast, ast, ast']) {
      environment.registerFunction(`list.${name}(${args}): dyn`, (call: MacroCall) =>
        expand(call, comprehension),
      )
    }
  }
}

/** The last argument is evaluated for each pair; the one before it, if there are four, chooses the pairs. */
function expand({ args, receiver }: MacroCall, comprehension: Comprehension) {
  const bound = boundNames(args.slice(0, 2))
  const filter = args.length === 4 ? args[2] : undefined
  const body = args.at(-1)!
  return {
    typeCheck(checker: Checker, _macro: unknown, scope: Scope): TypeDeclaration {
      const type = checker.check(receiver, scope)
      const key = type.kind === 'list' ? checker.getType('int') : (type.keyType ?? checker.getType('dyn'))
      const inner = bound.declare(checker, scope, [key, type.valueType ?? checker.getType('dyn')])
      if (filter) checker.check(filter, inner)
      return comprehension.type(checker, checker.check(body, inner), key)
    },
    evaluate(evaluator: Evaluator, _macro: unknown, scope: Scope): unknown {
      const { step, result } = comprehension.begin()
      for (const [key, value] of pairsOf(evaluator.run(receiver, scope))) {
        const inner = bound.fill(evaluator, scope, [key, value])
        if (filter && evaluator.run(filter, inner) !== true) continue
        if (step(evaluator.run(body, inner), key) === 'done') break
      }
      return result()
    },
  }
}

function pairsOf(range: unknown): Iterable<readonly [unknown, unknown]> {
  if (Array.isArray(range)) return range.map((item: unknown, i) => [BigInt(i), item] as const)
  if (range instanceof Map) return range as Map<unknown, unknown>
  if (typeof range === 'object' && range !== null) return Object.entries(range)
  throw new Error('expression cannot be the range of a comprehension (must be list, map, or dynamic)')
}

/** Ends with `decisive` at the first pair that gives it. */
function quantifier(decisive: boolean, otherwise: boolean) {
  let answer = otherwise
  const step: Step = (value) => {
    if (value !== decisive) return 'more'
    answer = decisive
    return 'done'
  }
  return { step, result: () => answer }
}

function exactlyOne() {
  let found = 0
  const step: Step = (value) => {
    if (value === true) found++
    return found > 1 ? 'done' : 'more'
  }
  return { step, result: () => found === 1 }
}

/** Maps with one entry each, joined; a key may come once. */
function joinedEntries() {
  const joined = new Map<unknown, unknown>()
  const step: Step = (value) => {
    for (const [key, field] of pairsOf(value)) {
      if (joined.has(key)) throw new Error(`insert failed: key ${String(key)} already exists`)
      joined.set(key, field)
    }
    return 'more'
  }
  return { step, result: () => joined }
}
