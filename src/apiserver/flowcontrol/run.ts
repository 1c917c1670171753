// Keeps flow control up to date: follows the stored configuration, lends and borrows, reports what leads nowhere.
//
// informers ─▶ configure (at once, in memory) and ─▶ queue ─▶ the status of each schema.
// Upstream: Run in staging/src/k8s.io/apiserver/pkg/util/flowcontrol/apf_controller.go

import { flowSchemas, priorityLevelConfigurations } from '#api/resources.ts'
import type { FlowControl } from '#apiserver/flowcontrol/flow-control.ts'
import { schemaStatus } from '#apiserver/flowcontrol/schema-status.ts'
import type { Client } from '#client/client.ts'
import type { InformerFactory } from '#client/informer-factory.ts'
import { createWorkQueue } from '#client/work-queue.ts'
import type { Clock } from '#sys/clock.ts'
import type { Logger } from '#sys/log.ts'

const ADJUSTMENT_MS = 10_000
/** Conflicts are with other servers, and take some time to go away. */
const RETRY_MS = 200

export interface FlowControlRun {
  readonly client: Client
  readonly informers: InformerFactory
  readonly clock: Clock
  readonly log: Logger
}

/** To be made before the informers start; `run` when they have synced, until the signal aborts. */
export function keepFlowControl(flowControl: FlowControl, { client, informers, clock, log }: FlowControlRun) {
  const schemas = informers.informer(flowSchemas)
  const levels = informers.informer(priorityLevelConfigurations)
  const queue = createWorkQueue({
    clock,
    baseDelayMs: RETRY_MS,
    work: schemaStatus({ client, clock, schemas, levels }),
    onError: (schema, error, failures) => {
      if (failures > 3) log.warn({ schema, error: String(error) }, 'could not report on a flow schema')
    },
  })
  const configure = (): void => {
    if (levels.hasSynced() && schemas.hasSynced()) flowControl.configure(levels.list(), schemas.list())
  }

  return {
    async run(signal: AbortSignal): Promise<void> {
      configure()
      const stopFollowing = [
        levels.onChange(() => {
          configure()
          for (const schema of schemas.list()) queue.add(schema.metadata?.name ?? '')
        }),
        schemas.onChange(({ object }) => {
          configure()
          queue.add(object.metadata?.name ?? '')
        }),
      ]
      const adjusting = clock.every(ADJUSTMENT_MS, () => flowControl.adjust())
      await queue.run(signal)
      adjusting.cancel()
      for (const stop of stopFollowing) stop()
    },
  }
}
