// Whether an expression can be compiled: its syntax, the names and types in it, and its constants.
//
// Text ──parse──▶ tree ──checker──▶ types. What is wrong is told as cel-go tells it, all of one step at once.
// Upstream: github.com/google/cel-go/cel/env.go (Compile), common/error.go

import { type CelScope, type CheckedTypes, checkTypes } from '#api/cel/checker/check-types.ts'
import { literalIssues } from '#api/cel/checker/validate-literals.ts'
import { allNodes, type CelNode } from '#api/cel/node.ts'
import { parseCel } from '#api/cel/parse.ts'
import type { CelIssue } from '#api/cel/tokens.ts'

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
  const byPlace = [...issues].sort((a, b) => a.at - b.at)
  return `compilation failed: ${byPlace.map((issue) => report(source, issue)).join('\n')}`
}

function report(source: string, { at, text }: CelIssue): string {
  // there is no place in nothing
  if (source === '') return `ERROR: <input>:1:0: ${text}`
  const lines = source.slice(0, at).split('\n')
  const column = [...lines.at(-1)!].length
  const line = source.split('\n')[lines.length - 1]!.replaceAll('\t', ' ')
  return `ERROR: <input>:${lines.length}:${column + 1}: ${text}\n | ${line}\n | ${'.'.repeat(column)}^`
}

/** All names that an expression uses as variables. */
export function namesIn(root: CelNode): ReadonlySet<string> {
  return new Set([...allNodes(root)].flatMap((node) => (node.kind === 'identifier' ? [node.name] : [])))
}
