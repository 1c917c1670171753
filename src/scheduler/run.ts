// The scheduler as a component: informers, leader election, and the loop.

import type { Client } from '#client/client.ts'
import { createInformerFactory } from '#client/informer-factory.ts'
import { runWithLeaderElection } from '#client/leader-election.ts'
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
  /** Its name in the election for the lease kube-system/kube-scheduler; stable over restarts. */
  readonly identity: string
}

/** Runs until `signal` aborts; rejects when leadership was lost. */
export async function runScheduler(options: SchedulerOptions, signal: AbortSignal): Promise<void> {
  const { client, clock, random, log } = options
  await runWithLeaderElection(
    {
      client,
      clock,
      random,
      log,
      namespace: 'kube-system',
      name: 'kube-scheduler',
      identity: options.identity,
      async lead(leading) {
        const informers = createInformerFactory({ client, clock, random, log })
        const scheduling = schedule(
          { ...options, informers, plugins: allPlugins, schedulerName: 'default-scheduler' },
          leading,
        )
        await Promise.all([informers.start(leading), scheduling])
      },
    },
    signal,
  )
}
