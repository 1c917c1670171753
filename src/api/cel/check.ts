// Whether an expression can be compiled: its syntax, and that it names only what there is.
//
// Values are not typed here: what cel-go finds by types (a number where a truth value is needed) is found where the
// types are known, by compile.ts. Upstream: staging/src/k8s.io/apiserver/pkg/admission/plugin/cel/compile.go
// Left out: types, and the cost of an expression

import { type CelNode, parseCel } from '#api/cel/parse.ts'
import { type CelIssue, CelSyntaxError } from '#api/cel/tokens.ts'

export interface CelScope {
  readonly variables: readonly string[]
  /** The fields that `variables` has; undefined where it is no such thing. */
  readonly composed?: readonly string[] | undefined
}

/** Names of types, and what the functions of a library begin with. */
const GLOBAL_NAMES: ReadonlySet<string> = new Set(
  'bool bytes double dyn int list map null_type string timestamp duration type uint google Object JSONPatch cel optional optional_type math sets lists strings base64 regex ip cidr url quantity semver format jsonpatch'.split(
    ' ',
  ),
)

const GLOBAL_FUNCTIONS: ReadonlySet<string> = new Set(
  'bool bytes double duration dyn int matches size string timestamp type uint has url isURL ip isIP cidr isCIDR quantity isQuantity semver isSemver isSorted'.split(
    ' ',
  ),
)

/** Macros on a target: how many of the first arguments name variables, by the number of arguments. */
const MACROS: Readonly<Record<string, Readonly<Record<number, number>>>> = {
  all: { 2: 1, 3: 2 },
  exists: { 2: 1, 3: 2 },
  exists_one: { 2: 1, 3: 2 },
  existsOne: { 2: 1, 3: 2 },
  map: { 2: 1, 3: 1 },
  filter: { 2: 1 },
  optMap: { 2: 1 },
  optFlatMap: { 2: 1 },
  sortBy: { 2: 1 },
  transformList: { 3: 2, 4: 2 },
  transformMap: { 3: 2, 4: 2 },
  transformMapEntry: { 3: 2, 4: 2 },
}

/** What cel-go says of an expression that does not compile; undefined for one that does. */
export function celProblem(source: string, scope: CelScope): string | undefined {
  const issues = issuesOf(source, scope)
  return issues.length === 0 ? undefined : compilationFailed(source, issues)
}

/** The issues as cel-go prints them, each with its line and a pointer to its place. */
export function compilationFailed(source: string, issues: readonly CelIssue[]): string {
  return `compilation failed: ${issues.map((issue) => report(source, issue)).join('\n')}`
}

function issuesOf(source: string, scope: CelScope): CelIssue[] {
  try {
    const issues: CelIssue[] = []
    walk(parseCel(source), new Set(scope.variables), scope, issues)
    return issues
  } catch (error) {
    if (error instanceof CelSyntaxError) return [{ at: error.at, text: error.message }]
    throw error
  }
}

function report(source: string, { at, text }: CelIssue): string {
  // there is no place in nothing
  if (source === '') return `ERROR: <input>:1:0: ${text}`
  const lines = source.slice(0, at).split('\n')
  const column = lines.at(-1)!.length
  const line = source.split('\n')[lines.length - 1]!.replaceAll('\t', ' ')
  return `ERROR: <input>:${lines.length}:${column + 1}: ${text}\n | ${line}\n | ${'.'.repeat(column)}^`
}

type Names = ReadonlySet<string>

function walk(node: CelNode, names: Names, scope: CelScope, issues: CelIssue[]): void {
  switch (node.kind) {
    case 'literal':
      return
    case 'identifier':
      if (!names.has(node.name) && !GLOBAL_NAMES.has(node.name)) {
        issues.push({ at: node.at, text: undeclared(node.name) })
      }
      return
    case 'select':
      walk(node.operand, names, scope, issues)
      if (isComposed(node.operand, names, scope) && !scope.composed!.includes(node.field)) {
        issues.push({ at: node.at, text: `undefined field '${node.field}'` })
      }
      return
    case 'call':
      walkCall(node, names, scope, issues)
      return
    case 'parts':
      for (const part of node.parts) walk(part, names, scope, issues)
  }
}

const undeclared = (name: string): string => `undeclared reference to '${name}' (in container '')`

const isComposed = (node: CelNode, names: Names, scope: CelScope): boolean =>
  node.kind === 'identifier' &&
  node.name === 'variables' &&
  names.has('variables') &&
  scope.composed !== undefined

function walkCall(
  { target, name, args, at }: CelNode & { readonly kind: 'call' },
  names: Names,
  scope: CelScope,
  issues: CelIssue[],
): void {
  if (!target && !GLOBAL_FUNCTIONS.has(name)) issues.push({ at, text: undeclared(name) })
  if (target) walk(target, names, scope, issues)
  const isBind = target?.kind === 'identifier' && target.name === 'cel' && name === 'bind'
  if (isBind && args.length === 3) {
    walk(args[1]!, names, scope, issues)
    walk(args[2]!, withNames(names, args.slice(0, 1)), scope, issues)
    return
  }
  const bound = target && Object.hasOwn(MACROS, name) ? (MACROS[name]?.[args.length] ?? 0) : 0
  const inner = withNames(names, args.slice(0, bound))
  for (const arg of args.slice(bound)) walk(arg, inner, scope, issues)
}

function withNames(names: Names, nodes: readonly CelNode[]): Names {
  const own = nodes.flatMap((node) => (node.kind === 'identifier' ? [node.name] : []))
  return own.length === 0 ? names : new Set([...names, ...own])
}

/** All names that a compilable expression uses as variables. */
export function namesIn(source: string): ReadonlySet<string> {
  const names = new Set<string>()
  const collect = (node: CelNode): void => {
    if (node.kind === 'identifier') names.add(node.name)
    else if (node.kind === 'select') collect(node.operand)
    else if (node.kind === 'parts') for (const part of node.parts) collect(part)
    else if (node.kind === 'call') {
      if (node.target) collect(node.target)
      for (const arg of node.args) collect(arg)
    }
  }
  collect(parseCel(source))
  return names
}
