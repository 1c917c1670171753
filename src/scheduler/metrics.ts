// What the scheduler measures: its attempts by their outcome, and the pods that wait.
//
// Upstream: pkg/scheduler/metrics/metrics.go
// Left out: the durations of single plugins and extension points.

import type { Registry } from 'prom-client'
import { counters, histograms, readings } from '#sys/series.ts'

/** Upstream's results: bound, no node fits, or something failed on the way. */
export type AttemptResult = 'scheduled' | 'unschedulable' | 'error'

export interface SchedulerMetrics {
  /** An attempt has ended. */
  attempted(result: AttemptResult, seconds: number): void
  /** A preemption has chosen so many victims. */
  preempted(victims: number): void
  /** Where the numbers of waiting pods are read. */
  readWaiting(read: () => Readonly<Record<string, number>>): void
}

/** From 1 ms, each twice the one before. */
const ATTEMPT_BOUNDS = Array.from({ length: 15 }, (_, i) => 0.001 * 2 ** i)
const VICTIM_BOUNDS = [1, 2, 4, 8, 16, 32, 64]

export function schedulerMetrics(registry: Registry, profile: string): SchedulerMetrics {
  const total = counters(
    registry,
    'scheduler_schedule_attempts_total',
    'Attempts to schedule a pod.',
    'profile',
    'result',
  )
  const duration = histograms(
    registry,
    'scheduler_scheduling_attempt_duration_seconds',
    'How long an attempt took, binding included.',
    ATTEMPT_BOUNDS,
    'profile',
    'result',
  )
  const attempts = counters(registry, 'scheduler_preemption_attempts_total', 'Preemptions.').of()
  const victims = histograms(
    registry,
    'scheduler_preemption_victims',
    'Pods that one took.',
    VICTIM_BOUNDS,
  ).of()
  let waiting: () => Readonly<Record<string, number>> = () => ({})
  readings(
    registry,
    'gauge',
    { name: 'scheduler_pending_pods', help: 'Pods that wait, by why.', labels: ['queue'] },
    () => Object.entries(waiting()),
  )
  return {
    attempted(result, seconds) {
      total.of(profile, result).value++
      duration.of(profile, result).observe(seconds)
    },
    preempted(count) {
      attempts.value++
      victims.observe(count)
    },
    readWaiting(read) {
      waiting = read
    },
  }
}
