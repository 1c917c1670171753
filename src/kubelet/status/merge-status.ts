// What the kubelet found, joined with what is in the API: times of transition, other writers' conditions, and
// the rule that a pod is not reported as ended while something of it may still run. Pure.
//
// Upstream: pkg/kubelet/status/status_manager.go (updateStatusInternal, mergePodStatus, TerminatePod)

import type { ContainerStatus, Pod, PodCondition, PodStatus } from '#api/types/core.ts'
import {
  allContainers,
  findContainer,
  isSidecar,
  isTerminalPhase,
  mayRestartAll,
  restartsAfter,
} from '#kubelet/pods/pod-spec.ts'
import { OWN_CONDITIONS } from '#kubelet/status/conditions.ts'
import { formatTime } from '#sys/clock.ts'

/** Bytes that the last words of all containers of a pod may have together. */
const MAX_MESSAGE_BYTES = 12 * 1024

/** `found` with start time, transition times and limits, as the next one to report after `old`. */
export function nextStatus(pod: Pod, old: PodStatus, found: PodStatus, now: number): PodStatus {
  const conditions = (found.conditions ?? []).map((condition) => withTransitionTime(condition, old, now))
  const observedGeneration = Math.max(found.observedGeneration ?? 0, old.observedGeneration ?? 0)
  const limit = Math.floor(MAX_MESSAGE_BYTES / Math.max(1, allContainers(pod).length))
  const shortened = (statuses: readonly ContainerStatus[]) =>
    statuses.map((status) => withShortMessage(status, limit))
  const { initContainerStatuses: init, ephemeralContainerStatuses: ephemeral } = found
  return {
    ...found,
    conditions,
    startTime: old.startTime ?? formatTime(now),
    ...(observedGeneration > 0 && { observedGeneration }),
    containerStatuses: shortened(found.containerStatuses ?? []),
    ...(init && { initContainerStatuses: shortened(init) }),
    ...(ephemeral && { ephemeralContainerStatuses: shortened(ephemeral) }),
  }
}

function withTransitionTime(condition: PodCondition, old: PodStatus, now: number): PodCondition {
  if (condition.lastTransitionTime && !OWN_CONDITIONS.has(condition.type)) return condition
  const before = old.conditions?.find((candidate) => candidate.type === condition.type)
  const isSame = before?.status === condition.status && before.lastTransitionTime
  return { ...condition, lastTransitionTime: isSame ? before.lastTransitionTime! : formatTime(now) }
}

function withShortMessage(status: ContainerStatus, limit: number): ContainerStatus {
  const message = status.state?.terminated?.message
  if (message === undefined || message.length <= limit) return status
  const terminated = { ...status.state!.terminated!, message: message.slice(0, limit) }
  return { ...status, state: { terminated } }
}

/** What to write over `stored`: own conditions replace own ones, those of others stay as they are. */
export function mergedStatus(stored: PodStatus, next: PodStatus, mayBeRunning: boolean): PodStatus {
  const foreign = (stored.conditions ?? []).filter((condition) => !OWN_CONDITIONS.has(condition.type))
  const own = (next.conditions ?? []).filter((condition) => OWN_CONDITIONS.has(condition.type))
  const isEnding = !isTerminalPhase(stored.phase) && isTerminalPhase(next.phase)
  const disruption = next.conditions?.find((condition) => condition.type === 'DisruptionTarget')
  const others =
    isEnding && !mayBeRunning && disruption
      ? [...foreign.filter((condition) => condition.type !== disruption.type), disruption]
      : foreign
  const merged: PodStatus = { ...next, conditions: [...others, ...own] }
  if (isEnding && mayBeRunning) {
    const { reason: _reason, message: _message, ...rest } = merged
    return {
      ...rest,
      ...(stored.phase && { phase: stored.phase }),
      ...(stored.reason && { reason: stored.reason }),
      ...(stored.message && { message: stored.message }),
    }
  }
  return isTerminalPhase(merged.phase) ? withoutReady(merged) : merged
}

/** A pod that has ended is not ready, whatever was last said. */
function withoutReady(status: PodStatus): PodStatus {
  const reason = status.phase === 'Failed' ? 'PodFailed' : 'PodCompleted'
  const conditions = (status.conditions ?? []).map((condition) => {
    if (condition.status !== 'True' || !['Ready', 'ContainersReady'].includes(condition.type))
      return condition
    return { ...condition, status: 'False', reason }
  })
  return { ...status, conditions }
}

/** The last status of a pod that is over: every container that ever was has an end, and the phase says it. */
export function finalStatus(status: PodStatus): PodStatus {
  const init = status.initContainerStatuses ?? []
  const lastBegun = init.findLastIndex((one) => !one.state?.waiting || one.lastState?.terminated)
  const hasInitialized =
    init.every((one) => one.state?.terminated?.exitCode === 0 || one.started === true) || hasBegun(status)
  const ended = (one: ContainerStatus): ContainerStatus => {
    if (one.state?.terminated) return one
    const message = 'The container could not be located when the pod was terminated'
    return {
      ...one,
      ready: false,
      state: { terminated: { exitCode: 137, reason: 'ContainerStatusUnknown', message } },
    }
  }
  return {
    ...status,
    phase: isTerminalPhase(status.phase) ? status.phase! : 'Failed',
    containerStatuses: hasInitialized
      ? (status.containerStatuses ?? []).map(ended)
      : (status.containerStatuses ?? []),
    ...(init.length > 0 && {
      initContainerStatuses: init.map((one, position) =>
        position <= Math.max(0, lastBegun) ? ended(one) : one,
      ),
    }),
  }
}

const hasBegun = (status: PodStatus): boolean =>
  (status.containerStatuses ?? []).some(
    (one) => one.state?.terminated || one.state?.running || one.lastState?.terminated,
  )

/** The name of a container that would come back from an end that its policy makes final; such a status is not believed. */
export function illegalTransition(pod: Pod, old: PodStatus, next: PodStatus): string | undefined {
  if (pod.spec?.restartPolicy === 'Always' || mayRestartAll(pod)) return undefined
  const later = new Map(
    [...(next.containerStatuses ?? []), ...(next.initContainerStatuses ?? [])].map((status) => [
      status.name,
      status,
    ]),
  )
  const all = [...(old.containerStatuses ?? []), ...(old.initContainerStatuses ?? [])]
  return all.find(({ name, state }) => {
    const container = findContainer(pod, name)
    if (!state?.terminated || !container || isSidecar(container)) return false
    if (restartsAfter(pod, container, state.terminated.exitCode)) return false
    const now = later.get(name)
    return now !== undefined && !now.state?.terminated
  })?.name
}
