// Whether a pod needs a new sandbox, and which attempt that would be. Pure.
//
// Upstream: pkg/kubelet/kuberuntime/util/util.go (PodSandboxChanged)

import type { Pod } from '#api/types/core.ts'
import { isHostNetwork } from '#kubelet/pods/pod-spec.ts'
import type { RuntimePod } from '#kubelet/runtime/runtime-pod.ts'

export interface SandboxChange {
  readonly isNeeded: boolean
  /** Number of the sandbox: the current one's, or that of the one to make. */
  readonly attempt: number
  /** The current one; '' when there is none that could be used or replaced. */
  readonly sandboxId: string
}

export function sandboxChange(pod: Pod, runtimePod: RuntimePod): SandboxChange {
  const newest = runtimePod.sandboxes[0]
  if (!newest) return { isNeeded: true, attempt: 0, sandboxId: '' }
  const next = newest.metadata.attempt + 1
  const readyCount = runtimePod.sandboxes.filter((sandbox) => sandbox.state === 'SANDBOX_READY').length
  if (readyCount > 1 || newest.state !== 'SANDBOX_READY') {
    return { isNeeded: true, attempt: next, sandboxId: newest.id }
  }
  const isOnHost = newest.linux?.namespaces?.options?.network === 'NODE'
  if (isOnHost !== isHostNetwork(pod)) return { isNeeded: true, attempt: next, sandboxId: '' }
  if (!isOnHost && newest.network?.ip === '') return { isNeeded: true, attempt: next, sandboxId: newest.id }
  return { isNeeded: false, attempt: newest.metadata.attempt, sandboxId: newest.id }
}
