// The conditions of a pod that the kubelet owns: which are true, and why not. Pure.
//
// Times of transition are added later, where the old status is known (status-writer.ts).
// Upstream: pkg/kubelet/status/generate.go

import type { ContainerStatus, Pod, PodCondition, PodStatus } from '#api/types/core.ts'
import { initContainers, isSidecar, mayRestartAll, regularContainers } from '#kubelet/pods/pod-spec.ts'
import { shouldRestartAll } from '#kubelet/pods/restart-all.ts'
import { sandboxChange } from '#kubelet/pods/sandbox-change.ts'
import { latestContainer, type RuntimePod } from '#kubelet/runtime/runtime-pod.ts'
import type { PodPhase } from '#kubelet/status/phase.ts'

/** Conditions that only the kubelet writes; all others belong to somebody else and are left alone. */
export const OWN_CONDITIONS: ReadonlySet<string> = new Set([
  'PodScheduled',
  'Ready',
  'Initialized',
  'ContainersReady',
  'PodReadyToStartContainers',
  'PodResizePending',
  'PodResizeInProgress',
  'AllContainersRestarting',
])

export interface ConditionsInput {
  readonly pod: Pod
  readonly phase: PodPhase
  readonly runtimePod: RuntimePod
  readonly previous: PodStatus
  readonly initStatuses: readonly ContainerStatus[]
  readonly statuses: readonly ContainerStatus[]
  /** Of other writers: readiness gates are looked up here. */
  readonly foreign: readonly PodCondition[]
}

/** In the order in which upstream writes them. */
export function ownConditions(input: ConditionsInput): readonly PodCondition[] {
  const { pod } = input
  const conditions: PodCondition[] = [
    readyToStart(input),
    initialized(input),
    ready(input),
    containersReady(input),
    { type: 'PodScheduled', status: 'True' },
    ...(mayRestartAll(pod) ? [allContainersRestarting(input)] : []),
  ]
  const observedGeneration = pod.metadata?.generation
  if (observedGeneration === undefined) return conditions
  return conditions.map((condition) => ({ ...condition, observedGeneration }))
}

function readyToStart({ pod, runtimePod }: ConditionsInput): PodCondition {
  const status = sandboxChange(pod, runtimePod).isNeeded ? 'False' : 'True'
  return { type: 'PodReadyToStartContainers', status }
}

function initialized({ pod, phase, previous, initStatuses, statuses }: ConditionsInput): PodCondition {
  const type = 'Initialized'
  const byName = new Map(initStatuses.map((status) => [status.name, status]))
  const unknown: string[] = []
  const incomplete: string[] = []
  for (const container of initContainers(pod)) {
    const status = byName.get(container.name)
    if (!status) unknown.push(container.name)
    else if (!(isSidecar(container) ? status.started : status.ready)) incomplete.push(container.name)
  }
  if (phase === 'Succeeded' && unknown.length === 0) return { type, status: 'True', reason: 'PodCompleted' }
  const hasStarted = statuses.some((status) => status.state?.running ?? status.state?.terminated)
  const message = joined(['unknown', unknown], ['incomplete', incomplete])
  if (hasStarted || message === '') return { type, status: 'True' }
  if (previous.conditions?.some((old) => old.type === type && old.status === 'True'))
    return { type, status: 'True' }
  return { type, status: 'False', reason: 'ContainersNotInitialized', message }
}

function containersReady({ pod, phase, initStatuses, statuses }: ConditionsInput): PodCondition {
  const type = 'ContainersReady'
  const byName = new Map([...initStatuses, ...statuses].map((status) => [status.name, status]))
  const unknown: string[] = []
  const unready: string[] = []
  for (const container of [...initContainers(pod).filter(isSidecar), ...regularContainers(pod)]) {
    const status = byName.get(container.name)
    if (!status) unknown.push(container.name)
    else if (!status.ready) unready.push(container.name)
  }
  if (phase === 'Failed') return { type, status: 'False', reason: 'PodFailed' }
  if (phase === 'Succeeded' && unknown.length === 0) return { type, status: 'False', reason: 'PodCompleted' }
  const message = joined(['unknown', unknown], ['unready', unready])
  if (message === '') return { type, status: 'True' }
  return { type, status: 'False', reason: 'ContainersNotReady', message }
}

function ready(input: ConditionsInput): PodCondition {
  const type = 'Ready'
  const containers = containersReady(input)
  if (containers.status !== 'True') return { ...containers, type }
  const messages: string[] = []
  for (const { conditionType } of input.pod.spec?.readinessGates ?? []) {
    const gate = input.foreign.find((condition) => condition.type === conditionType)
    const quoted = JSON.stringify(conditionType)
    if (!gate) messages.push(`corresponding condition of pod readiness gate ${quoted} does not exist.`)
    else if (gate.status !== 'True') {
      messages.push(`the status of pod readiness gate ${quoted} is not "True", but ${gate.status}`)
    }
  }
  if (messages.length === 0) return { type, status: 'True' }
  return { type, status: 'False', reason: 'ReadinessGatesNotReady', message: messages.join(', ') }
}

function allContainersRestarting({ pod, phase, runtimePod, previous }: ConditionsInput): PodCondition {
  const type = 'AllContainersRestarting'
  if (phase === 'Succeeded') return { type, status: 'False', reason: 'PodCompleted' }
  if (phase === 'Failed') return { type, status: 'False', reason: 'PodFailed' }
  const isCleanedUp = [...initContainers(pod), ...regularContainers(pod)].every(
    (container) => latestContainer(runtimePod, container.name) === undefined,
  )
  if (!shouldRestartAll(pod, runtimePod, previous) || isCleanedUp) return { type, status: 'False' }
  return {
    type,
    status: 'True',
    reason: 'RestartAllContainersStarted',
    message: 'container exited with restart policy rule',
  }
}

/** `containers with unready status: [a b]`; Go prints lists with spaces. */
function joined(...parts: readonly (readonly [word: string, names: readonly string[]])[]): string {
  return parts
    .filter(([, names]) => names.length > 0)
    .map(([word, names]) => `containers with ${word} status: [${names.join(' ')}]`)
    .join(', ')
}
