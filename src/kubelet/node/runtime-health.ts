// Whether runtime and network are ready, asked of the runtime itself: often until they are, then each five seconds.
//
// Upstream: pkg/kubelet/runtime.go, pkg/kubelet/kubelet.go (updateRuntimeUp)

import type { Runtime } from '#kubelet/cri/runtime.ts'
import type { RuntimeStatus } from '#kubelet/cri/types.ts'
import type { RuntimeCache } from '#kubelet/runtime/runtime-cache.ts'
import type { Clock } from '#sys/clock.ts'

export interface RuntimeHealth {
  status(): RuntimeStatus
  /** Why pods with a network of their own cannot start. */
  networkProblem(): string | undefined
  /** Why the node is not ready. */
  problems(): readonly string[]
  run(signal: AbortSignal): Promise<void>
}

export interface RuntimeHealthOptions {
  readonly runtime: Runtime
  readonly cache: RuntimeCache
  readonly clock: Clock
  /** Readiness has changed. */
  onChange(): void
}

const READY_MS = 5000
const NOT_READY_MS = 150
/** A runtime that has not answered for so long is taken for dead. */
const SILENT_MS = 30_000
const STUCK_MS = 3 * 60_000

export function createRuntimeHealth({
  runtime,
  cache,
  clock,
  onChange,
}: RuntimeHealthOptions): RuntimeHealth {
  let current: RuntimeStatus = { conditions: [], handlers: [], features: null }
  let failure: string | undefined = 'container runtime status check may not have completed yet'
  let answeredAt = clock.monotonic()

  function conditionProblem(type: string): string | undefined {
    const condition = current.conditions.find((one) => one.type === type)
    if (!condition) return `${type}=unknown`
    if (condition.status) return undefined
    return `${type}=false reason:${condition.reason} message:${condition.message}`
  }

  function networkProblem(): string | undefined {
    const problem = failure ?? conditionProblem('NetworkReady')
    return problem === undefined ? undefined : `container runtime network not ready: ${problem}`
  }

  function problems(): readonly string[] {
    const found: string[] = []
    if (failure !== undefined) found.push(failure)
    else {
      const problem = conditionProblem('RuntimeReady')
      if (problem !== undefined) found.push(`container runtime not ready: ${problem}`)
      const network = networkProblem()
      if (network !== undefined) found.push(network)
    }
    const listedAgo = clock.monotonic() - Math.max(cache.lastListedAt(), startedAt)
    if (listedAgo > STUCK_MS) {
      found.push(
        `PLEG is not healthy: pleg was last seen active ${Math.round(listedAgo / 1000)}s ago; threshold is 3m0s`,
      )
    }
    return found
  }
  const startedAt = clock.monotonic()

  async function look(): Promise<void> {
    const before = problems().join()
    try {
      current = await runtime.status()
      failure = undefined
      answeredAt = clock.monotonic()
    } catch (error) {
      if (failure === undefined && clock.monotonic() - answeredAt > SILENT_MS) {
        failure = `container runtime is down: ${error instanceof Error ? error.message : String(error)}`
      }
    }
    if (problems().join() !== before) onChange()
  }

  return {
    status: () => current,
    networkProblem,
    problems,
    async run(signal) {
      while (!signal.aborted) {
        await look()
        await clock.sleep(problems().length > 0 ? NOT_READY_MS : READY_MS, signal).catch(() => undefined)
      }
    },
  }
}
