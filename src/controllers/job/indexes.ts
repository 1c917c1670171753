// Sets of completion indexes, written as `1,3-5`: what an indexed Job knows of its thousands of pods. Pure.
//
// Upstream: pkg/controller/job/indexed_job_utils.go

import type { Pod } from '#api/types/core.ts'

export const COMPLETION_INDEX = 'batch.kubernetes.io/job-completion-index'

interface Interval {
  readonly first: number
  readonly last: number
}

/** Immutable; intervals are in order and do not touch. */
export class IndexSet {
  static readonly EMPTY = new IndexSet([])
  readonly #intervals: readonly Interval[]

  private constructor(intervals: readonly Interval[]) {
    this.#intervals = intervals
  }

  static of(indexes: Iterable<number>): IndexSet {
    return new IndexSet(merged([...indexes].map((index) => ({ first: index, last: index }))))
  }

  /** What is not below `completions`, and what is no number, is left out. */
  static parse(text: string | undefined, completions: number): IndexSet {
    const intervals = (text ?? '').split(',').flatMap((part) => {
      const found = /^(\d+)(?:-(\d+))?$/.exec(part)
      if (!found || Number(found[1]) >= completions) return []
      const first = Number(found[1])
      return [{ first, last: Math.min(Number(found[2] ?? first), completions - 1) }]
    })
    return new IndexSet(merged(intervals))
  }

  union(other: IndexSet): IndexSet {
    return new IndexSet(merged([...this.#intervals, ...other.#intervals]))
  }

  with(indexes: Iterable<number>): IndexSet {
    return this.union(IndexSet.of(indexes))
  }

  has(index: number): boolean {
    return this.#intervals.some(({ first, last }) => first <= index && index <= last)
  }

  get size(): number {
    return this.#intervals.reduce((sum, { first, last }) => sum + last - first + 1, 0)
  }

  /** How many indexes are in both. */
  overlap(other: IndexSet): number {
    let count = 0
    for (const a of this.#intervals) {
      for (const b of other.#intervals) {
        count += Math.max(0, Math.min(a.last, b.last) - Math.max(a.first, b.first) + 1)
      }
    }
    return count
  }

  /** The first `count` indexes below `completions` that are not in the set. */
  missing(count: number, completions: number): readonly number[] {
    const found: number[] = []
    let candidate = 0
    for (const { first, last } of [...this.#intervals, { first: completions, last: completions }]) {
      while (candidate < Math.min(first, completions) && found.length < count) found.push(candidate++)
      candidate = Math.max(candidate, last + 1)
    }
    return found
  }

  /** Two neighbours are written apart, three together: `0,1,3-5`. */
  toString(): string {
    return this.#intervals
      .map(({ first, last }) =>
        first === last ? `${first}` : `${first}${last === first + 1 ? ',' : '-'}${last}`,
      )
      .join(',')
  }
}

function merged(intervals: readonly Interval[]): readonly Interval[] {
  const result: Interval[] = []
  for (const next of [...intervals].sort((a, b) => a.first - b.first)) {
    const last = result.at(-1)
    if (last && next.first <= last.last + 1) {
      result[result.length - 1] = { first: last.first, last: Math.max(last.last, next.last) }
    } else result.push(next)
  }
  return result
}

/** The index of a pod; undefined when it has none. */
export function completionIndex(pod: Pod): number | undefined {
  const text = pod.metadata?.annotations?.[COMPLETION_INDEX] ?? ''
  return /^\d+$/.test(text) ? Number(text) : undefined
}

export function indexesOf(pods: readonly Pod[]): readonly number[] {
  return pods.flatMap((pod) => completionIndex(pod) ?? [])
}
