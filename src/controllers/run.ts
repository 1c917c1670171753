// Runs all controllers in one process: one set of informers, one leader among several instances.
//
//   leader election ─▶ informers ─▶ controllers ─▶ (signal) ─▶ all ended, events flushed, lease given back
//
// Invariant: controllers work only while this instance leads. When the lease is lost the promise rejects, and
// the process should begin anew. Upstream: cmd/kube-controller-manager/app/controllermanager.go

import { setMaxListeners } from 'node:events'
import type { Client } from '#client/client.ts'
import type { ComponentMetrics } from '#client/component-metrics.ts'
import { createEventRecorder, type EventRecorder } from '#client/events.ts'
import { createInformerFactory } from '#client/informer-factory.ts'
import { runWithLeaderElection } from '#client/leader-election.ts'
import { type ControllerDescriptor, selectControllers } from '#controllers/all.ts'
import type { ControllerContext, ControllerSettings } from '#controllers/controller.ts'
import type { Clock } from '#sys/clock.ts'
import type { Logger } from '#sys/log.ts'
import type { Random } from '#sys/random.ts'

export interface ControllerManagerOptions {
  readonly client: Client
  /** The client as which a controller writes; absent: all write as `client`. */
  clientFor?(serviceAccount: string): Client
  readonly clock: Clock
  readonly random: Random
  readonly log: Logger
  readonly settings: ControllerSettings
  /** Where queues and leadership are measured; absent: nowhere. */
  readonly metrics?: ComponentMetrics
  /** As `--controllers`; default all. */
  readonly controllers?: readonly string[]
  /** Absent: work without asking who else does. */
  readonly leaderElection?: { readonly identity: string }
}

/** Works until `signal` aborts and everything has ended; rejects when leadership was lost. */
export async function runControllerManager(
  options: ControllerManagerOptions,
  signal: AbortSignal,
): Promise<void> {
  const { client, clock, random, log, leaderElection } = options
  const selected = selectControllers(options.controllers ?? ['*']).filter(
    ({ isWanted }) => isWanted?.(options.settings) ?? true,
  )
  if (!leaderElection) return runControllers(options, selected, signal)
  await runWithLeaderElection(
    {
      client,
      clock,
      random,
      log,
      namespace: 'kube-system',
      name: 'kube-controller-manager',
      identity: leaderElection.identity,
      leading: options.metrics?.leading('kube-controller-manager'),
      lead: (leading) => runControllers(options, selected, leading),
    },
    signal,
  )
}

async function runControllers(
  options: ControllerManagerOptions,
  selected: readonly ControllerDescriptor[],
  signal: AbortSignal,
): Promise<void> {
  const { client, clock, random, log, settings } = options
  const informers = createInformerFactory({ client, clock, random, log })
  const recorders: EventRecorder[] = []
  const contextFor = ({ serviceAccount }: ControllerDescriptor): ControllerContext => {
    const ownClient = (serviceAccount && options.clientFor?.(serviceAccount)) || client
    return {
      client: ownClient,
      informers,
      clock,
      random,
      log,
      settings,
      ...(options.metrics && { metrics: options.metrics }),
      events(component) {
        const recorder = createEventRecorder({ client: ownClient, clock, log, component })
        recorders.push(recorder)
        return recorder
      },
    }
  }
  // One that fails takes all down: half a controller manager would be harder to notice than none.
  const failure = new AbortController()
  const stop = AbortSignal.any([signal, failure.signal])
  // Each informer and each controller listens.
  setMaxListeners(0, stop)
  const controllers = selected.map((descriptor) => descriptor.create(contextFor(descriptor)))
  const running = [informers.start(stop), ...controllers.map((controller) => controller.run(stop))]
  const results = await Promise.allSettled(
    running.map((ended) =>
      ended.catch((error: unknown) => {
        failure.abort(error)
        throw error
      }),
    ),
  )
  await Promise.all(recorders.map((recorder) => recorder.flush()))
  const failed = results.find((result) => result.status === 'rejected')
  if (failed) throw failed.reason
}
