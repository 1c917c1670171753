// What the server itself changes in a pod before it is stored.
//
// Upstream: pkg/registry/core/pod/strategy.go, dropDisabledFields in pkg/api/pod/util.go

import { APP_ARMOR_PREFIX } from '#api/kinds/core/pod/annotations.ts'
import { qosClassOf } from '#api/kinds/core/pod/qos.ts'
import { validateAppArmor } from '#api/kinds/core/pod/security.ts'
import { semanticEqual } from '#api/meta/equality.ts'
import { Path } from '#api/meta/field-error.ts'
import { formatTime } from '#api/meta/time.ts'
import type {
  AppArmorProfile,
  Container,
  EphemeralContainer,
  Pod,
  PodAffinityTerm,
  PodSpec,
} from '#api/types/core.ts'
import type { LabelSelector } from '#api/types/meta.ts'
import type { Draft } from '#api/types/wire.ts'

/** `now` in milliseconds. */
export function preparePodForCreate(pod: Draft<Pod>, now: number): void {
  pod.spec ??= { containers: [] }
  const { spec } = pod
  pod.status = { phase: 'Pending', qosClass: qosClassOf(spec) }
  dropDisabledFields(spec, undefined)
  if ((spec.schedulingGates ?? []).length > 0) {
    pod.status.conditions = [
      {
        type: 'PodScheduled',
        status: 'False',
        lastProbeTime: null as unknown as string,
        lastTransitionTime: formatTime(now),
        reason: 'SchedulingGated',
        message: 'Scheduling is blocked due to non-empty scheduling gates',
      },
    ]
  }
  mergeLabelKeys(pod)
  adoptAppArmorAnnotations(pod)
}

/** Fields of features that are off by default, unless the old pod already uses them. Templates are treated alike. */
export function dropDisabledFields(spec: Draft<PodSpec>, old: PodSpec | undefined): void {
  const source = old?.volumes?.flatMap((volume) => volume.projected?.sources ?? []) ?? []
  for (const name of ['clusterTrustBundle', 'podCertificate'] as const) {
    if (source.some((projection) => projection[name])) continue
    for (const volume of spec.volumes ?? []) {
      for (const projection of volume.projected?.sources ?? []) delete projection[name]
    }
  }
  if (!old?.schedulingGroup) delete spec.schedulingGroup
  const usesStopSignal = (container: Container | EphemeralContainer): boolean =>
    container.lifecycle?.stopSignal !== undefined
  if (old && containersOf(old).some(usesStopSignal)) return
  for (const container of containersOf(spec)) {
    if (!container.lifecycle?.stopSignal) continue
    delete container.lifecycle.stopSignal
    if (Object.keys(container.lifecycle).length === 0) delete container.lifecycle
  }
}

function containersOf<T extends PodSpec | Draft<PodSpec>>(
  spec: T,
): (T extends Draft<PodSpec> ? Draft<Container> | Draft<EphemeralContainer> : Container)[] {
  const all = [
    ...(spec.containers ?? []),
    ...(spec.initContainers ?? []),
    ...(spec.ephemeralContainers ?? []),
  ]
  return all as (T extends Draft<PodSpec> ? Draft<Container> | Draft<EphemeralContainer> : Container)[]
}

/** Statuses of features that are off by default. */
export function dropDisabledStatus(pod: Draft<Pod>, old: Pod): void {
  const status = pod.status
  if (!status) return
  type OffByDefault = { nodeAllocatableResourceClaimStatuses?: unknown }
  if (!(old.status as OffByDefault | undefined)?.nodeAllocatableResourceClaimStatuses) {
    delete (status as OffByDefault).nodeAllocatableResourceClaimStatuses
  }
  for (const name of ['containerStatuses', 'initContainerStatuses', 'ephemeralContainerStatuses'] as const) {
    for (const container of status[name] ?? []) {
      for (const mount of container.volumeMounts ?? [])
        delete (mount as { volumeStatus?: unknown }).volumeStatus
    }
  }
}

/** matchLabelKeys become part of the selectors, with the values that this pod's labels have now. */
function mergeLabelKeys(pod: Draft<Pod>): void {
  const labels = pod.metadata?.labels ?? {}
  const { affinity, topologySpreadConstraints } = pod.spec!
  for (const side of [affinity?.podAffinity, affinity?.podAntiAffinity]) {
    const preferred = side?.preferredDuringSchedulingIgnoredDuringExecution ?? []
    for (const { podAffinityTerm } of preferred) mergeIntoTerm(podAffinityTerm, labels)
    for (const term of side?.requiredDuringSchedulingIgnoredDuringExecution ?? []) mergeIntoTerm(term, labels)
  }
  for (const { labelSelector, matchLabelKeys } of topologySpreadConstraints ?? []) {
    if (labelSelector) addRequirements(labelSelector, matchLabelKeys ?? [], 'In', labels)
  }
}

type Labels = Readonly<Record<string, string>>

function mergeIntoTerm(term: Draft<PodAffinityTerm>, labels: Labels): void {
  if (!term.labelSelector) return
  addRequirements(term.labelSelector, term.matchLabelKeys ?? [], 'In', labels)
  addRequirements(term.labelSelector, term.mismatchLabelKeys ?? [], 'NotIn', labels)
}

function addRequirements(
  selector: Draft<LabelSelector>,
  keys: readonly string[],
  operator: string,
  labels: Labels,
): void {
  for (const key of keys) {
    const value = labels[key]
    if (value === undefined) continue
    selector.matchExpressions = [...(selector.matchExpressions ?? []), { key, operator, values: [value] }]
  }
}

/** What an AppArmor annotation says is also written into the field, for kubelets that know only that. */
function adoptAppArmorAnnotations(pod: Draft<Pod>): void {
  const spec = pod.spec!
  const annotations = pod.metadata?.annotations
  if (!annotations || spec.os?.name === 'windows') return
  for (const container of containersOf(spec)) {
    const annotation = annotations[`${APP_ARMOR_PREFIX}${container.name}`]
    if (annotation === undefined || container.securityContext?.appArmorProfile) continue
    const profile = appArmorProfileOf(annotation)
    if (!profile || semanticEqual(profile, spec.securityContext?.appArmorProfile)) continue
    container.securityContext = { ...container.securityContext, appArmorProfile: profile }
  }
}

/** The field for an annotation; undefined when there is none. */
export function appArmorProfileOf(annotation: string): AppArmorProfile | undefined {
  if (annotation === 'unconfined') return { type: 'Unconfined' }
  if (annotation === 'runtime/default') return { type: 'RuntimeDefault' }
  const localhostProfile = annotation.startsWith('localhost/') ? annotation.slice('localhost/'.length) : ''
  if (localhostProfile === '') return undefined
  const profile = { type: 'Localhost', localhostProfile }
  return validateAppArmor(profile, new Path()).next().done ? profile : undefined
}

/** A status that does not tell which generation it saw keeps what the old one told. */
export function keepObservedGenerations(pod: Draft<Pod>, old: Pod): void {
  const status = pod.status
  if (!status) return
  if (!status.observedGeneration && old.status?.observedGeneration) {
    status.observedGeneration = old.status.observedGeneration
  }
  const known = [...(old.status?.conditions ?? [])]
  for (const condition of status.conditions ?? []) {
    const i = known.findIndex(({ type }) => type === condition.type)
    const [before] = i >= 0 ? known.splice(i, 1) : []
    if (!condition.observedGeneration && before?.observedGeneration) {
      condition.observedGeneration = before.observedGeneration
    }
  }
}
