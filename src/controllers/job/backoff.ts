// How long to wait before the next pod after failures: 10 s, doubled with each, at most ten minutes. Pure.
//
// Upstream: pkg/controller/job/backoff_utils.go

import type { ContainerStatus, Pod } from '#api/types/core.ts'
import { podCondition } from '#controllers/pods/pod-state.ts'

const BASE_MS = 10_000
const MAX_MS = 600_000

/** Failures since the last success, and when the last of them was. */
export interface Backoff {
  readonly failures: number
  readonly lastFailureMs: number
}

export const NO_BACKOFF: Backoff = { failures: 0, lastFailureMs: 0 }

/** The record after these pods have ended; a success forgets the failures before it. */
export function nextBackoff(old: Backoff, succeeded: readonly Pod[], failed: readonly Pod[]): Backoff {
  const failures = failed.map(finishedAtMs).sort((a, b) => a - b)
  if (succeeded.length === 0) {
    return failures.length === 0
      ? old
      : { failures: old.failures + failures.length, lastFailureMs: failures.at(-1) ?? 0 }
  }
  const lastSuccessMs = Math.max(...succeeded.map(finishedAtMs))
  const after = failures.filter((at) => at > lastSuccessMs)
  return { failures: after.length, lastFailureMs: after.at(-1) ?? 0 }
}

/** 0 when a pod may be created now. */
export function remainingMs({ failures, lastFailureMs }: Backoff, nowMs: number): number {
  if (failures === 0) return 0
  const wait = Math.min(MAX_MS, BASE_MS * 2 ** Math.min(failures - 1, 30))
  return Math.max(0, wait - (nowMs - lastFailureMs))
}

/** When a pod ended: by its containers, its readiness, its deletion, or at worst its creation. */
export function finishedAtMs(pod: Pod): number {
  const ready = podCondition(pod, 'Ready')
  const fromReady =
    ready?.status === 'False' && ready.lastTransitionTime ? Date.parse(ready.lastTransitionTime) : undefined
  const { deletionTimestamp, deletionGracePeriodSeconds = 0, creationTimestamp = '' } = pod.metadata ?? {}
  const fromDeletion = deletionTimestamp && Date.parse(deletionTimestamp) - deletionGracePeriodSeconds * 1000
  return containersFinishedMs(pod) ?? fromReady ?? (fromDeletion || Date.parse(creationTimestamp))
}

/** Undefined as soon as one container has not ended. */
function containersFinishedMs(pod: Pod): number | undefined {
  const sidecars = new Set(
    (pod.spec?.initContainers ?? []).flatMap(({ name, restartPolicy }) =>
      restartPolicy === 'Always' ? [name] : [],
    ),
  )
  const statuses: ContainerStatus[] = [
    ...(pod.status?.containerStatuses ?? []),
    ...(pod.status?.initContainerStatuses ?? []).filter(({ name }) => sidecars.has(name)),
  ]
  const times = statuses.map(({ state }) => Date.parse(state?.terminated?.finishedAt ?? ''))
  return times.length === 0 || times.some(Number.isNaN) ? undefined : Math.max(...times)
}
