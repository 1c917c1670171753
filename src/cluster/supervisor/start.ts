// Starts a cluster's supervisor as a process of its own.

import { closeSync, openSync } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import path from 'node:path'
import type { ClusterLayout } from '#cluster/layout.ts'
import { PROCESS_ENVIRONMENT, type SelfCommand, supervisorCommand } from '#cluster/supervisor/processes.ts'
import { spawnDetached } from '#sys/process.ts'

export interface StartedSupervisor {
  readonly logFile: string
  /** Why it ended; '' while it runs. */
  hasEnded(): string
  kill(): void
}

/** Gives at once; the supervisor answers on its socket when it is ready. */
export async function spawnSupervisor(layout: ClusterLayout, self: SelfCommand): Promise<StartedSupervisor> {
  await mkdir(layout.logDir, { recursive: true, mode: 0o700 })
  const logFile = path.join(layout.logDir, 'supervisor.log')
  const outputFd = openSync(logFile, 'a', 0o600)
  const [command = '', ...args] = supervisorCommand(layout, self)
  const child = spawnDetached(command, args, { outputFd, env: PROCESS_ENVIRONMENT })
  closeSync(outputFd)
  let ended = ''
  child.once('error', (error) => (ended = error.message))
  child.once('exit', (code, signal) => (ended = signal ?? `exit code ${code}`))
  child.unref()
  return { logFile, hasEnded: () => ended, kill: () => void child.kill('SIGKILL') }
}
