// Init containers and sidecars: which one is next, which is to be ended, and whether the pod is initialized. Pure.
//
// They start in order. A regular init container has to end with 0 before the next one starts, a sidecar only to
// have started (its startup probe passed); it then goes on beside the others and is restarted whenever it ends.
// The way is walked from the last to the first: the last one that exists says how far the pod has come.
// Upstream: pkg/kubelet/kuberuntime/kuberuntime_container.go (computeInitContainerActions)

import type { Container } from '#api/types/core.ts'
import type { ActionsInput, ContainerKill, KillReason } from '#kubelet/pods/actions.ts'
import { initContainers, isSidecar, regularContainers, shouldBeRestarted } from '#kubelet/pods/pod-spec.ts'
import { needsRestart } from '#kubelet/pods/resize.ts'
import { containerHash } from '#kubelet/runtime/labels.ts'
import { latestContainer, type RuntimeContainer } from '#kubelet/runtime/runtime-pod.ts'

export interface InitActions {
  /** Regular containers may start. */
  readonly isInitialized: boolean
  /** One has failed for good: the pod is over. */
  readonly hasFailed: boolean
  /** In order. */
  readonly start: readonly Container[]
  readonly kill: readonly ContainerKill[]
}

interface Walk {
  readonly input: ActionsInput
  readonly all: readonly Container[]
  /** Something later in the order exists already, so this one must have been passed. */
  isPassed: boolean
  isInitialized: boolean
  hasFailed: boolean
  readonly start: Set<Container>
  readonly kill: ContainerKill[]
}

export function planInitContainers(input: ActionsInput): InitActions {
  const all = initContainers(input.pod)
  if (all.length === 0) return { isInitialized: true, hasFailed: false, start: [], kill: [] }
  const hasRegular = regularContainers(input.pod).some((container) => {
    const state = latestContainer(input.runtimePod, container.name)?.state
    return state === 'created' || state === 'running'
  })
  const walk: Walk = {
    input,
    all,
    isPassed: hasRegular,
    isInitialized: hasRegular,
    hasFailed: false,
    start: new Set(),
    kill: [],
  }
  for (let position = all.length - 1; position >= 0 && !walk.hasFailed; position--) visit(walk, position)
  if (walk.hasFailed) return { isInitialized: false, hasFailed: true, start: [], kill: walk.kill }
  if (!walk.isPassed) walk.start.add(all[0]!)
  // What is started is started in the order of the spec.
  const start = all.filter((container) => walk.start.has(container))
  return { isInitialized: walk.isInitialized, hasFailed: false, start, kill: walk.kill }
}

function visit(walk: Walk, position: number): void {
  const container = walk.all[position]!
  const current = latestContainer(walk.input.runtimePod, container.name)
  if (!current) {
    if (walk.isPassed && isSidecar(container)) walk.start.add(container)
    return
  }
  if (walk.isPassed && !isSidecar(container)) return
  if (current.state === 'created') walk.start.add(container)
  else if (current.state === 'unknown') visitUnknown(walk, container, current)
  else if (current.state === 'running') {
    if (isSidecar(container)) visitRunningSidecar(walk, position, container, current)
  } else visitExited(walk, position, container, current)
  walk.isPassed = true
}

function visitRunningSidecar(
  walk: Walk,
  position: number,
  container: Container,
  current: RuntimeContainer,
): void {
  const { probes } = walk.input
  if (container.startupProbe) {
    const startup = probes.get(current.id, 'startup')
    if (startup === 'failure') replace(walk, container, current, 'failed startup probe', 'startup-probe')
    if (startup !== 'success') return
  }
  advance(walk, position)
  if (current.hash !== '' && current.hash !== containerHash(container)) {
    replace(walk, container, current, 'definition changed', 'unknown')
  } else if (container.livenessProbe && probes.get(current.id, 'liveness') === 'failure') {
    replace(walk, container, current, 'failed liveness probe', 'liveness-probe')
  } else if (needsRestart(container, walk.input.actuated[container.name] ?? container.resources ?? {})) {
    replace(walk, container, current, 'resize requires restart', 'unknown')
  }
}

/** This one has done its part: the next may start, or the pod is initialized. */
function advance(walk: Walk, position: number): void {
  const next = walk.all[position + 1]
  if (!next) walk.isInitialized = true
  else if (!walk.isPassed) walk.start.add(next)
}

function replace(
  walk: Walk,
  container: Container,
  current: RuntimeContainer,
  words: string,
  reason: KillReason,
): void {
  walk.kill.push({ container: current, message: `Init container ${container.name} ${words}`, reason })
  walk.start.add(container)
}

function visitExited(walk: Walk, position: number, container: Container, current: RuntimeContainer): void {
  if (isSidecar(container)) walk.start.add(container)
  else if (current.exitCode === 0) advance(walk, position)
  else if (shouldBeRestarted(walk.input.pod, container, walk.input.runtimePod)) walk.start.add(container)
  else walk.hasFailed = true
}

function visitUnknown(walk: Walk, container: Container, current: RuntimeContainer): void {
  const policy = container.restartPolicy ?? walk.input.pod.spec?.restartPolicy
  if (!isSidecar(container) && policy === 'Never') {
    walk.hasFailed = true
    return
  }
  const message = 'Init container is in "unknown" state, try killing it before restart'
  walk.kill.push({ container: current, message, reason: 'unknown' })
  walk.start.add(container)
}
