// What to do next for a pod: which sandbox, which containers to end and to start. Pure.
//
// Level-triggered: it looks only at the spec, at what the runtime has and at the probes' last results, so it
// gives the right answer whatever was missed before. Init containers have a file of their own (init-actions.ts).
// Upstream: pkg/kubelet/kuberuntime/kuberuntime_manager.go (computePodActions)

import type { Container, Pod } from '#api/types/core.ts'
import { type InitActions, planInitContainers } from '#kubelet/pods/init-actions.ts'
import {
  ephemeralContainers,
  initContainers,
  regularContainers,
  shouldBeRestarted,
} from '#kubelet/pods/pod-spec.ts'
import { needsRestart, type Resources } from '#kubelet/pods/resize.ts'
import { hasRestartAllRule } from '#kubelet/pods/restart-all.ts'
import { sandboxChange } from '#kubelet/pods/sandbox-change.ts'
import type { ProbeResults } from '#kubelet/probes/results.ts'
import { containerHash } from '#kubelet/runtime/labels.ts'
import { latestContainer, type RuntimeContainer, type RuntimePod } from '#kubelet/runtime/runtime-pod.ts'

export type KillReason = 'unknown' | 'startup-probe' | 'liveness-probe' | 'post-start-hook' | 'restart-all'

export interface ContainerKill {
  readonly container: RuntimeContainer
  /** What the event says; '' for the plain "Stopping container". */
  readonly message: string
  readonly reason: KillReason
}

/** A container that is taken away because the whole pod starts over. */
export interface ContainerReset {
  readonly container: RuntimeContainer
  readonly isRunning: boolean
}

export interface PodActions {
  /** End all containers and the sandbox. */
  readonly killPod: boolean
  readonly createSandbox: boolean
  /** The sandbox to use or to replace; '' for none. */
  readonly sandboxId: string
  readonly attempt: number
  readonly kill: readonly ContainerKill[]
  readonly reset: readonly ContainerReset[]
  readonly startEphemeral: readonly Container[]
  readonly startInit: readonly Container[]
  readonly start: readonly Container[]
}

export interface ActionsInput {
  readonly pod: Pod
  readonly runtimePod: RuntimePod
  readonly probes: ProbeResults
  readonly isRestartingAll: boolean
  /** What running containers have: who has to be started anew for what they are to have is ended. */
  readonly actuated: Readonly<Record<string, Resources>>
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] extends readonly (infer I)[] ? I[] : T[K] }

export function planPod(input: ActionsInput): PodActions {
  const { pod, runtimePod } = input
  const change = sandboxChange(pod, runtimePod)
  const actions: Mutable<PodActions> = {
    killPod: change.isNeeded,
    createSandbox: change.isNeeded,
    sandboxId: change.sandboxId,
    attempt: change.attempt,
    kill: [],
    reset: [],
    startEphemeral: [],
    startInit: [],
    start: [],
  }
  if (input.isRestartingAll) actions.reset = resets(input)
  else if (change.isNeeded) planNewSandbox(input, actions)
  else planContainers(input, actions)
  return actions
}

/** Sources last: should it break off in between, the exit code that began it is still there. */
function resets({ pod, runtimePod }: ActionsInput): ContainerReset[] {
  const sources: ContainerReset[] = []
  const others: ContainerReset[] = []
  for (const spec of [...regularContainers(pod), ...initContainers(pod)]) {
    for (const container of runtimePod.containers.filter(({ name }) => name === spec.name)) {
      const isRunning = container.state !== 'exited'
      const isSource = !isRunning && hasRestartAllRule(spec, container.exitCode)
      const list = isSource ? sources : others
      list.push({ container, isRunning })
    }
  }
  return [...others, ...sources]
}

function planNewSandbox({ pod, runtimePod }: ActionsInput, actions: Mutable<PodActions>): void {
  const restartsNever = pod.spec?.restartPolicy === 'Never'
  if (restartsNever && actions.attempt !== 0 && runtimePod.containers.length > 0) {
    actions.createSandbox = false
    return
  }
  const toStart = regularContainers(pod).filter((container) => {
    const policy = container.restartPolicy ?? pod.spec?.restartPolicy
    const last = latestContainer(runtimePod, container.name)
    return !(policy === 'OnFailure' && last?.state === 'exited' && last.exitCode === 0)
  })
  if (toStart.length === 0 && hasCreatedRegular(pod, runtimePod)) {
    actions.createSandbox = false
    return
  }
  const [first] = initContainers(pod)
  if (first) actions.startInit = [first]
  else actions.start = toStart
}

/** Whether a regular container has ever been made in what the runtime remembers. */
export function hasCreatedRegular(pod: Pod, runtimePod: RuntimePod): boolean {
  return regularContainers(pod).some((container) => {
    const state = latestContainer(runtimePod, container.name)?.state
    return state !== undefined && state !== 'unknown'
  })
}

function planContainers(input: ActionsInput, actions: Mutable<PodActions>): void {
  const { pod, runtimePod } = input
  actions.startEphemeral = ephemeralContainers(pod).filter(({ name }) => !latestContainer(runtimePod, name))
  const init: InitActions = planInitContainers(input)
  actions.startInit = [...init.start]
  actions.kill.push(...init.kill)
  if (init.hasFailed) {
    actions.killPod = true
    actions.startInit = []
    return
  }
  if (!init.isInitialized) return
  let kept = 0
  for (const container of regularContainers(pod)) {
    const current = latestContainer(runtimePod, container.name)
    if (current?.state !== 'running') planStopped(input, actions, container, current)
    else if (!planRunning(input, actions, container, current)) kept++
  }
  if (kept === 0 && actions.start.length === 0) {
    actions.killPod = true
    actions.startInit = []
  }
}

function planStopped(
  { pod, runtimePod }: ActionsInput,
  actions: Mutable<PodActions>,
  container: Container,
  current: RuntimeContainer | undefined,
): void {
  if (!shouldBeRestarted(pod, container, runtimePod)) return
  actions.start.push(container)
  if (current?.state !== 'unknown') return
  const message = 'Container is in "unknown" state, try killing it before restart'
  actions.kill.push({ container: current, message, reason: 'unknown' })
}

/** Ends a running container that is not what it should be; false when it may stay. */
function planRunning(
  { pod, probes, actuated }: ActionsInput,
  actions: Mutable<PodActions>,
  container: Container,
  current: RuntimeContainer,
): boolean {
  const fault = faultOf(container, current, probes, actuated[container.name])
  if (!fault) return false
  const restarts = fault.isChange || (container.restartPolicy ?? pod.spec?.restartPolicy) !== 'Never'
  const isResize = fault.words === RESIZE
  const message = `Container ${container.name} ${fault.words}${restarts && !isResize ? ', will be restarted' : ''}`
  if (restarts) actions.start.push(container)
  actions.kill.push({ container: current, message, reason: fault.reason })
  return true
}

export interface Fault {
  readonly words: string
  readonly reason: KillReason
  readonly isChange: boolean
}

const RESIZE = 'resize requires restart'

/** Why a running container cannot stay as it is. */
export function faultOf(
  container: Container,
  current: RuntimeContainer,
  probes: ProbeResults,
  actuated?: Resources,
): Fault | undefined {
  // Containers that another tool made carry no hash: they are taken as they are.
  if (current.hash !== '' && current.hash !== containerHash(container)) {
    return { words: 'definition changed', reason: 'unknown', isChange: true }
  }
  if (probes.get(current.id, 'liveness') === 'failure') {
    return { words: 'failed liveness probe', reason: 'liveness-probe', isChange: false }
  }
  if (probes.get(current.id, 'startup') === 'failure') {
    return { words: 'failed startup probe', reason: 'startup-probe', isChange: false }
  }
  if (actuated && needsRestart(container, actuated))
    return { words: RESIZE, reason: 'unknown', isChange: true }
  return undefined
}
