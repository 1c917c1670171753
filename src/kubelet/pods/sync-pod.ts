// One step of a living pod: report what is, prepare what it needs, and do what the plan says until nothing is left.
//
// report ▶ cgroup, volumes, secrets ▶ plan ▶ act ▶ look again ▶ … The loop ends when the plan is empty, when a
// container could not start, or when the pod has come to its end by itself.
// Upstream: pkg/kubelet/kubelet.go (SyncPod)

import { mkdir } from 'node:fs/promises'
import { isNotFound } from '#api/meta/status.ts'
import type { Pod, PodStatus, Secret } from '#api/types/core.ts'
import type { MountedVolume } from '#kubelet/containers/mounts.ts'
import { act, type Outcomes } from '#kubelet/pods/act.ts'
import { type PodActions, planPod } from '#kubelet/pods/actions.ts'
import type { PodContext } from '#kubelet/pods/pod-context.ts'
import type { PodRecord } from '#kubelet/pods/pod-record.ts'
import { findContainer, isHostNetwork, isTerminalPhase } from '#kubelet/pods/pod-spec.ts'
import { reportStatus } from '#kubelet/pods/report-status.ts'
import { resizeRunning } from '#kubelet/pods/resize-running.ts'
import { emptyRuntimePod, type RuntimePod } from '#kubelet/runtime/runtime-pod.ts'

export interface SyncResult {
  /** The pod has ended by itself, or has to be ended. */
  readonly isOver: boolean
  /** Wall time in milliseconds when it is to be looked at again, whatever happens before. */
  readonly retryAt?: number
}

/** More rounds than a pod has containers mean that something goes round in circles: the next sync goes on. */
const MAX_ROUNDS = 100
/** A sandbox is reported by itself when its containers take longer than this. */
const REPORT_SANDBOX_MS = 1000

export async function syncPod(
  context: PodContext,
  record: PodRecord,
  signal: AbortSignal,
): Promise<SyncResult> {
  let runtimePod = context.cache.get(record.uid) ?? emptyOf(record.pod)
  for (let round = 0; round < MAX_ROUNDS; round++) {
    const { pod } = record
    const status = reportStatus(context, record, runtimePod)
    if (isTerminalPhase(status.phase)) return { isOver: true }
    const volumes = round === 0 ? await prepare(context, pod) : await context.volumes.mount(pod)
    signal.throwIfAborted()
    context.probes.add(pod)
    const { allocation } = record
    if (allocation) await resizeRunning(context, context.allocations, pod, allocation, runtimePod)
    const actions = planPod({
      pod,
      runtimePod,
      probes: context.probes,
      isRestartingAll: isRestartingAll(status),
      actuated: allocation?.actuated ?? {},
    })
    if (isEmpty(actions)) {
      reportStatus(context, record, runtimePod)
      await prune(context, runtimePod)
      return { isOver: false }
    }
    const outcomes = await actOn(context, record, runtimePod, actions, volumes, signal)
    runtimePod = (await context.cache.refresh(record.uid)) ?? emptyOf(pod)
    const failures = [...outcomes.values()].filter((outcome) => outcome !== undefined)
    if (failures.length === 0) continue
    reportStatus(context, record, runtimePod)
    const times = failures.map(({ retryAt }) => retryAt ?? retryLater(context))
    return { isOver: false, retryAt: Math.min(...times) }
  }
  return { isOver: false, retryAt: context.clock.now() }
}

const emptyOf = (pod: Pod): RuntimePod =>
  emptyRuntimePod(pod.metadata?.uid ?? '', pod.metadata?.namespace ?? '', pod.metadata?.name ?? '')

const RETRY_MS = 10_000

/** Spread out, so that pods that failed together do not come back together. */
export function retryLater({ clock, random }: Pick<PodContext, 'clock' | 'random'>): number {
  return clock.now() + RETRY_MS * (1 + random.next() * 0.5)
}

function isRestartingAll(status: PodStatus): boolean {
  const condition = status.conditions?.find(({ type }) => type === 'AllContainersRestarting')
  return condition?.status === 'True'
}

function isEmpty(actions: PodActions): boolean {
  const { killPod, createSandbox, kill, reset, startEphemeral, startInit, start } = actions
  return (
    !killPod &&
    !createSandbox &&
    [kill, reset, startEphemeral, startInit, start].every((list) => list.length === 0)
  )
}

/** Directory, cgroup and volumes; the latter two side by side, since a token is a question to the API server. */
async function prepare(context: PodContext, pod: Pod): Promise<ReadonlyMap<string, MountedVolume>> {
  const problem = isHostNetwork(pod) ? undefined : context.networkProblem()
  if (problem !== undefined) {
    const message = `network is not ready: ${problem}`
    context.events.pod(pod, 'Warning', 'NetworkNotReady', message)
    throw new Error(message)
  }
  await mkdir(context.directories.pod(pod.metadata?.uid ?? ''), { recursive: true, mode: 0o750 })
  const [cgroup, volumes] = await Promise.allSettled([ensureCgroup(context, pod), context.volumes.mount(pod)])
  if (cgroup.status === 'rejected') throw cgroup.reason
  if (volumes.status === 'rejected') throw volumes.reason
  return volumes.value
}

async function ensureCgroup({ cgroups, events }: PodContext, pod: Pod): Promise<void> {
  try {
    await cgroups.ensure(pod)
  } catch (error) {
    const message = `unable to ensure pod container exists: ${String(error)}`
    events.pod(pod, 'Warning', 'FailedCreatePodContainer', message)
    throw error
  }
}

async function actOn(
  context: PodContext,
  record: PodRecord,
  runtimePod: RuntimePod,
  actions: PodActions,
  volumes: ReadonlyMap<string, MountedVolume>,
  signal: AbortSignal,
): Promise<Outcomes> {
  const { pod, uid } = record
  const pullSecrets = await pullSecretsOf(context, pod)
  let isOver = false
  const reportSandbox = async (): Promise<void> => {
    await context.clock.sleep(REPORT_SANDBOX_MS)
    if (isOver) return
    const current = await context.cache.refresh(uid)
    if (current && !isOver) reportStatus(context, record, current)
  }
  const onSandbox = (): void => {
    reportSandbox().catch((error: unknown) =>
      context.log.debug({ uid, error: String(error) }, 'sandbox not reported'),
    )
  }
  try {
    const outcomes = await act(context, { pod, runtimePod, actions, volumes, pullSecrets, onSandbox }, signal)
    for (const [name, failure] of outcomes) {
      if (failure) record.failures.set(name, { reason: failure.reason, message: failure.message })
      else {
        record.failures.delete(name)
        await noteStarted(context, record, name)
      }
    }
    return outcomes
  } finally {
    isOver = true
  }
}

async function noteStarted(context: PodContext, { pod, allocation }: PodRecord, name: string): Promise<void> {
  const container = findContainer(pod, name)
  if (container && allocation) await context.allocations.actuate(pod, allocation, container)
}

/** Secrets that are not there are left out: the pull will say that it was refused. */
async function pullSecretsOf({ objects, log }: PodContext, pod: Pod): Promise<readonly Secret[]> {
  const namespace = pod.metadata?.namespace ?? ''
  const secrets: Secret[] = []
  for (const { name = '' } of pod.spec?.imagePullSecrets ?? []) {
    try {
      secrets.push(await objects.secret(namespace, name))
    } catch (error) {
      if (!isNotFound(error)) throw error
      log.warn({ pod: pod.metadata?.name, secret: name }, 'image pull secret is missing')
    }
  }
  return secrets
}

/** Of each container one that ended is kept (its log is what `--previous` shows), of sandboxes the newest. */
async function prune({ runtime, log }: PodContext, runtimePod: RuntimePod): Promise<void> {
  const kept = new Set<string>()
  const surplus = runtimePod.containers.filter((container) => {
    if (container.state !== 'exited') return false
    if (!kept.has(container.name)) {
      kept.add(container.name)
      return false
    }
    return true
  })
  const inUse = new Set(runtimePod.containers.map(({ sandboxId }) => sandboxId))
  const sandboxes = runtimePod.sandboxes
    .slice(1)
    .filter(({ id, state }) => state !== 'SANDBOX_READY' && !inUse.has(id))
  try {
    for (const { id } of surplus) await runtime.removeContainer(id)
    for (const { id } of sandboxes) await runtime.removeSandbox(id)
  } catch (error) {
    log.debug({ uid: runtimePod.uid, error: String(error) }, 'what is left over was not removed')
  }
}
