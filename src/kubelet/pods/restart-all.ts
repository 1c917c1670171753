// Pods that start over as a whole: a container's exit code met a rule with the action RestartAllContainers.
//
// Upstream: pkg/kubelet/container/helpers.go (ShouldAllContainersRestart)

import type { Container, Pod, PodStatus } from '#api/types/core.ts'
import {
  initContainers,
  matchingRestartRule,
  mayRestartAll,
  regularContainers,
} from '#kubelet/pods/pod-spec.ts'
import { latestContainer, type RuntimePod } from '#kubelet/runtime/runtime-pod.ts'

export const hasRestartAllRule = (container: Container, exitCode: number): boolean =>
  matchingRestartRule(container, exitCode)?.action === 'RestartAllContainers'

/** Whether a container has just ended that way, or the restart has begun and is not through. */
export function shouldRestartAll(pod: Pod, runtimePod: RuntimePod, previous: PodStatus): boolean {
  if (!mayRestartAll(pod)) return false
  const isUnderWay = previous.conditions?.some(
    (condition) => condition.type === 'AllContainersRestarting' && condition.status === 'True',
  )
  if (isUnderWay) return true
  const reported = new Map(
    [...(previous.initContainerStatuses ?? []), ...(previous.containerStatuses ?? [])].map((status) => [
      status.name,
      status.state?.terminated?.exitCode,
    ]),
  )
  return [...initContainers(pod), ...regularContainers(pod)].some((container) => {
    const current = latestContainer(runtimePod, container.name)
    if (current?.state === 'exited' && hasRestartAllRule(container, current.exitCode)) return true
    const exitCode = reported.get(container.name)
    return exitCode !== undefined && hasRestartAllRule(container, exitCode)
  })
}
