// One supervised process: started, watched, started again, or adopted from an earlier supervisor.
//
// Children outlive the supervisor: a cluster does not go down because the process that looks after it does.
// So each one's identity (pid and start time) is kept in a file, and a new supervisor takes over what runs.

import { closeSync, openSync } from 'node:fs'
import { mkdir, readFile, rm } from 'node:fs/promises'
import path from 'node:path'
import { PROCESS_ENVIRONMENT } from '#cluster/supervisor/processes.ts'
import { untilAborted } from '#sys/abort.ts'
import type { Clock } from '#sys/clock.ts'
import { writeFileAtomically } from '#sys/files.ts'
import type { Logger } from '#sys/log.ts'
import {
  identify,
  isRunning,
  type ProcessIdentity,
  readProcess,
  signalProcess,
  spawnDetached,
} from '#sys/process.ts'

export interface ChildSpec {
  /** `control-plane`, `containerd-1`, `node-1`. */
  readonly name: string
  readonly command: readonly string[]
  readonly logFile: string
  readonly pidFile: string
  /** How long it may take to end after SIGTERM before it is killed. */
  readonly stopTimeoutMs: number
}

export interface ChildStatus {
  readonly name: string
  readonly pid: number
  readonly isRunning: boolean
  readonly restarts: number
  readonly startedAt: number
  readonly memoryBytes: number
  readonly cpuMs: number
  /** Why it ended last; '' when it never did. */
  readonly lastExit: string
}

export interface Child {
  readonly spec: ChildSpec
  status(): ChildStatus
  /** Watches and restarts until `signal` aborts; the process itself goes on. */
  run(signal: AbortSignal): Promise<void>
  /** Ends the process for good: SIGTERM, then SIGKILL. */
  stop(): Promise<void>
}

const MIN_BACKOFF_MS = 200
const MAX_BACKOFF_MS = 5_000
/** A process that ran this long has proved itself: its next restart is immediate again. */
const STABLE_MS = 10_000
/** Adopted processes are not our children, so the kernel does not tell when they end. */
const ADOPTED_CHECK_MS = 250
const STOP_CHECK_MS = 25
const TICK_MS = 10

export function createChild(spec: ChildSpec, clock: Clock, log: Logger): Child {
  let identity: ProcessIdentity | undefined
  let restarts = 0
  let startedAt = 0
  let lastExit = ''
  let isStopping = false

  async function adopt(): Promise<boolean> {
    const kept = parseIdentity(await readFile(spec.pidFile, 'utf8').catch(() => ''))
    if (!kept || !isRunning(kept)) return false
    identity = kept
    startedAt = clock.now()
    log.info({ process: spec.name, pid: kept.pid }, 'took over a running process')
    return true
  }

  /** Starts it and tells its end. */
  async function start(): Promise<{ readonly ended: Promise<string> }> {
    await mkdir(path.dirname(spec.logFile), { recursive: true })
    const outputFd = openSync(spec.logFile, 'a', 0o600)
    const [command = '', ...args] = spec.command
    const child = spawnDetached(command, args, { outputFd, env: PROCESS_ENVIRONMENT })
    closeSync(outputFd)
    const ended = new Promise<string>((resolve) => {
      child.once('error', (error) => resolve(error.message))
      child.once('exit', (code, signal) => resolve(signal ? `killed by ${signal}` : `exit code ${code}`))
    })
    startedAt = clock.now()
    identity = child.pid === undefined ? undefined : identify(child.pid)
    if (identity) await writeFileAtomically(spec.pidFile, JSON.stringify(identity))
    return { ended }
  }

  async function untilAdoptedEnds(signal: AbortSignal): Promise<string> {
    while (identity && isRunning(identity)) {
      await clock.sleep(ADOPTED_CHECK_MS, signal)
    }
    return 'ended'
  }

  async function run(signal: AbortSignal): Promise<void> {
    let backoffMs = MIN_BACKOFF_MS
    let ended: Promise<string> | undefined = (await adopt())
      ? untilAdoptedEnds(signal).catch(() => '')
      : undefined
    while (!signal.aborted && !isStopping) {
      ended ??= (await start()).ended
      const why = await Promise.race([ended, untilAborted(signal).then(() => '')])
      if (signal.aborted || isStopping) return
      lastExit = why
      if (clock.now() - startedAt >= STABLE_MS) backoffMs = MIN_BACKOFF_MS
      log.warn({ process: spec.name, reason: why, backoffMs }, 'process ended, starting it again')
      await clock.sleep(backoffMs, signal).catch(() => undefined)
      backoffMs = Math.min(MAX_BACKOFF_MS, backoffMs * 2)
      restarts++
      ended = undefined
    }
  }

  return {
    spec,
    run,
    status() {
      const stat = identity && isRunning(identity) ? readProcess(identity.pid) : undefined
      return {
        name: spec.name,
        pid: identity?.pid ?? 0,
        isRunning: stat !== undefined,
        restarts,
        startedAt,
        memoryBytes: stat?.residentBytes ?? 0,
        cpuMs: (stat?.cpuTicks ?? 0) * TICK_MS,
        lastExit,
      }
    },
    async stop() {
      isStopping = true
      const target = identity ?? parseIdentity(await readFile(spec.pidFile, 'utf8').catch(() => ''))
      if (target) await end(target, spec.stopTimeoutMs, clock)
      await rm(spec.pidFile, { force: true })
    },
  }
}

/** SIGTERM, and SIGKILL when that was not enough in time. */
export async function end(target: ProcessIdentity, timeoutMs: number, clock: Clock): Promise<void> {
  signalProcess(target, 'SIGTERM')
  const deadline = clock.monotonic() + timeoutMs
  while (isRunning(target)) {
    if (clock.monotonic() > deadline) signalProcess(target, 'SIGKILL')
    await clock.sleep(STOP_CHECK_MS)
  }
}

export function parseIdentity(text: string): ProcessIdentity | undefined {
  try {
    const { pid, startTicks } = JSON.parse(text) as Partial<ProcessIdentity>
    return typeof pid === 'number' && typeof startTicks === 'number' ? { pid, startTicks } : undefined
  } catch {
    return undefined
  }
}
