// On which nodes the pods of a DaemonSet belong, and what a pod of one node looks like. Pure.
//
// The scheduler binds the pods: each is made for one node, which its required node affinity names. Pods of a
// DaemonSet bear what drives others away from a node in trouble.
// Upstream: pkg/controller/daemon/daemon_controller.go (NodeShouldRunDaemonPod), pkg/controller/daemon/util

import { isNodeRequired } from '#api/meta/node-selector.ts'
import { toleratesAll } from '#api/meta/tolerations.ts'
import { daemonSets } from '#api/resources.ts'
import type { DaemonSet } from '#api/types/apps.ts'
import type { Affinity, Node, Pod, PodTemplateSpec, Toleration } from '#api/types/core.ts'
import { controllerReference } from '#controllers/owner-references.ts'
import { podFromTemplate } from '#controllers/pods/pod-control.ts'

/** Names the revision that a pod was made from. */
export const HASH_LABEL = 'controller-revision-hash'
const GENERATION_LABEL = 'pod-template-generation'
const GENERATION_ANNOTATION = 'deprecated.daemonset.template.generation'

const bears = (key: string, effect: string): Toleration => ({
  key: `node.kubernetes.io/${key}`,
  operator: 'Exists',
  effect,
})

const TOLERATIONS: readonly Toleration[] = [
  bears('not-ready', 'NoExecute'),
  bears('unreachable', 'NoExecute'),
  bears('disk-pressure', 'NoSchedule'),
  bears('memory-pressure', 'NoSchedule'),
  bears('pid-pressure', 'NoSchedule'),
  bears('unschedulable', 'NoSchedule'),
]
const HOST_NETWORK_TOLERATION = bears('network-unavailable', 'NoSchedule')

/** `tolerations` with those that each pod of a DaemonSet has; one that is there already loses its time limit. */
function daemonTolerations(spec: PodTemplateSpec['spec']): readonly Toleration[] {
  const result = [...(spec?.tolerations ?? [])]
  for (const added of [...TOLERATIONS, ...(spec?.hostNetwork ? [HOST_NETWORK_TOLERATION] : [])]) {
    const i = result.findIndex(
      ({ key, operator, effect, value = '' }) =>
        key === added.key && operator === added.operator && effect === added.effect && value === '',
    )
    if (i >= 0) result[i] = added
    else result.push(added)
  }
  return result
}

export interface Placement {
  /** A pod is to be there. */
  readonly shouldRun: boolean
  /** A pod that is there may stay. */
  readonly shouldStay: boolean
}

export function placementOn(set: DaemonSet, node: Node): Placement {
  const spec = set.spec?.template.spec
  const isNamed = !spec?.nodeName || spec.nodeName === node.metadata?.name
  if (!isNamed || !isNodeRequired(spec, node)) return { shouldRun: false, shouldStay: false }
  const tolerations = daemonTolerations(spec)
  const taints = node.spec?.taints ?? []
  return {
    shouldRun: toleratesAll(tolerations, taints, ['NoSchedule', 'NoExecute']),
    shouldStay: toleratesAll(tolerations, taints, ['NoExecute']),
  }
}

/** The node that a pod is on or is made for. */
export function targetNodeOf(pod: Pod): string | undefined {
  if (pod.spec?.nodeName) return pod.spec.nodeName
  const required = pod.spec?.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution
  const names = (required?.nodeSelectorTerms ?? [])
    .flatMap(({ matchFields = [] }) => matchFields)
    .find(({ key, operator }) => key === 'metadata.name' && operator === 'In')?.values
  return names?.length === 1 ? names[0] : undefined
}

/** A pod for a node; `hash` names the revision of the template. */
export function daemonPod(set: DaemonSet, nodeName: string, hash: string): Pod {
  const { namespace = '', name = '' } = set.metadata ?? {}
  const template = set.spec?.template ?? {}
  const generation = templateGeneration(set)
  const labels = {
    ...template.metadata?.labels,
    ...(generation !== undefined && { [GENERATION_LABEL]: generation }),
    [HASH_LABEL]: hash,
  }
  const pod = podFromTemplate(template, namespace, name, controllerReference(daemonSets, set))
  const affinity = onlyOn(nodeName, template.spec?.affinity)
  const tolerations = daemonTolerations(template.spec)
  return {
    ...pod,
    metadata: { ...pod.metadata, labels },
    spec: { ...(template.spec as NonNullable<Pod['spec']>), affinity, tolerations },
  }
}

function onlyOn(nodeName: string, affinity: Affinity | undefined): Affinity {
  const field = { key: 'metadata.name', operator: 'In', values: [nodeName] }
  return {
    ...affinity,
    nodeAffinity: {
      ...affinity?.nodeAffinity,
      requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [{ matchFields: [field] }] },
    },
  }
}

/** An old way of counting templates, still in an annotation. */
function templateGeneration(set: DaemonSet): string | undefined {
  const text = set.metadata?.annotations?.[GENERATION_ANNOTATION]
  return text !== undefined && /^-?\d+$/.test(text) ? text : undefined
}

/** Whether a pod is made from the present template. */
export function isUpdated(set: DaemonSet, pod: Pod, hash: string): boolean {
  const { labels } = pod.metadata ?? {}
  const generation = templateGeneration(set)
  return (
    labels?.[HASH_LABEL] === hash || (generation !== undefined && labels?.[GENERATION_LABEL] === generation)
  )
}

/** Those with a node first, then the oldest. */
export function byScheduledAndAge(a: Pod, b: Pod): number {
  const isPlaced = (pod: Pod): number => (pod.spec?.nodeName ? 0 : 1)
  if (isPlaced(a) !== isPlaced(b)) return isPlaced(a) - isPlaced(b)
  const order = (pod: Pod): string => `${pod.metadata?.creationTimestamp ?? ''} ${pod.metadata?.name}`
  return order(a) < order(b) ? -1 : 1
}
