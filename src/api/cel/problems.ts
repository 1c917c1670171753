// What the library finds wrong with an expression, in the words that cel-go has for it.
//
// Upstream: github.com/google/cel-go/checker/errors.go

import { compilationFailed } from '#api/cel/check.ts'

/** As much of the library's errors as is read here. */
interface LibraryError {
  readonly code?: string
  readonly summary?: string
  readonly message?: string
  readonly range?: { readonly start: number }
  readonly node?: { readonly op?: string; readonly args?: unknown }
}

export function libraryProblem(source: string, error: unknown): string {
  const found = (error ?? {}) as LibraryError
  const at = placeOf(source, found)
  return compilationFailed(source, [{ at, text: textOf(found) }])
}

function textOf({ code, summary, message }: LibraryError): string {
  const text = summary ?? message ?? 'unknown problem'
  const overload = /^no such overload: (.+) (\S+) (.+)$/.exec(text)
  if (overload) {
    return `found no matching overload for '_${overload[2]}_' applied to '(${wordOf(overload[1]!)}, ${wordOf(overload[3]!)})'`
  }
  const method = /^found no matching overload for '(.+)\.([A-Za-z0-9_]+)\((.*)\)'$/.exec(text)
  if (method) {
    return `found no matching overload for '${method[2]}' applied to '${wordOf(method[1]!)}.(${method[3]})'`
  }
  const call = /^found no matching overload for '([A-Za-z0-9_]+)\((.*)\)'$/.exec(text)
  if (call) return `found no matching overload for '${call[1]}' applied to '(${call[2]})'`
  if (code === 'no_such_key') return `undefined field '${text.replace('No such key: ', '')}'`
  return text
}

/** Well-known types have short names in messages. */
function wordOf(type: string): string {
  return type
    .replaceAll('google.protobuf.', '')
    .replace('Timestamp', 'timestamp')
    .replace('Duration', 'duration')
}

/** cel-go points at the operator, at the dot, or at the parenthesis of a call. */
function placeOf(source: string, { range, node }: LibraryError): number {
  const start = range?.start ?? 0
  const args = node?.args
  if (node?.op === '.' || node?.op === '.?') return Math.max(0, source.lastIndexOf('.', start))
  if (node?.op === 'call' && Array.isArray(args)) return start + String(args[0]).length
  if (node?.op === 'rcall' && Array.isArray(args) && isPlaced(args[1]))
    return source.indexOf('(', args[1].end)
  if (Array.isArray(args) && args.length === 2 && isPlaced(args[0])) {
    const gap = /^[\s)]*/.exec(source.slice(args[0].end))?.[0].length ?? 0
    return args[0].end + gap
  }
  return start
}

function isPlaced(value: unknown): value is { readonly end: number } {
  return typeof value === 'object' && value !== null && 'end' in value && typeof value.end === 'number'
}
