// Indexes of an indexed Job as text: `1,3-5,7`, increasing, each below the number of completions.
//
// Upstream: validateIndexesFormat in pkg/apis/batch/validation/validation.go

import { goQuote } from '#api/meta/field-error.ts'

export class IndexListError extends Error {}

interface Interval {
  readonly first: number
  readonly last: number
}

/** How many indexes there are. Throws IndexListError. */
export function countIndexes(text: string, completions: number): number {
  let total = 0
  let previous = -1
  if (text === '') return total
  for (const part of text.split(',')) {
    const { first, last } = parseInterval(part, completions)
    if (previous >= 0 && previous >= first) {
      throw new IndexListError(`non-increasing order, previous: ${previous}, current: ${first}`)
    }
    total += last - first + 1
    previous = last
  }
  return total
}

/** What both lists contain, if anything; parts that cannot be read are skipped. */
export function firstCommonIndex(a: string, b: string, completions: number): number | undefined {
  const left = readableIntervals(a, completions)
  const right = readableIntervals(b, completions)
  for (let i = 0, j = 0; i < left.length && j < right.length; ) {
    const x = left[i]!
    const y = right[j]!
    if (x.first <= y.last && y.first <= x.last) return Math.max(x.first, y.first)
    if (x.first <= y.first) i++
    else j++
  }
  return undefined
}

function readableIntervals(text: string, completions: number): Interval[] {
  if (text === '') return []
  return text.split(',').flatMap((part) => {
    try {
      return [parseInterval(part, completions)]
    } catch {
      return []
    }
  })
}

function parseInterval(text: string, completions: number): Interval {
  const [from = '', to, ...more] = text.split('-')
  if (more.length > 0) {
    const rule = "an index interval can have at most two parts separated by '-'"
    throw new IndexListError(`the fragment ${goQuote(text)} violates the requirement that ${rule}`)
  }
  const first = parseIndex(from, completions)
  if (to === undefined) return { first, last: first }
  const last = parseIndex(to, completions)
  if (first >= last) throw new IndexListError(`non-increasing order, previous: ${first}, current: ${last}`)
  return { first, last }
}

function parseIndex(text: string, completions: number): number {
  if (!/^\+?\d+$/.test(text)) {
    throw new IndexListError(`cannot convert string to integer for index: ${goQuote(text)}`)
  }
  if (Number(text) >= completions) throw new IndexListError(`too large index: ${goQuote(text)}`)
  return Number(text)
}
