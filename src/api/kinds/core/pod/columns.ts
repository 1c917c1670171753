// The columns of `kubectl get pods`: above all the one word that says how a pod is.
//
// Upstream: printPod in pkg/printers/internalversion/printers.go

import { ageColumn, column, field, nameColumn, since, wide } from '#api/kinds/columns.ts'
import type { Column, RowCondition } from '#api/kinds/kind.ts'
import { timeMs } from '#api/meta/time.ts'
import type { ContainerState, ContainerStatus, Pod } from '#api/types/core.ts'

interface Summary {
  readonly ready: number
  readonly total: number
  readonly reason: string
  readonly restarts: number
  /** When a container was restarted last; '' for never. */
  readonly lastRestart: string
}

const orNone = (text: string | undefined): string => text || '<none>'

export const podColumns: readonly Column<Pod>[] = [
  nameColumn(),
  column('Ready', 'The aggregate readiness state of this pod for accepting traffic.', (pod) => {
    const { ready, total } = summarize(pod)
    return `${ready}/${total}`
  }),
  column('Status', 'The aggregate status of the containers in this pod.', (pod) => summarize(pod).reason),
  column(
    'Restarts',
    'The number of times the containers in this pod have been restarted and when the last container in this pod has restarted.',
    (pod, now) => {
      const { restarts, lastRestart } = summarize(pod)
      return restarts !== 0 && lastRestart ? `${restarts} (${since(lastRestart, now)} ago)` : `${restarts}`
    },
  ),
  ageColumn(),
  column('IP', field('core.v1.PodStatus', 'podIP'), (pod) => orNone(pod.status?.podIPs?.[0]?.ip), wide),
  column('Node', field('core.v1.PodSpec', 'nodeName'), (pod) => orNone(pod.spec?.nodeName), wide),
  column(
    'Nominated Node',
    field('core.v1.PodStatus', 'nominatedNodeName'),
    (pod) => orNone(pod.status?.nominatedNodeName),
    wide,
  ),
  column('Readiness Gates', field('core.v1.PodSpec', 'readinessGates'), readinessGates, wide),
]

function readinessGates(pod: Pod): string {
  const gates = pod.spec?.readinessGates ?? []
  if (gates.length === 0) return '<none>'
  const open = gates.filter(({ conditionType }) => isTrue(pod, conditionType))
  return `${open.length}/${gates.length}`
}

const isTrue = (pod: Pod, type: string): boolean =>
  (pod.status?.conditions ?? []).find((condition) => condition.type === type)?.status === 'True'

function summarize(pod: Pod): Summary {
  const sidecars = (pod.spec?.initContainers ?? []).filter(({ restartPolicy }) => restartPolicy === 'Always')
  const initial = summarizeInit(pod, new Set(sidecars.map(({ name }) => name)))
  const total = (pod.spec?.containers ?? []).length + sidecars.length
  const isRunning = !initial.isInitializing || isTrue(pod, 'Initialized')
  const rest = isRunning ? summarizeContainers(pod, initial) : initial
  return { ...rest, total, reason: overruledReason(pod, rest.reason) }
}

function phaseReason(pod: Pod): string {
  const gated = (pod.status?.conditions ?? []).some(
    ({ type, reason }) => type === 'PodScheduled' && reason === 'SchedulingGated',
  )
  return gated ? 'SchedulingGated' : pod.status?.reason || (pod.status?.phase ?? '')
}

interface Progress {
  reason: string
  ready: number
  restarts: number
  lastRestart: string
}

interface InitProgress extends Progress {
  isInitializing: boolean
  sidecarRestarts: number
  sidecarLastRestart: string
}

/** Init containers run one by one: the first that is not done says how the pod is. */
function summarizeInit(pod: Pod, sidecars: ReadonlySet<string>): InitProgress {
  const progress: InitProgress = {
    reason: phaseReason(pod),
    ready: 0,
    restarts: 0,
    lastRestart: '',
    isInitializing: false,
    sidecarRestarts: 0,
    sidecarLastRestart: '',
  }
  const count = (pod.spec?.initContainers ?? []).length
  for (const [i, status] of (pod.status?.initContainerStatuses ?? []).entries()) {
    const isSidecar = sidecars.has(status.name)
    progress.restarts += status.restartCount ?? 0
    progress.lastRestart = later(progress.lastRestart, status)
    if (isSidecar) {
      progress.sidecarRestarts += status.restartCount ?? 0
      progress.sidecarLastRestart = later(progress.sidecarLastRestart, status)
    }
    if (status.state?.terminated && (status.state.terminated.exitCode ?? 0) === 0) continue
    if (isSidecar && status.started) {
      if (status.ready) progress.ready++
      continue
    }
    progress.isInitializing = true
    progress.reason = initReason(status.state, `${i}/${count}`)
    break
  }
  return progress
}

function initReason(state: ContainerState | undefined, position: string): string {
  if (state?.terminated) return `Init:${state.terminated.reason || exitReason(state.terminated)}`
  const waiting = state?.waiting?.reason
  return waiting && waiting !== 'PodInitializing' ? `Init:${waiting}` : `Init:${position}`
}

const exitReason = ({ signal, exitCode }: NonNullable<ContainerState['terminated']>): string =>
  signal ? `Signal:${signal}` : `ExitCode:${exitCode ?? 0}`

/** The first container's word counts most, so they are asked from the last to the first. */
function summarizeContainers(pod: Pod, initial: InitProgress): Progress {
  const progress: Progress = {
    reason: initial.reason,
    ready: initial.ready,
    restarts: initial.sidecarRestarts,
    lastRestart: initial.sidecarLastRestart,
  }
  let hasRunning = false
  let errorReason = ''
  for (const status of [...(pod.status?.containerStatuses ?? [])].reverse()) {
    progress.restarts += status.restartCount ?? 0
    progress.lastRestart = later(progress.lastRestart, status)
    const { waiting, terminated, running } = status.state ?? {}
    if (waiting?.reason) progress.reason = waiting.reason
    else if (terminated) {
      progress.reason = terminated.reason || exitReason(terminated)
      if (terminated.exitCode) errorReason = progress.reason
    } else if (status.ready && running) {
      hasRunning = true
      progress.ready++
    }
  }
  if (progress.reason === 'Completed') {
    if (hasRunning && isTrue(pod, 'Ready')) progress.reason = 'Running'
    else if (errorReason) progress.reason = errorReason
    else if (hasRunning) progress.reason = 'NotReady'
  }
  return progress
}

function later(time: string, status: ContainerStatus): string {
  const finished = status.lastState?.terminated?.finishedAt
  if (!finished) return time
  return time === '' || timeMs(time) < timeMs(finished) ? finished : time
}

/** Deletion says more than what the containers do meanwhile. */
function overruledReason(pod: Pod, reason: string): string {
  if (!pod.metadata?.deletionTimestamp) return reason
  if (pod.status?.reason === 'NodeLost') return 'Unknown'
  return pod.status?.phase === 'Succeeded' || pod.status?.phase === 'Failed' ? reason : 'Terminating'
}

/** Rows of pods that have ended are marked, so that printers may leave them out. */
export function podRowConditions(pod: Pod): readonly RowCondition[] {
  const phase = pod.status?.phase
  if (phase !== 'Succeeded' && phase !== 'Failed') return []
  const message = phase === 'Succeeded' ? 'The pod has completed successfully.' : 'The pod failed.'
  return [{ type: 'Completed', status: 'True', reason: phase, message }]
}
