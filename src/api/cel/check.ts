// Whether an expression can be compiled: its syntax, the names and types in it, and its constants.
//
// Text ──parse──▶ tree ──checker──▶ types. What is wrong is told as cel-go tells it, all of one step at once.
// Upstream: github.com/google/cel-go/cel/env.go (Compile), common/error.go

import { type CelScope, type CheckedTypes, checkTypes } from '#api/cel/checker/check-types.ts'
import { literalIssues } from '#api/cel/checker/validate-literals.ts'
import { allNodes, type CelNode } from '#api/cel/node.ts'
import { parseCel } from '#api/cel/parse.ts'
import { type CelIssue, NOWHERE } from '#api/cel/tokens.ts'

const MAX_SHOWN = 100
/** Of a longer line only the text of the issue is shown. */
const MAX_LINE = 16_384

export interface CheckedCel extends CheckedTypes {
  readonly node: CelNode
}

export type CelCheck =
  | { readonly checked: CheckedCel; readonly problem?: never }
  /** `compilation failed: ERROR: …` */
  | { readonly problem: string; readonly checked?: never }

export function checkCel(source: string, scope: CelScope): CelCheck {
  const { node, issues } = parseCel(source, scope.hasBindings)
  if (issues.length > 0) return { problem: compilationFailed(source, issues) }
  const types = checkTypes(node, scope)
  const found = types.issues.length > 0 ? types.issues : literalIssues(node, (part) => types.types.get(part)!)
  if (found.length > 0) return { problem: compilationFailed(source, found) }
  return { checked: { ...types, node } }
}

/** What cel-go says of an expression that does not compile; undefined for one that does. */
export const celProblem = (source: string, scope: CelScope): string | undefined =>
  checkCel(source, scope).problem

/** The issues as cel-go prints them, each with its line and a pointer to its place. */
export function compilationFailed(source: string, issues: readonly CelIssue[]): string {
  const byPlace = issues.slice(0, MAX_SHOWN).sort((a, b) => a.at - b.at)
  const reports = byPlace.map((issue) => report(source, issue))
  const more = issues.length - MAX_SHOWN
  if (more > 0) reports.push(`${more} more errors were truncated`)
  return `compilation failed: ${reports.join('\n')}`
}

function report(source: string, { at, text }: CelIssue): string {
  if (at === NOWHERE) return `ERROR: <input>:-1:0: ${text}`
  // there is no place in nothing
  if (source === '') return `ERROR: <input>:1:0: ${text}`
  const start = at === 0 ? 0 : source.lastIndexOf('\n', at - 1) + 1
  const end = source.indexOf('\n', at)
  const column = [...source.slice(start, at)].length
  const line = source.slice(start, end < 0 ? undefined : end).replaceAll('\t', ' ')
  const number = source.slice(0, start).split('\n').length
  const issue = `ERROR: <input>:${number}:${column + 1}: ${text}`
  if (line.length > MAX_LINE) return issue
  return `${issue}\n | ${line}\n | ${'.'.repeat(column)}^`
}

/** All names that an expression uses as variables. */
export function namesIn(root: CelNode): ReadonlySet<string> {
  return new Set([...allNodes(root)].flatMap((node) => (node.kind === 'identifier' ? [node.name] : [])))
}
