// The scheduler as a component: informers, leader election, and the loop.

import { setMaxListeners } from 'node:events'
import type { Client } from '#client/client.ts'
import type { ComponentMetrics } from '#client/component-metrics.ts'
import { createInformerFactory } from '#client/informer-factory.ts'
import { runWithLeaderElection } from '#client/leader-election.ts'
import { schedulerMetrics } from '#scheduler/metrics.ts'
import { allPlugins } from '#scheduler/plugins/all.ts'
import { schedule } from '#scheduler/scheduler.ts'
import type { Clock } from '#sys/clock.ts'
import type { Logger } from '#sys/log.ts'
import type { Random } from '#sys/random.ts'

export interface SchedulerOptions {
  readonly client: Client
  readonly clock: Clock
  readonly random: Random
  readonly log: Logger
  /** Where it runs: part of its events. */
  readonly hostname: string
  /** Where attempts and leadership are measured; absent: nowhere. */
  readonly metrics?: ComponentMetrics
  /** Its name in the election for the lease kube-system/kube-scheduler; stable over restarts. */
  readonly identity: string
}

const SCHEDULER_NAME = 'default-scheduler'

/** Runs until `signal` aborts; rejects when leadership was lost. */
export async function runScheduler(options: SchedulerOptions, signal: AbortSignal): Promise<void> {
  const { client, clock, random, log } = options
  const metrics = options.metrics && schedulerMetrics(options.metrics.registry, SCHEDULER_NAME)
  await runWithLeaderElection(
    {
      client,
      clock,
      random,
      log,
      namespace: 'kube-system',
      name: 'kube-scheduler',
      identity: options.identity,
      leading: options.metrics?.leading('kube-scheduler'),
      async lead(leading) {
        // Each informer listens.
        setMaxListeners(0, leading)
        const informers = createInformerFactory({ client, clock, random, log })
        const scheduling = schedule(
          { ...options, metrics, informers, plugins: allPlugins, schedulerName: SCHEDULER_NAME },
          leading,
        )
        await Promise.all([informers.start(leading), scheduling])
      },
    },
    signal,
  )
}
