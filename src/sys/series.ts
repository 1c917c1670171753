// Counters, gauges and histograms whose counting costs next to nothing: a number in an object that the caller holds.
//
// A family has a name and names of labels; `of(...)` gives the child for values of these, to be kept where it is counted.
// Text is made only when somebody asks, by prom-client's registry, which takes anything that has a name and `get()`.
// Invariant: a family has at most MAX_CHILDREN; what comes beyond shares one child, under the label value `other`.

import type { Metric, Registry } from 'prom-client'

const MAX_CHILDREN = 10_000
const OTHER = 'other'

/** A counter or gauge: add to it, or set it. */
export interface Cell {
  value: number
}

export interface HistogramData {
  /** Upper bounds, ascending; the last bucket of `counts` has none. */
  readonly bounds: readonly number[]
  readonly counts: readonly number[]
  readonly sum: number
}

export class Histogram implements HistogramData {
  readonly bounds: readonly number[]
  readonly counts: number[]
  sum = 0

  constructor(bounds: readonly number[]) {
    this.bounds = bounds
    this.counts = new Array<number>(bounds.length + 1).fill(0)
  }

  observe(value: number, weight = 1): void {
    let bucket = 0
    while (bucket < this.bounds.length && value > this.bounds[bucket]!) bucket++
    this.counts[bucket] = this.counts[bucket]! + weight
    this.sum += value * weight
  }
}

export interface Family<Child> {
  /** The child for these values of the labels, in their order; the same for the same values. */
  of(...values: readonly string[]): Child
}

interface Description {
  readonly name: string
  readonly help: string
  readonly labels: readonly string[]
}

export const counters = (registry: Registry, name: string, help: string, ...labels: string[]): Family<Cell> =>
  family(registry, { name, help, labels }, 'counter', () => ({ value: 0 }), cellSamples)

export const gauges = (registry: Registry, name: string, help: string, ...labels: string[]): Family<Cell> =>
  family(registry, { name, help, labels }, 'gauge', () => ({ value: 0 }), cellSamples)

export const histograms = (
  registry: Registry,
  name: string,
  help: string,
  bounds: readonly number[],
  ...labels: string[]
): Family<Histogram> =>
  family(registry, { name, help, labels }, 'histogram', () => new Histogram(bounds), histogramSamples)

/** What is known elsewhere and only has to be read: each entry is the values of the labels, then the number. */
export function readings(
  registry: Registry,
  type: 'counter' | 'gauge',
  description: Description,
  read: () =>
    | Iterable<readonly [...labels: string[], value: number]>
    | Promise<Iterable<readonly [...labels: string[], value: number]>>,
): void {
  register(registry, type, description, async () =>
    [...(await read())].map((entry) => ({
      labels: labelsOf(description.labels, entry.slice(0, -1) as string[]),
      value: entry.at(-1) as number,
    })),
  )
}

type Labels = Readonly<Record<string, string | number>>

interface Sample {
  readonly labels: Labels
  readonly value: number
  readonly metricName?: string
}

function family<Child>(
  registry: Registry,
  description: Description,
  type: 'counter' | 'gauge' | 'histogram',
  make: () => Child,
  samples: (name: string, labels: Labels, child: Child) => readonly Sample[],
): Family<Child> {
  const children = new Map<string, { readonly labels: Labels; readonly child: Child }>()
  register(registry, type, description, async () =>
    [...children.values()].flatMap(({ labels, child }) => samples(description.name, labels, child)),
  )
  return {
    of(...values) {
      const key = values.join('\0')
      const known = children.get(key)
      if (known) return known.child
      if (children.size >= MAX_CHILDREN && values.some((value) => value !== OTHER))
        return this.of(...values.map(() => OTHER))
      const child = make()
      children.set(key, { labels: labelsOf(description.labels, values), child })
      return child
    },
  }
}

function register(
  registry: Registry,
  type: string,
  { name, help }: Description,
  samples: () => Promise<readonly Sample[]>,
): void {
  const get = async () => ({ name, help, type, values: await samples(), aggregator: 'sum' })
  registry.registerMetric({ name, help, type, get } as unknown as Metric)
}

const labelsOf = (names: readonly string[], values: readonly string[]): Labels =>
  Object.fromEntries(names.map((name, i) => [name, values[i] ?? '']))

const cellSamples = (_name: string, labels: Labels, { value }: Cell): readonly Sample[] => [{ labels, value }]

/** As Prometheus wants them: each bucket holds what the ones before it hold. Nothing where nothing was observed. */
export function histogramSamples(name: string, labels: Labels, data: HistogramData): readonly Sample[] {
  let count = 0
  const buckets = data.counts.map((inBucket, index): Sample => {
    count += inBucket
    return {
      metricName: `${name}_bucket`,
      labels: { ...labels, le: data.bounds[index] ?? '+Inf' },
      value: count,
    }
  })
  if (count === 0) return []
  return [
    ...buckets,
    { metricName: `${name}_sum`, labels, value: data.sum },
    { metricName: `${name}_count`, labels, value: count },
  ]
}
