// Watches over the one who watches over all: the control plane starts a supervisor that was killed again.
//
// The supervisor starts the control plane, the control plane the supervisor; only both at once need a new `up`.
// A supervisor that ends because it was told to removes its pid file first, and is let go.

import { readFile } from 'node:fs/promises'
import type { ClusterLayout } from '#cluster/layout.ts'
import { parseIdentity } from '#cluster/supervisor/child.ts'
import type { SelfCommand } from '#cluster/supervisor/processes.ts'
import { spawnSupervisor } from '#cluster/supervisor/start.ts'
import type { Clock } from '#sys/clock.ts'
import type { Logger } from '#sys/log.ts'
import { isRunning } from '#sys/process.ts'

export interface GuardOptions {
  readonly layout: ClusterLayout
  readonly self: SelfCommand
  readonly clock: Clock
  readonly log: Logger
}

/** It is not our child, so the kernel does not tell when it ends. */
const CHECK_PERIOD_MS = 1_000
/** Time for a new one to write its pid; a second one beside it would find the lock taken and end. */
const START_MS = 5_000

/** Watches until `signal` aborts. */
export async function guardSupervisor(options: GuardOptions, signal: AbortSignal): Promise<void> {
  const { layout, self, clock, log } = options
  while (!signal.aborted) {
    await clock.sleep(CHECK_PERIOD_MS, signal).catch(() => undefined)
    const text = await readFile(layout.supervisorPidFile, 'utf8').catch(() => '')
    const supervisor = parseIdentity(text)
    if (signal.aborted || !supervisor || isRunning(supervisor)) continue
    log.warn({ pid: supervisor.pid }, 'the supervisor has ended, starting it again')
    await spawnSupervisor(layout, self)
    await clock.sleep(START_MS, signal).catch(() => undefined)
  }
}
