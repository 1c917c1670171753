// What a StatefulSet does next with its pods: one at a time and in order, or all at once. Pure.
//
// In order (`OrderedReady`): the first pod that is missing, broken or not ready stops everything behind it.
// Scaling down begins at the highest ordinal, an update as well. Upstream: stateful_set_control.go

import type { StatefulSet } from '#api/types/apps.ts'
import type { Pod, PodTemplateSpec } from '#api/types/core.ts'
import { isPodAvailable, isPodReady, isPodTerminal } from '#controllers/pods/pod-state.ts'
import {
  firstOrdinal,
  isInRange,
  ordinalOf,
  repaired,
  revisionOf,
  statefulPod,
  wantedReplicas,
} from '#controllers/statefulset/identity.ts'

export interface NamedTemplate {
  /** The name of the revision. */
  readonly revision: string
  readonly template: PodTemplateSpec
}

export interface StatefulPlanInput {
  readonly set: StatefulSet
  readonly pods: readonly Pod[]
  readonly current: NamedTemplate
  readonly update: NamedTemplate
  /** Whether the claims of this pod belong to whom they should. */
  areClaimsRight(ordinal: number, pod: Pod): boolean
  /** Whether a claim of this ordinal is about to go with an earlier pod of the same name. */
  isClaimStale(ordinal: number, pod: Pod): boolean
  readonly nowMs: number
}

export interface StatefulStep {
  /**
   * `claims`: create those that a waiting pod lacks. `owners`: set whom its claims belong to. `repair`: write
   * the pod as it is given here. `replace`: delete it, so that the new revision gets its place.
   */
  readonly action: 'create' | 'delete' | 'claims' | 'owners' | 'repair' | 'replace'
  readonly ordinal: number
  readonly pod: Pod
}

interface Replica {
  readonly ordinal: number
  readonly pod: Pod
  readonly exists: boolean
}

/** The steps of this pass in phases, one after the other; with `Parallel` a phase may be made at once. */
export function planStatefulSet(input: StatefulPlanInput): readonly (readonly StatefulStep[])[] {
  const { set } = input
  if (set.metadata?.deletionTimestamp !== undefined) return []
  const replicas = replicasOf(input)
  const condemned = condemnedOf(input)
  const up = planReplicas(input, replicas)
  if (up.isBlocked) return [up.steps]
  const owners = condemned
    .filter(({ ordinal, pod }) => !input.areClaimsRight(ordinal, pod))
    .map(({ ordinal, pod }): StatefulStep => ({ action: 'owners', ordinal, pod }))
  const down = planCondemned(input, condemned, firstUnavailable(input, replicas, condemned))
  const phases = [up.steps, owners, down.steps]
  if (down.isBlocked || set.spec?.updateStrategy?.type === 'OnDelete') return phases
  return [...phases, planUpdate(input, replicas)]
}

export const isMonotonic = (set: StatefulSet): boolean => set.spec?.podManagementPolicy !== 'Parallel'
const isLeaving = (pod: Pod): boolean => pod.metadata?.deletionTimestamp !== undefined
const isRunningAndReady = (pod: Pod): boolean => pod.status?.phase === 'Running' && isPodReady(pod)

function isAvailable({ set, nowMs }: StatefulPlanInput, pod: Pod): boolean {
  return isPodAvailable(pod, set.spec?.minReadySeconds ?? 0, nowMs)
}

/** A replica for each ordinal, present or about to be made. */
function replicasOf(input: StatefulPlanInput): readonly Replica[] {
  const { set, pods } = input
  const byOrdinal = new Map(pods.map((pod) => [ordinalOf(set.metadata?.name ?? '', pod), pod]))
  return Array.from({ length: wantedReplicas(set) }, (_, i) => {
    const ordinal = firstOrdinal(set) + i
    const pod = byOrdinal.get(ordinal)
    return { ordinal, pod: pod ?? newPod(input, ordinal), exists: pod !== undefined }
  })
}

/** Pods beyond the wanted range, the highest ordinal first. */
function condemnedOf({ set, pods }: StatefulPlanInput): readonly Replica[] {
  return pods
    .flatMap((pod) => {
      const ordinal = ordinalOf(set.metadata?.name ?? '', pod)
      return ordinal === undefined || isInRange(set, ordinal) ? [] : [{ ordinal, pod, exists: true }]
    })
    .sort((a, b) => b.ordinal - a.ordinal)
}

/** Below the partition, or while an update has not reached it, a pod is made from the old template. */
function newPod({ set, current, update }: StatefulPlanInput, ordinal: number): Pod {
  const { type, rollingUpdate } = set.spec?.updateStrategy ?? {}
  const position = ordinal - firstOrdinal(set)
  const isOld = rollingUpdate
    ? position < (rollingUpdate.partition ?? 0)
    : type === 'RollingUpdate' && position < (set.status?.currentReplicas ?? 0)
  const { revision, template } = isOld ? current : update
  return statefulPod(set, template, revision, ordinal)
}

interface Phase {
  readonly steps: readonly StatefulStep[]
  /** Nothing more is to be done in this pass. */
  readonly isBlocked: boolean
}

function planReplicas(input: StatefulPlanInput, replicas: readonly Replica[]): Phase {
  const isInOrder = isMonotonic(input.set)
  const steps: StatefulStep[] = []
  for (const replica of replicas) {
    const { step, mayGoOn } = planReplica(input, replica)
    if (step) steps.push(step)
    if (isInOrder && !mayGoOn) return { steps, isBlocked: true }
  }
  return { steps, isBlocked: false }
}

function planReplica(
  input: StatefulPlanInput,
  { ordinal, pod, exists }: Replica,
): { step?: StatefulStep; mayGoOn: boolean } {
  if (isPodTerminal(pod)) {
    return { ...(!isLeaving(pod) && { step: { action: 'delete', ordinal, pod } }), mayGoOn: false }
  }
  if (!exists) {
    const isStale = input.isClaimStale(ordinal, pod)
    return { ...(!isStale && { step: { action: 'create', ordinal, pod } }), mayGoOn: false }
  }
  // Somebody may have deleted a claim that a waiting pod needs.
  if (pod.status?.phase === 'Pending' && (input.set.spec?.volumeClaimTemplates ?? []).length > 0) {
    return { step: { action: 'claims', ordinal, pod }, mayGoOn: false }
  }
  const isUp = !isLeaving(pod) && isRunningAndReady(pod) && isAvailable(input, pod)
  if (!isUp && isMonotonic(input.set)) return { mayGoOn: false }
  const right = repaired(input.set, ordinal, pod)
  if (right === pod && input.areClaimsRight(ordinal, pod)) return { mayGoOn: true }
  return { step: { action: 'repair', ordinal, pod: right }, mayGoOn: true }
}

function firstUnavailable(
  input: StatefulPlanInput,
  replicas: readonly Replica[],
  condemned: readonly Replica[],
): Pod | undefined {
  const inOrder = [...replicas, ...[...condemned].reverse()]
  return inOrder.find(({ pod }) => isLeaving(pod) || !isAvailable(input, pod))?.pod
}

function planCondemned(
  input: StatefulPlanInput,
  condemned: readonly Replica[],
  broken: Pod | undefined,
): Phase {
  const isInOrder = isMonotonic(input.set)
  const steps: StatefulStep[] = []
  for (const { ordinal, pod } of condemned) {
    if (isLeaving(pod)) {
      if (isInOrder) return { steps, isBlocked: true }
      continue
    }
    const isHealthy = isRunningAndReady(pod) && isAvailable(input, pod)
    if (isInOrder && !isHealthy && pod !== broken) return { steps, isBlocked: true }
    steps.push({ action: 'delete', ordinal, pod })
    if (isInOrder) return { steps, isBlocked: true }
  }
  return { steps, isBlocked: false }
}

/** From the highest ordinal down to the partition, one pod: the next only when it is available again. */
function planUpdate(input: StatefulPlanInput, replicas: readonly Replica[]): readonly StatefulStep[] {
  const partition = input.set.spec?.updateStrategy?.rollingUpdate?.partition ?? 0
  for (const { ordinal, pod, exists } of [...replicas.slice(partition)].reverse()) {
    if (revisionOf(pod) !== input.update.revision && !isLeaving(pod)) {
      return exists ? [{ action: 'replace', ordinal, pod }] : []
    }
    if (isLeaving(pod) || !isAvailable(input, pod)) return []
  }
  return []
}
