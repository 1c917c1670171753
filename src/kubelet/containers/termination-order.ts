// The order in which a pod with sidecars is taken down: first what does the work, then the sidecars, last first.
//
// Each container waits until those that go before it have ended, and its waiting comes off its grace period.
// Upstream: pkg/kubelet/kuberuntime/kuberuntime_termination_order.go

import type { Pod } from '#api/types/core.ts'
import { ephemeralContainers, initContainers, isSidecar, regularContainers } from '#kubelet/pods/pod-spec.ts'
import type { Clock } from '#sys/clock.ts'

export interface TerminationOrder {
  /** Resolves when it is this container's turn, or after `seconds`; gives the seconds that went by. */
  waitForTurn(name: string, seconds: number): Promise<number>
  ended(name: string): void
}

/** Undefined when the pod has no sidecar that runs: then all end at once. */
export function terminationOrder(
  pod: Pod,
  running: readonly string[],
  clock: Clock,
): TerminationOrder | undefined {
  const sidecars = initContainers(pod).filter(isSidecar)
  if (sidecars.length === 0) return undefined
  const ends = new Map<string, { promise: Promise<void>; resolve: () => void }>()
  const names = [...regularContainers(pod), ...ephemeralContainers(pod), ...initContainers(pod)].map(
    ({ name }) => name,
  )
  for (const name of names) {
    const end = deferred()
    ends.set(name, end)
    if (!running.includes(name)) end.resolve()
  }
  const before = new Map<string, readonly string[]>()
  const regular = regularContainers(pod).map(({ name }) => name)
  sidecars.forEach((sidecar, position) => {
    before.set(sidecar.name, [...regular, ...sidecars.slice(position + 1).map(({ name }) => name)])
  })

  return {
    async waitForTurn(name, seconds) {
      const waits = (before.get(name) ?? []).map((other) => ends.get(other)?.promise)
      if (waits.length === 0 || seconds <= 0) return 0
      const began = clock.monotonic()
      const timeout = new AbortController()
      await Promise.race([
        Promise.all(waits),
        clock.sleep(seconds * 1000, timeout.signal).catch(() => undefined),
      ])
      timeout.abort()
      return Math.floor((clock.monotonic() - began) / 1000)
    },
    ended: (name) => ends.get(name)?.resolve(),
  }
}

function deferred(): { promise: Promise<void>; resolve: () => void } {
  let resolve: () => void = () => undefined
  const promise = new Promise<void>((done) => {
    resolve = done
  })
  return { promise, resolve }
}
