// The numbers of flow control under upstream's names, made when /metrics is read and not with each request.
//
// Upstream: staging/src/k8s.io/apiserver/pkg/util/flowcontrol/metrics/metrics.go
// Left out: current_r and the other marks of virtual time, epoch_advance_total, read_vs_write_current_requests.

import type { Metric, Registry } from 'prom-client'
import type { FlowControl } from '#apiserver/flowcontrol/flow-control.ts'
import type { RatioOverTime } from '#apiserver/flowcontrol/histograms.ts'
import type { SchemaStats } from '#apiserver/flowcontrol/level-stats.ts'
import type { PriorityLevel } from '#apiserver/flowcontrol/priority-level.ts'
import type { Clock } from '#sys/clock.ts'
import { type HistogramData, histogramSamples } from '#sys/series.ts'

type Labels = Readonly<Record<string, string | number>>

/** A number or a histogram, with the labels that are its own. */
type Reading = readonly [labels: Labels, value: number | HistogramData]

interface Measure<T> {
  readonly type: 'counter' | 'gauge' | 'histogram'
  readonly name: string
  readonly help: string
  read(source: T, now: number): readonly Reading[]
}

const gauge = <T>(name: string, help: string, value: (source: T) => number): Measure<T> => ({
  type: 'gauge',
  name,
  help,
  read: (source) => [[{}, value(source)]],
})

const histogram = <T>(name: string, help: string, data: (source: T) => HistogramData): Measure<T> => ({
  type: 'histogram',
  name,
  help,
  read: (source) => [[{}, data(source)]],
})

const upTo = (ratio: RatioOverTime, now: number): HistogramData => {
  ratio.advance(now)
  return ratio.histogram
}

const OF_SCHEMAS: readonly Measure<SchemaStats>[] = [
  {
    type: 'counter',
    name: 'rejected_requests_total',
    help: 'Requests refused, by reason',
    read: ({ rejected }) =>
      Object.entries(rejected)
        .filter(([, count]) => count > 0)
        .map(([reason, count]) => [{ reason }, count]),
  },
  { ...gauge('dispatched_requests_total', 'Requests executed', (s) => s.dispatched), type: 'counter' },
  {
    ...gauge(
      'request_dispatch_no_accommodation_total',
      'Times that the next request found too few seats',
      (s) => s.notAccommodated,
    ),
    type: 'counter',
  },
  gauge('current_inqueue_requests', 'Requests that wait in queues', (s) => s.waiting),
  gauge('current_inqueue_seats', 'Seats that waiting requests want', (s) => s.waitingSeats),
  gauge('current_executing_requests', 'Requests that are executed', (s) => s.executing),
  gauge('current_executing_seats', 'Seats that are occupied', (s) => s.executingSeats),
  histogram('request_queue_length_after_enqueue', 'Length of the queue joined', (s) => s.queueLength),
  histogram('watch_count_samples', 'Watches that would see a write', (s) => s.watches),
  histogram('work_estimated_seats', 'Seats that requests are taken to need', (s) => s.estimatedSeats),
  {
    type: 'histogram',
    name: 'request_wait_duration_seconds',
    help: 'Time spent waiting in a queue',
    read: ({ waitBeforeExecution, waitBeforeRefusal }) => [
      [{ execute: 'true' }, waitBeforeExecution],
      [{ execute: 'false' }, waitBeforeRefusal],
    ],
  },
  {
    type: 'histogram',
    name: 'request_execution_seconds',
    help: 'Time of execution; of watches, until they have begun',
    read: ({ execution, watchInitialization }) => [
      [{ type: 'regular' }, execution],
      [{ type: 'watch' }, watchInitialization],
    ],
  },
]

const OF_LEVELS: readonly Measure<PriorityLevel>[] = [
  gauge('nominal_limit_seats', 'Seats by configuration', ({ limits }) => limits.nominal),
  gauge('lower_limit_seats', 'Seats that are never lent', ({ limits }) => limits.lower),
  gauge('upper_limit_seats', 'Seats with all that may be borrowed', ({ limits }) => limits.upper),
  gauge('current_limit_seats', 'Seats as lent and borrowed now', ({ currentLimit }) => currentLimit),
  gauge('demand_seats_high_watermark', 'Most seats wanted of late', ({ lastDemand }) => lastDemand.peak),
  gauge('demand_seats_average', 'Mean of the seats wanted', ({ lastDemand }) => lastDemand.average),
  gauge('demand_seats_stdev', 'Deviation of the seats wanted', ({ lastDemand }) => lastDemand.deviation),
  gauge('demand_seats_smoothed', 'Seats wanted, falling slowly', ({ smoothed }) => smoothed),
  gauge('target_seats', 'Seats aimed at in the last period', ({ target }) => target),
  {
    type: 'histogram',
    name: 'priority_level_request_utilization',
    help: 'Requests over their limit, each nanosecond',
    read: ({ stats }, now) => [
      [{ phase: 'waiting' }, upTo(stats.waiting, now)],
      [{ phase: 'executing' }, upTo(stats.executing, now)],
    ],
  },
  {
    type: 'histogram',
    name: 'priority_level_seat_utilization',
    help: 'Occupied seats over their limit, each nanosecond',
    read: ({ stats }, now) => [[{ phase: 'executing' }, upTo(stats.seats, now)]],
  },
  {
    type: 'histogram',
    name: 'demand_seats',
    help: 'Seats wanted over the limit, each nanosecond',
    read: ({ stats }, now) => [[{}, upTo(stats.demand, now)]],
  },
]

const FAIR_FRACTION = gauge<FlowControl>(
  'seat_fair_frac',
  'Fraction of its target that each level gets',
  ({ fairFraction }) => fairFraction,
)

/** Adds them to a registry. */
export function registerFlowControlMetrics(registry: Registry, flowControl: FlowControl, clock: Clock): void {
  const add = <T>(measure: Measure<T>, sources: () => readonly (readonly [Labels, T])[]): void => {
    const { help, type } = measure
    const name = `apiserver_flowcontrol_${measure.name}`
    const get = async () => {
      const now = clock.monotonic()
      const values = sources().flatMap(([labels, source]) =>
        measure.read(source, now).flatMap(([own, value]) => samplesOf(name, { ...labels, ...own }, value)),
      )
      return { name, help, type, values }
    }
    // a registry asks no more of a metric than this
    registry.registerMetric({ name, help, type, get } as unknown as Metric)
  }
  const levels = () =>
    [...flowControl.levels].map(([name, level]) => [{ priority_level: name }, level] as const)
  const schemas = () =>
    levels().flatMap(([labels, { stats }]) =>
      [...stats.schemas].map(([name, schema]) => [{ ...labels, flow_schema: name }, schema] as const),
    )
  for (const measure of OF_SCHEMAS) add(measure, schemas)
  for (const measure of OF_LEVELS) add(measure, levels)
  add(FAIR_FRACTION, () => [[{}, flowControl]])
}

const samplesOf = (name: string, labels: Labels, value: number | HistogramData) =>
  typeof value === 'number' ? [{ labels, value }] : histogramSamples(name, labels, value)
