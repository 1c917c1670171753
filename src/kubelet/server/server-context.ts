// What the server's handlers need, and how they say no.

import type { Node, Pod, PodStatus } from '#api/types/core.ts'
import type { CgroupTree } from '#kubelet/cgroups/cgroup-tree.ts'
import type { Runtime } from '#kubelet/cri/runtime.ts'
import type { RuntimePod } from '#kubelet/runtime/runtime-pod.ts'
import type { Clock } from '#sys/clock.ts'
import type { Logger } from '#sys/log.ts'

export interface ServerContext {
  readonly nodeName: string
  readonly runtime: Runtime
  readonly cgroups: CgroupTree
  readonly rootDir: string
  readonly clock: Clock
  readonly log: Logger
  readonly signal: AbortSignal
  pods(): readonly Pod[]
  podNamed(namespace: string, name: string): Pod | undefined
  statusOf(pod: Pod): PodStatus
  runtimePod(uid: string): RuntimePod | undefined
  isRunning(uid: string, containerId: string): boolean
  node(): Node | undefined
  /** Undefined when all is well. */
  healthProblem(): string | undefined
}

/** An answer other than 200, as plain text. */
export class HttpError extends Error {
  readonly code: number

  constructor(code: number, message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
  }
}
