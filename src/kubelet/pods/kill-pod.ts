// Ends all that runs of a pod: its containers side by side (or in the order that sidecars ask for), then its sandboxes.
//
// Upstream: pkg/kubelet/kuberuntime/kuberuntime_manager.go (killPodWithSyncResult)

import type { Pod } from '#api/types/core.ts'
import { type StopDependencies, stopContainer } from '#kubelet/containers/stop-container.ts'
import { terminationOrder } from '#kubelet/containers/termination-order.ts'
import type { RuntimePod } from '#kubelet/runtime/runtime-pod.ts'

/** Rejects with the first failure after all have been tried. */
export async function killPod(
  dependencies: StopDependencies,
  pod: Pod,
  runtimePod: RuntimePod,
  graceSeconds: number | undefined,
  signal: AbortSignal,
): Promise<void> {
  const running = runtimePod.containers.filter(({ state }) => state === 'running' || state === 'unknown')
  const order = terminationOrder(
    pod,
    running.map(({ name }) => name),
    dependencies.clock,
  )
  const podIP = runtimePod.ips[0] ?? ''
  const stops = running.map((container) =>
    stopContainer(dependencies, { pod, container, podIP, graceSeconds, order }, signal),
  )
  throwFirst(await Promise.allSettled(stops))
  const ready = runtimePod.sandboxes.filter(({ state }) => state === 'SANDBOX_READY')
  throwFirst(await Promise.allSettled(ready.map(({ id }) => dependencies.runtime.stopSandbox(id))))
}

function throwFirst(results: readonly PromiseSettledResult<void>[]): void {
  const failed = results.find((result) => result.status === 'rejected')
  if (failed) throw failed.reason
}
