// The difference of two values as `diff -u` would show their indented JSON: what an immutable object's error tells.
//
// The lines that count as common are those of Python's difflib, which upstream's library follows to the letter:
// the longest common block first, then the same on both sides of it; lines that are very frequent in a long text
// do not count. Upstream: staging/src/k8s.io/apimachinery/pkg/util/diff, vendor/github.com/pmezard/go-difflib

import { goJson } from '#api/meta/field-error.ts'

const CONTEXT = 3
/** From this length on, lines that make up more than one in a hundred are not looked for. */
const POPULAR_FROM_LENGTH = 200

interface Block {
  readonly a: number
  readonly b: number
  readonly length: number
}

interface Change {
  readonly isEqual: boolean
  readonly a: readonly [from: number, to: number]
  readonly b: readonly [from: number, to: number]
}

/** '' when nothing differs. */
export function unifiedDiff(a: unknown, b: unknown): string {
  const before = linesOf(a)
  const after = linesOf(b)
  return groupChanges(changesOf(before, after))
    .map((group) => hunk(group, before, after))
    .join('')
}

function linesOf(value: unknown): string[] {
  const text = goJson(value, 1)
  return text.split('\n').map((line) => `${line}\n`)
}

function hunk(group: readonly Change[], before: readonly string[], after: readonly string[]): string {
  const first = group[0]!
  const last = group.at(-1)!
  const head = `@@ -${range(first.a[0], last.a[1])} +${range(first.b[0], last.b[1])} @@\n`
  const lines = group.flatMap(({ isEqual, a, b }) => {
    if (isEqual) return before.slice(...a).map((line) => ` ${line}`)
    return [...before.slice(...a).map((line) => `-${line}`), ...after.slice(...b).map((line) => `+${line}`)]
  })
  return head + lines.join('')
}

function range(from: number, to: number): string {
  const length = to - from
  if (length === 1) return `${from + 1}`
  return `${length === 0 ? from : from + 1},${length}`
}

function changesOf(before: readonly string[], after: readonly string[]): Change[] {
  const changes: Change[] = []
  let i = 0
  let j = 0
  for (const { a, b, length } of [
    ...matchingBlocks(before, after),
    { a: before.length, b: after.length, length: 0 },
  ]) {
    if (i < a || j < b) changes.push({ isEqual: false, a: [i, a], b: [j, b] })
    if (length > 0) changes.push({ isEqual: true, a: [a, a + length], b: [b, b + length] })
    i = a + length
    j = b + length
  }
  return changes
}

/** Cuts long equal stretches down to their context, and so the changes into hunks. */
function groupChanges(changes: readonly Change[]): Change[][] {
  const groups: Change[][] = []
  let group: Change[] = []
  for (const [index, change] of changes.entries()) {
    if (!change.isEqual) {
      group.push(change)
      continue
    }
    const isFirst = index === 0
    const isLast = index === changes.length - 1
    const length = change.a[1] - change.a[0]
    if (isFirst && isLast) continue
    if (isFirst) group.push(tail(change, CONTEXT))
    else if (isLast) group.push(head(change, CONTEXT))
    else if (length > 2 * CONTEXT) {
      groups.push([...group, head(change, CONTEXT)])
      group = [tail(change, CONTEXT)]
    } else group.push(change)
  }
  return group.length > 0 ? [...groups, group] : groups
}

function head({ a, b }: Change, length: number): Change {
  const size = Math.min(length, a[1] - a[0])
  return { isEqual: true, a: [a[0], a[0] + size], b: [b[0], b[0] + size] }
}

function tail({ a, b }: Change, length: number): Change {
  const size = Math.min(length, a[1] - a[0])
  return { isEqual: true, a: [a[1] - size, a[1]], b: [b[1] - size, b[1]] }
}

function matchingBlocks(before: readonly string[], after: readonly string[]): Block[] {
  const positions = positionsOf(after)
  const found: Block[] = []
  const queue: (readonly [number, number, number, number])[] = [[0, before.length, 0, after.length]]
  for (let area = queue.pop(); area; area = queue.pop()) {
    const [aFrom, aTo, bFrom, bTo] = area
    const block = longestMatch(before, after, positions, area)
    if (block.length === 0) continue
    found.push(block)
    if (aFrom < block.a && bFrom < block.b) queue.push([aFrom, block.a, bFrom, block.b])
    if (block.a + block.length < aTo && block.b + block.length < bTo) {
      queue.push([block.a + block.length, aTo, block.b + block.length, bTo])
    }
  }
  return joinAdjacent(found.sort((x, y) => x.a - y.a || x.b - y.b))
}

function positionsOf(lines: readonly string[]): Map<string, number[]> {
  const positions = new Map<string, number[]>()
  for (const [i, line] of lines.entries()) {
    const known = positions.get(line)
    if (known) known.push(i)
    else positions.set(line, [i])
  }
  if (lines.length >= POPULAR_FROM_LENGTH) {
    const most = Math.floor(lines.length / 100) + 1
    for (const [line, found] of positions) if (found.length > most) positions.delete(line)
  }
  return positions
}

/** The longest block within an area that is the same on both sides; of several the first. */
function longestMatch(
  before: readonly string[],
  after: readonly string[],
  positions: ReadonlyMap<string, readonly number[]>,
  [aFrom, aTo, bFrom, bTo]: readonly [number, number, number, number],
): Block {
  let best: Block = { a: aFrom, b: bFrom, length: 0 }
  let lengths = new Map<number, number>()
  for (let i = aFrom; i < aTo; i++) {
    const next = new Map<number, number>()
    for (const j of positions.get(before[i]!) ?? []) {
      if (j < bFrom) continue
      if (j >= bTo) break
      const length = (lengths.get(j - 1) ?? 0) + 1
      next.set(j, length)
      if (length > best.length) best = { a: i - length + 1, b: j - length + 1, length }
    }
    lengths = next
  }
  let { a, b, length } = best
  while (a > aFrom && b > bFrom && before[a - 1] === after[b - 1]) {
    a--
    b--
    length++
  }
  while (a + length < aTo && b + length < bTo && before[a + length] === after[b + length]) length++
  return { a, b, length }
}

function joinAdjacent(blocks: readonly Block[]): Block[] {
  const joined: Block[] = []
  for (const block of blocks) {
    const last = joined.at(-1)
    if (last && last.a + last.length === block.a && last.b + last.length === block.b) {
      joined[joined.length - 1] = { ...last, length: last.length + block.length }
    } else joined.push(block)
  }
  return joined
}
