// A pod as the runtime has it: its sandboxes and containers, newest first. Data only.
//
// Everything that decides (pods/actions.ts) or reports (status/) reads this and the API object, and nothing
// else: after a restart of the kubelet the same facts are there again.
// Upstream: pkg/kubelet/container/runtime.go (PodStatus, Status)

import type { LinuxResources, Mount, SandboxStatus } from '#kubelet/cri/types.ts'

export type RuntimeState = 'created' | 'running' | 'exited' | 'unknown'

export interface RuntimeContainer {
  readonly id: string
  readonly name: string
  readonly sandboxId: string
  readonly state: RuntimeState
  /** Milliseconds since 1970; 0 is never. */
  readonly createdAt: number
  readonly startedAt: number
  readonly finishedAt: number
  readonly exitCode: number
  readonly reason: string
  /** The runtime's message and the container's own last words. */
  readonly message: string
  readonly image: string
  readonly imageRef: string
  /** The digest of the image's configuration, where the runtime tells it apart. */
  readonly imageId: string
  readonly hash: string
  readonly restartCount: number
  readonly logPath: string
  readonly mounts: readonly Mount[]
  readonly resources: LinuxResources | undefined
  readonly user:
    | { readonly uid: number; readonly gid: number; readonly supplementalGroups: readonly number[] }
    | undefined
  readonly stopSignal: string
}

export interface RuntimePod {
  readonly uid: string
  readonly namespace: string
  readonly name: string
  /** Newest first. */
  readonly sandboxes: readonly SandboxStatus[]
  /** Newest first. */
  readonly containers: readonly RuntimeContainer[]
  /** Addresses of the newest sandbox while it is ready; empty on the host's network. */
  readonly ips: readonly string[]
}

export function emptyRuntimePod(uid: string, namespace: string, name: string): RuntimePod {
  return { uid, namespace, name, sandboxes: [], containers: [], ips: [] }
}

/** The newest container of a name. */
export function latestContainer(pod: RuntimePod, name: string): RuntimeContainer | undefined {
  return pod.containers.find((container) => container.name === name)
}

/** The sandbox that new containers go into, if there is a ready one. */
export function readySandbox(pod: RuntimePod): SandboxStatus | undefined {
  const newest = pod.sandboxes[0]
  return newest?.state === 'SANDBOX_READY' ? newest : undefined
}

export function isRunning(pod: RuntimePod): boolean {
  return pod.containers.some((container) => container.state === 'running')
}
