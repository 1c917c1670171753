// Finds a pod's status from what the runtime has and hands it to the writer; probes see it as well.

import type { PodStatus } from '#api/types/core.ts'
import type { PodContext } from '#kubelet/pods/pod-context.ts'
import type { PodRecord } from '#kubelet/pods/pod-record.ts'
import { resizeConditions } from '#kubelet/pods/resize.ts'
import type { RuntimePod } from '#kubelet/runtime/runtime-pod.ts'
import { podStatusOf } from '#kubelet/status/pod-status.ts'

export function reportStatus(
  context: PodContext,
  record: PodRecord,
  runtimePod: RuntimePod,
  isTerminated = false,
): PodStatus {
  const { pod, failures, end, allocation } = record
  const status = podStatusOf({
    pod,
    runtimePod,
    runtimeName: context.runtimeName,
    previous: context.statuses.get(pod),
    failures,
    probes: context.probes,
    hostIPs: context.hostIPs,
    isTerminated,
    end,
    actuated: allocation?.actuated ?? {},
    resize: isTerminated || !allocation ? [] : resizeConditions(allocation.status, pod.metadata?.generation),
  })
  context.statuses.set(pod, status)
  context.probes.observe(pod)
  return status
}
