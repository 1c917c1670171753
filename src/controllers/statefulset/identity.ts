// What makes a pod of a StatefulSet itself: its ordinal, and with it name, host name and claims. Pure.
//
// Upstream: pkg/controller/statefulset/stateful_set_utils.go

import { statefulSets } from '#api/resources.ts'
import type { StatefulSet } from '#api/types/apps.ts'
import type { PersistentVolumeClaim, Pod, PodTemplateSpec, Volume } from '#api/types/core.ts'
import { controllerReference } from '#controllers/owner-references.ts'
import { podFromTemplate } from '#controllers/pods/pod-control.ts'

const POD_NAME_LABEL = 'statefulset.kubernetes.io/pod-name'
const POD_INDEX_LABEL = 'apps.kubernetes.io/pod-index'
export const REVISION_LABEL = 'controller-revision-hash'

/** The ordinal in a pod's name; undefined when the pod does not belong to a set of this name. */
export function ordinalOf(setName: string, pod: Pod): number | undefined {
  const name = pod.metadata?.name ?? ''
  const found = name.startsWith(`${setName}-`) ? /^(\d+)$/.exec(name.slice(setName.length + 1)) : null
  return found && Number(found[1]) < 2 ** 31 ? Number(found[1]) : undefined
}

export const wantedReplicas = (set: StatefulSet): number => set.spec?.replicas ?? 1
export const firstOrdinal = (set: StatefulSet): number => set.spec?.ordinals?.start ?? 0

export function isInRange(set: StatefulSet, ordinal: number): boolean {
  return ordinal >= firstOrdinal(set) && ordinal < firstOrdinal(set) + wantedReplicas(set)
}

export const revisionOf = (pod: Pod): string => pod.metadata?.labels?.[REVISION_LABEL] ?? ''

export const podName = (set: StatefulSet, ordinal: number): string => `${set.metadata?.name}-${ordinal}`

/** The claims of one pod, by the name of their template. */
export function claimsOf(set: StatefulSet, ordinal: number): ReadonlyMap<string, PersistentVolumeClaim> {
  const { name, namespace = '' } = set.metadata ?? {}
  return new Map(
    (set.spec?.volumeClaimTemplates ?? []).map((template) => {
      const templateName = template.metadata?.name ?? ''
      const labels = { ...template.metadata?.labels, ...set.spec?.selector.matchLabels }
      const metadata = { ...template.metadata, name: `${templateName}-${name}-${ordinal}`, namespace, labels }
      const { status: _status, ...claim } = template
      return [templateName, { ...claim, apiVersion: 'v1', kind: 'PersistentVolumeClaim', metadata }]
    }),
  )
}

/** Whether a claim of this name belongs to some pod of the set. */
export function isClaimName(set: StatefulSet, name: string): boolean {
  return (set.spec?.volumeClaimTemplates ?? []).some((template) => {
    const prefix = `${template.metadata?.name}-${set.metadata?.name}-`
    return name.startsWith(prefix) && /^\d+$/.test(name.slice(prefix.length))
  })
}

/** The pod of an ordinal, made from `template`. */
export function statefulPod(
  set: StatefulSet,
  template: PodTemplateSpec,
  revision: string,
  ordinal: number,
): Pod {
  const { namespace = '', name = '' } = set.metadata ?? {}
  const pod = podFromTemplate(template, namespace, name, controllerReference(statefulSets, set))
  const own = podName(set, ordinal)
  return withStorage(set, ordinal, {
    ...pod,
    metadata: {
      ...pod.metadata,
      name: own,
      labels: { ...pod.metadata?.labels, ...identityLabels(own, ordinal), [REVISION_LABEL]: revision },
    },
    spec: { ...pod.spec, hostname: own, subdomain: set.spec?.serviceName ?? '' } as NonNullable<Pod['spec']>,
  })
}

const identityLabels = (name: string, ordinal: number) => ({
  [POD_NAME_LABEL]: name,
  [POD_INDEX_LABEL]: String(ordinal),
})

/** The pod with the set's identity and storage; the very pod when it has them. */
export function repaired(set: StatefulSet, ordinal: number, pod: Pod): Pod {
  const name = podName(set, ordinal)
  const hasIdentity = pod.metadata?.labels?.[POD_NAME_LABEL] === name
  const labels = { ...pod.metadata?.labels, ...identityLabels(name, ordinal) }
  const identified = hasIdentity ? pod : { ...pod, metadata: { ...pod.metadata, labels } }
  return hasStorage(set, ordinal, pod) ? identified : withStorage(set, ordinal, identified)
}

function hasStorage(set: StatefulSet, ordinal: number, pod: Pod): boolean {
  return [...claimsOf(set, ordinal)].every(([volumeName, claim]) => {
    const volume = pod.spec?.volumes?.find(({ name }) => name === volumeName)
    return volume?.persistentVolumeClaim?.claimName === claim.metadata?.name
  })
}

function withStorage(set: StatefulSet, ordinal: number, pod: Pod): Pod {
  const claims = claimsOf(set, ordinal)
  if (claims.size === 0) return pod
  const own: Volume[] = [...claims].map(([name, claim]) => ({
    name,
    persistentVolumeClaim: { claimName: claim.metadata?.name ?? '' },
  }))
  const others = (pod.spec?.volumes ?? []).filter(({ name }) => !claims.has(name))
  return { ...pod, spec: { ...pod.spec, volumes: [...own, ...others] } as NonNullable<Pod['spec']> }
}
