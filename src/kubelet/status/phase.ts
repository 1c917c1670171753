// The phase of a pod, from the states of its containers. Pure.
//
// A pod is Pending until every container has been there once, Running while one runs or will run again, and
// Succeeded or Failed when all have ended for good. Upstream: pkg/kubelet/kubelet_pods.go (getPhase)

import type { Container, ContainerStatus, Pod } from '#api/types/core.ts'
import { initContainers, isSidecar, regularContainers, restartsAfter } from '#kubelet/pods/pod-spec.ts'

export type PodPhase = 'Pending' | 'Running' | 'Succeeded' | 'Failed'

/** The reason of a container that was taken down because another one made the pod start over. */
export const RESTARTING_ALL = 'RestartingAllContainers'

export interface PhaseInput {
  readonly pod: Pod
  /** Of init and regular containers together. */
  readonly statuses: readonly ContainerStatus[]
  /** The pod is being ended: what has stopped will not start again. */
  readonly isTerminating: boolean
  /** Some regular container is in the current sandbox. */
  readonly hasStartedRegular: boolean
}

interface Counts {
  unknown: number
  running: number
  waiting: number
  stopped: number
  stoppedForGood: number
  succeeded: number
  pendingInit: number
  pendingSidecars: number
  failedInit: number
}

export function phaseOf(input: PhaseInput): PodPhase {
  const counts = count(input)
  if (counts.failedInit > 0) return 'Failed'
  const isInitializing = counts.pendingInit > 0 || (counts.pendingSidecars > 0 && !input.hasStartedRegular)
  if (isInitializing || counts.waiting > 0) return 'Pending'
  if (counts.unknown > 0) return 'Pending'
  if (counts.running > 0) return 'Running'
  if (counts.stopped === 0) return 'Pending'
  const end = counts.stopped === counts.succeeded ? 'Succeeded' : 'Failed'
  if (input.isTerminating) return end
  return counts.stopped === counts.stoppedForGood ? end : 'Running'
}

function count({ pod, statuses }: PhaseInput): Counts {
  const counts: Counts = {
    unknown: 0,
    running: 0,
    waiting: 0,
    stopped: 0,
    stoppedForGood: 0,
    succeeded: 0,
    pendingInit: 0,
    pendingSidecars: 0,
    failedInit: 0,
  }
  const byName = new Map(statuses.map((status) => [status.name, status]))
  for (const container of initContainers(pod)) {
    const status = byName.get(container.name)
    if (isSidecar(container)) countSidecar(counts, status)
    else countInit(counts, pod, container, status)
  }
  for (const container of regularContainers(pod))
    countRegular(counts, pod, container, byName.get(container.name))
  return counts
}

function countInit(
  counts: Counts,
  pod: Pod,
  container: Container,
  status: ContainerStatus | undefined,
): void {
  const end = status?.state?.terminated ?? (status?.state?.waiting && status.lastState?.terminated)
  if (!end) counts.pendingInit++
  else if (end.exitCode !== 0 && !willRestart(pod, container, end)) counts.failedInit++
}

function countSidecar(counts: Counts, status: ContainerStatus | undefined): void {
  if (status?.state?.running) {
    if (!status.started) counts.pendingSidecars++
    counts.running++
  } else if (status?.state?.waiting) {
    if (status.lastState?.terminated) return
    counts.pendingSidecars++
    counts.waiting++
  } else if (!status?.state?.terminated) {
    if (status) counts.pendingSidecars++
    counts.unknown++
  }
}

function countRegular(
  counts: Counts,
  pod: Pod,
  container: Container,
  status: ContainerStatus | undefined,
): void {
  const { running, terminated, waiting } = status?.state ?? {}
  if (running) counts.running++
  else if (terminated || (waiting && status?.lastState?.terminated)) {
    const end = terminated ?? status?.lastState?.terminated
    counts.stopped++
    if (end && !willRestart(pod, container, end)) counts.stoppedForGood++
    if (terminated?.exitCode === 0) counts.succeeded++
  } else if (waiting) counts.waiting++
  else counts.unknown++
}

function willRestart(pod: Pod, container: Container, end: { exitCode: number; reason?: string }): boolean {
  return end.reason === RESTARTING_ALL || restartsAfter(pod, container, end.exitCode)
}
