// The allocations of the node's pods: decides whether a resize fits, and remembers it over restarts.
//
// One small file in the pod's directory; pods that ask for nothing have none.
// Upstream: pkg/kubelet/allocation/allocation_manager.go

import { mkdir } from 'node:fs/promises'
import path from 'node:path'
import type { Container, Node, Pod } from '#api/types/core.ts'
import { refusalOf } from '#kubelet/pods/admission.ts'
import type { PodEvents } from '#kubelet/pods/pod-events.ts'
import {
  type Allocation,
  allocationOf,
  type ResizeStatus,
  resizeSummary,
  withAllocation,
} from '#kubelet/pods/resize.ts'
import type { PodDirectories } from '#kubelet/volumes/pod-directories.ts'
import { readTextIfExists, writeFileAtomically } from '#sys/files.ts'

/** What a pod's record keeps of it. */
export interface PodAllocation extends Allocation {
  status: ResizeStatus
  isSaved: boolean
}

export interface Allocations {
  /** Of a pod that is new to this process: as it was left, or as its spec wants. */
  load(pod: Pod): Promise<PodAllocation>
  /** Allocates what the API wants now, if the node can give it; gives the pod to work on. */
  settle(
    pod: Pod,
    allocation: PodAllocation,
    node: Node | undefined,
    others: () => readonly Pod[],
  ): Promise<Pod>
  /** Notes what a container was started with or changed to. */
  actuate(pod: Pod, allocation: PodAllocation, container: Container): Promise<void>
}

const INITIAL: ResizeStatus = {}

export function createAllocations(directories: PodDirectories, events: PodEvents): Allocations {
  const fileOf = (pod: Pod): string => path.join(directories.pod(pod.metadata?.uid ?? ''), 'allocation.json')

  async function save(pod: Pod, allocation: PodAllocation): Promise<void> {
    const { allocated, actuated } = allocation
    const asksForNothing = [...Object.values(allocated), ...Object.values(actuated)].every(
      ({ limits, requests }) => !limits && !requests,
    )
    if (asksForNothing && !allocation.isSaved) return
    await mkdir(path.dirname(fileOf(pod)), { recursive: true, mode: 0o750 })
    await writeFileAtomically(fileOf(pod), JSON.stringify({ allocated, actuated }), 0o600)
    allocation.isSaved = true
  }

  return {
    async load(pod) {
      const text = await readTextIfExists(fileOf(pod))
      if (text !== undefined) return { ...(JSON.parse(text) as Allocation), status: INITIAL, isSaved: true }
      return { allocated: allocationOf(pod), actuated: {}, status: INITIAL, isSaved: false }
    },

    async settle(pod, allocation, node, others) {
      const current = withAllocation(pod, allocation.allocated)
      const { pending, ...rest } = allocation.status
      if (current === pod) {
        allocation.status = rest
        return pod
      }
      const generation = pod.metadata?.generation ?? 0
      const refusal = node ? resizeRefusal(pod, node, others()) : undefined
      if (refusal) {
        const isNews = pending?.reason !== refusal.reason || pending.message !== refusal.message
        allocation.status = { ...rest, pending: refusal }
        const message = resizeSummary(`Pod resize ${refusal.reason}`, pod, generation, refusal.message)
        if (isNews) events.pod(pod, 'Warning', `Resize${refusal.reason}`, message)
        return current
      }
      allocation.allocated = allocationOf(pod)
      allocation.status = { inProgress: { generation } }
      await save(pod, allocation)
      events.pod(pod, 'Normal', 'ResizeStarted', resizeSummary('Pod resize started', pod, generation))
      return pod
    },

    async actuate(pod, allocation, container) {
      allocation.actuated = { ...allocation.actuated, [container.name]: container.resources ?? {} }
      await save(pod, allocation)
    },
  }
}

/** What does not fit may fit when others have gone. */
function resizeRefusal(
  pod: Pod,
  node: Node,
  others: readonly Pod[],
): { reason: string; message: string } | undefined {
  const refusal = refusalOf({ pod, node, others })
  return refusal?.reason.startsWith('OutOf') ? { reason: 'Deferred', message: refusal.message } : undefined
}
