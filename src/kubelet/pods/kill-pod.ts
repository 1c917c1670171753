// Ends all that runs of a pod: its containers side by side (or in the order that sidecars ask for), then its sandboxes.
//
// Upstream: pkg/kubelet/kuberuntime/kuberuntime_manager.go (killPodWithSyncResult)

import type { Pod } from '#api/types/core.ts'
import { type StopDependencies, stopContainer } from '#kubelet/containers/stop-container.ts'
import { terminationOrder } from '#kubelet/containers/termination-order.ts'
import { rpcText } from '#kubelet/cri/channel.ts'
import { allWords } from '#kubelet/cri/error-words.ts'
import type { RuntimePod } from '#kubelet/runtime/runtime-pod.ts'

/**
 * Rejects with all failures after all has been tried: a container that could not be stopped goes down with its sandbox.
 * When `signal` aborts, what is left runs on, for whoever begins anew.
 */
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
  const stopped = await Promise.allSettled(stops)
  signal.throwIfAborted()
  const ready = runtimePod.sandboxes.filter(({ state }) => state === 'SANDBOX_READY')
  const ended = await Promise.allSettled(ready.map(({ id }) => dependencies.runtime.stopSandbox(id)))
  const failures = [
    ...failuresOf('KillContainer', stopped, (position) => running[position]?.name ?? ''),
    ...failuresOf('KillPodSandbox', ended, () => runtimePod.uid),
  ]
  if (failures.length > 0) throw new Error(allWords(failures))
}

function failuresOf(
  action: string,
  results: readonly PromiseSettledResult<void>[],
  target: (position: number) => string,
): readonly string[] {
  return results.flatMap((result, position) =>
    result.status === 'fulfilled'
      ? []
      : [
          `failed to "${action}" for "${target(position)}" with ${action}Error: ${JSON.stringify(rpcText(result.reason))}`,
        ],
  )
}
