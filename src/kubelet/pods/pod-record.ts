// What the node remembers of one pod between two steps of its worker.

import type { Pod } from '#api/types/core.ts'
import type { PodAllocation } from '#kubelet/pods/allocations.ts'
import type { StartFailure } from '#kubelet/status/container-status.ts'
import type { PodEnd } from '#kubelet/status/pod-status.ts'

/**
 * syncing     it runs, or is on its way to
 * terminating its containers are being stopped
 * terminated  they are; volumes and cgroup are being taken away
 * finished    nothing is left but its last status and, until it is gone from the API, its logs
 */
export type PodStage = 'syncing' | 'terminating' | 'terminated' | 'finished'

export interface PodRecord {
  readonly uid: string
  /** As the API has it, or had it last. */
  wanted: Pod
  /** The same with the resources that are allocated to it: what all work goes by. */
  pod: Pod
  /** Undefined until the pod is first worked on. */
  allocation: PodAllocation | undefined
  stage: PodStage
  /** The API does not have it (any more). */
  isRemoved: boolean
  /** It may stay on this node. */
  isAdmitted: boolean
  /** Why the kubelet itself ends it. */
  end: PodEnd | undefined
  /** The shortest grace period that anybody has asked for. */
  graceSeconds: number | undefined
  readonly failures: Map<string, StartFailure>
  /** Breaks off the step that is under way. */
  attempt: AbortController
}

export function createPodRecord(pod: Pod): PodRecord {
  return {
    uid: pod.metadata?.uid ?? '',
    wanted: pod,
    pod,
    allocation: undefined,
    stage: 'syncing',
    isRemoved: false,
    isAdmitted: false,
    end: undefined,
    graceSeconds: undefined,
    failures: new Map(),
    attempt: new AbortController(),
  }
}
