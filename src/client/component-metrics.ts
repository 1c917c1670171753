// What every component measures of itself: its work queues and whether it leads. Under upstream's names.
//
// One for each process: components that share a process share a registry, and are told apart by the names of their queues.
// Upstream: staging/src/k8s.io/component-base/metrics/prometheus/{workqueue,clientgo/leaderelection}/metrics.go

import { Registry } from 'prom-client'
import type { WorkQueueMeasure } from '#client/work-queue.ts'
import type { Clock } from '#sys/clock.ts'
import { measureProcess } from '#sys/process-metrics.ts'
import { type Cell, counters, gauges, histograms, readings } from '#sys/series.ts'

export interface ComponentMetrics {
  readonly registry: Registry
  /** For the queue of this name. */
  queue(name: string): WorkQueueMeasure
  /** 1 while this instance holds the lease of this name. */
  leading(lease: string): Cell
}

/** From 10 ns, each ten times the one before, as upstream's. */
const DURATION_BOUNDS = Array.from({ length: 12 }, (_, i) => 1e-8 * 10 ** i)

/** The registry of a process that has none yet, with memory, CPU and so on. */
export function processRegistry(): Registry {
  const registry = new Registry()
  measureProcess(registry)
  return registry
}

export function componentMetrics(registry: Registry, clock: Clock): ComponentMetrics {
  const adds = counters(registry, 'workqueue_adds_total', 'Keys that came into a queue.', 'name')
  const retries = counters(
    registry,
    'workqueue_retries_total',
    'Keys that came back after a failure.',
    'name',
  )
  const depth = gauges(registry, 'workqueue_depth', 'Keys that wait.', 'name')
  const waited = histograms(
    registry,
    'workqueue_queue_duration_seconds',
    'How long keys waited.',
    DURATION_BOUNDS,
    'name',
  )
  const worked = histograms(
    registry,
    'workqueue_work_duration_seconds',
    'How long keys were worked on.',
    DURATION_BOUNDS,
    'name',
  )
  const underWork = new Map<string, ReadonlyMap<string, number>>()
  const ages = (name: string): number[] =>
    [...(underWork.get(name)?.values() ?? [])].map((startMs) => (clock.monotonic() - startMs) / 1000)
  const ofWork = (metric: string, help: string, value: (ages: readonly number[]) => number) =>
    readings(registry, 'gauge', { name: metric, help, labels: ['name'] }, () =>
      [...underWork.keys()].map((name) => [name, value(ages(name))] as const),
    )
  ofWork('workqueue_unfinished_work_seconds', 'Time that went into keys under work.', (all) =>
    all.reduce((sum, age) => sum + age, 0),
  )
  ofWork('workqueue_longest_running_processor_seconds', 'The oldest key under work.', (all) =>
    Math.max(0, ...all),
  )
  const leaders = gauges(registry, 'leader_election_master_status', 'Whether this instance leads.', 'name')

  return {
    registry,
    leading: (lease) => leaders.of(lease),
    queue(name) {
      const cells = { adds: adds.of(name), retries: retries.of(name), depth: depth.of(name) }
      const durations = { waited: waited.of(name), worked: worked.of(name) }
      const waiting = new Map<string, number>()
      const started = new Map<string, number>()
      underWork.set(name, started)
      const sinceTaken = (times: Map<string, number>, key: string): number => {
        const since = times.get(key) ?? clock.monotonic()
        times.delete(key)
        return (clock.monotonic() - since) / 1000
      }
      return {
        added(key) {
          if (waiting.has(key)) return
          cells.adds.value++
          waiting.set(key, clock.monotonic())
          cells.depth.value = waiting.size
        },
        started(key) {
          durations.waited.observe(sinceTaken(waiting, key))
          cells.depth.value = waiting.size
          started.set(key, clock.monotonic())
        },
        done: (key) => durations.worked.observe(sinceTaken(started, key)),
        retried: () => cells.retries.value++,
      }
    },
  }
}
