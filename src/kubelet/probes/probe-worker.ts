// One probe of one container: when it runs, and how many results in a row make a verdict.
//
// The worker follows the container through its restarts: a new container id begins a new count. After a verdict
// that ends the container (or starts it, for startup probes) it holds until the next one is there.
// Upstream: pkg/kubelet/prober/worker.go

import type { Container, ContainerStatus, Probe } from '#api/types/core.ts'
import type { ProbeResult, ProbeResultStore, ProbeType } from '#kubelet/probes/results.ts'
import type { ProbeOutcome } from '#kubelet/probes/run-probe.ts'
import type { Clock, Timer } from '#sys/clock.ts'

export interface ProbeWorkerOptions {
  readonly type: ProbeType
  readonly container: Container
  readonly probe: Probe
  readonly clock: Clock
  readonly results: ProbeResultStore
  /** The container's status as it was reported last. */
  status(): ContainerStatus | undefined
  run(container: Container, containerId: string): Promise<ProbeOutcome>
  /** Tells of a run that failed, for the event. */
  onRun(type: ProbeType, container: Container, outcome: ProbeOutcome | Error): void
  onVerdict(): void
}

export interface ProbeWorker {
  /** Looks at the container's status again: after it was started, has ended, or is started up. */
  observe(): void
  stop(): void
}

const DEFAULT_PERIOD_SECONDS = 10
/** A startup probe looks early, so that a quick start is not held up by its period. */
const FIRST_STARTUP_MS = 1000
const MAX_TRIES = 3

export function createProbeWorker(options: ProbeWorkerOptions): ProbeWorker {
  const { type, container, probe, clock, results } = options
  const periodMs = (probe.periodSeconds ?? DEFAULT_PERIOD_SECONDS) * 1000
  let containerId = ''
  let timer: Timer | undefined
  let isRunning = false
  let isOnHold = false
  let isStopped = false
  let last: ProbeResult | undefined
  let inARow = 0

  function observe(): void {
    const status = options.status()
    const id = status?.containerID?.split('://')[1] ?? ''
    if (id !== containerId) begin(id)
    if (isStopped || isOnHold || timer || isRunning || id === '' || !status?.state?.running) return
    if (type === 'startup' && status.started) {
      // Found started by a kubelet before this one.
      if (results.get(id, 'startup') === undefined) results.set(id, 'startup', 'success')
      return
    }
    if (type !== 'startup' && !status.started) return
    schedule(firstDelayMs(status))
  }

  function begin(id: string): void {
    if (containerId !== '') results.forget(containerId, type)
    timer?.cancel()
    timer = undefined
    containerId = id
    isOnHold = false
    last = undefined
    inARow = 0
  }

  function firstDelayMs(status: ContainerStatus): number {
    const runningMs = clock.now() - Date.parse(status.state?.running?.startedAt ?? '')
    const initialMs = (probe.initialDelaySeconds ?? 0) * 1000
    if (initialMs > 0) return Math.max(0, initialMs - runningMs)
    if (type === 'readiness') return 0
    return type === 'startup' ? Math.min(periodMs, FIRST_STARTUP_MS) : periodMs
  }

  function schedule(delayMs: number): void {
    timer = clock.after(delayMs, () => {
      timer = undefined
      void probeOnce(containerId)
    })
  }

  async function probeOnce(id: string): Promise<void> {
    isRunning = true
    const began = clock.monotonic()
    try {
      const outcome = await tried(id)
      if (id !== containerId || isStopped) return
      if (outcome instanceof Error || outcome.result !== 'success') options.onRun(type, container, outcome)
      if (!(outcome instanceof Error)) judge(outcome.result === 'failure' ? 'failure' : 'success')
    } finally {
      isRunning = false
      if (!isStopped && id === containerId && !isOnHold && !timer && options.status()?.state?.running) {
        schedule(Math.max(0, periodMs - (clock.monotonic() - began)))
      } else observe()
    }
  }

  /** An error of the probe itself (not of the container) is tried again at once, and says nothing in the end. */
  async function tried(id: string): Promise<ProbeOutcome | Error> {
    let failure = new Error('probe did not run')
    for (let attempt = 0; attempt < MAX_TRIES; attempt++) {
      try {
        return await options.run(container, id)
      } catch (error) {
        failure = error instanceof Error ? error : new Error(String(error))
      }
    }
    return failure
  }

  function judge(result: ProbeResult): void {
    inARow = result === last ? inARow + 1 : 1
    last = result
    const threshold = result === 'failure' ? (probe.failureThreshold ?? 3) : (probe.successThreshold ?? 1)
    if (inARow < threshold) return
    if (type === 'startup' || (type === 'liveness' && result === 'failure')) {
      isOnHold = true
      inARow = 0
    }
    if (results.set(containerId, type, result)) options.onVerdict()
  }

  return {
    observe,
    stop() {
      isStopped = true
      timer?.cancel()
      if (containerId !== '') results.forget(containerId, type)
    },
  }
}
