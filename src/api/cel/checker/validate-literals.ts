// Constants that can be judged before anything is evaluated: times, durations, patterns, formats.
//
// Upstream: github.com/google/cel-go/cel/validator.go, ext/formatting_v2.go

import { RE2JS } from 're2js'
import { type CelType, DYN, sameType, typeText } from '#api/cel/checker/types.ts'
import { formatIssue } from '#api/cel/checker/validate-formats.ts'
import { allNodes, type CelCall, type CelItem, type CelNode } from '#api/cel/node.ts'
import type { CelIssue } from '#api/cel/tokens.ts'

/** What is wrong with constants anywhere in an expression of right types. */
export function literalIssues(root: CelNode, typeOf: (node: CelNode) => CelType): CelIssue[] {
  const issues: CelIssue[] = []
  for (const node of allNodes(root)) {
    const issue = node.kind === 'call' ? (issueOf(node) ?? formatIssue(node, typeOf)) : undefined
    if (issue) issues.push(issue)
  }
  return [...issues, ...mixedLiterals(root, typeOf)]
}

/** Items of a list, keys and values of a map that are written out have one type, but for what a format shows. */
function mixedLiterals(root: CelNode, typeOf: (node: CelNode) => CelType): CelIssue[] {
  const nodes = allNodes(root)
  const shown = new Set<CelNode>()
  for (const node of nodes) {
    if (node.kind === 'call' && node.name === 'format') for (const part of allNodes(node)) shown.add(part)
  }
  return [...nodes].flatMap((node) => {
    if (shown.has(node)) return []
    if (node.kind === 'list') return firstMismatch(node.items, typeOf)
    if (node.kind !== 'map') return []
    const keys = node.entries.map(({ key }) => ({ value: key, isOptional: false }))
    return [...firstMismatch(keys, typeOf), ...firstMismatch(node.entries, typeOf)]
  })
}

function firstMismatch(items: readonly CelItem[], typeOf: (node: CelNode) => CelType): CelIssue[] {
  const types = items.map(({ value, isOptional }) =>
    isOptional ? (typeOf(value).of[0] ?? DYN) : typeOf(value),
  )
  const at = types.findIndex((type) => !sameType(type, types[0]!))
  if (at < 0) return []
  const text = `expected type '${typeText(types[0]!)}' but found '${typeText(types[at]!)}'`
  return [{ at: items[at]!.value.at, text }]
}

function issueOf({ name, target, args }: CelCall): CelIssue | undefined {
  const isFunction = target === undefined
  if (isFunction && name === 'duration') return invalidOne('duration', args, isDuration)
  if (isFunction && name === 'timestamp') return invalidOne('timestamp', args, isTimestamp)
  if (!isFunction && name === 'matches' && args.length === 1) return invalidOne('matches', args, isPattern)
  return undefined
}

function invalidOne(
  name: string,
  [arg]: readonly CelNode[],
  isValid: (text: string) => boolean,
): CelIssue | undefined {
  if (arg?.kind !== 'literal' || arg.type !== 'string' || isValid(arg.text)) return undefined
  return { at: arg.at, text: `invalid ${name} argument` }
}

const isDuration = (text: string): boolean =>
  /^[-+]?(?:0|(?:(?:\d+\.?\d*|\.\d+)(?:ns|us|µs|μs|ms|s|m|h))+)$/.test(text)

const isTimestamp = (text: string): boolean =>
  /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)$/.test(text) &&
  !Number.isNaN(Date.parse(text))

const isPattern = (text: string): boolean => patternProblem(text) === undefined

/** What keeps a right expression from becoming a program: constant patterns of functions that compile them ahead. */
export function programProblem(root: CelNode): string | undefined {
  for (const node of allNodes(root)) {
    if (node.kind !== 'call') continue
    const isFind = node.target !== undefined && (node.name === 'find' || node.name === 'findAll')
    const pattern = isFind ? node.args[0] : node.name === 'matches' && !node.target ? node.args[1] : undefined
    if (pattern?.kind !== 'literal' || pattern.type !== 'string') continue
    const problem = patternProblem(pattern.text)
    if (problem !== undefined) return problem
  }
  return undefined
}

/** What is wrong with a pattern, in Go's words. */
export function patternProblem(text: string): string | undefined {
  try {
    RE2JS.compile(text)
    return undefined
  } catch (error) {
    return `error parsing regexp: ${(error as Error).message.replace(/^error parsing regexp: /, '')}`
  }
}
