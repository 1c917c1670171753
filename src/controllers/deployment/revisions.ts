// Which ReplicaSet is the new one, and the annotations by which revisions are counted and remembered. Pure.
//
// `kubectl rollout history` and `undo` live on these annotations, so their every detail is upstream's: a
// revision is one more than the highest before; a set that is rolled back to keeps its older numbers.
// Upstream: pkg/controller/deployment/util/deployment_util.go, pkg/controller/deployment/sync.go

import { semanticEqual } from '#api/meta/equality.ts'
import { DNS_1123_SUBDOMAIN_MAX_LENGTH } from '#api/meta/names.ts'
import { deployments } from '#api/resources.ts'
import type { Deployment, ReplicaSet } from '#api/types/apps.ts'
import type { PodTemplateSpec } from '#api/types/core.ts'
import { maxSurge, wantedReplicas } from '#controllers/deployment/fenceposts.ts'
import { templateHash } from '#controllers/hash/template-hash.ts'
import { controllerReference } from '#controllers/owner-references.ts'

export const REVISION = 'deployment.kubernetes.io/revision'
const REVISION_HISTORY = 'deployment.kubernetes.io/revision-history'
export const DESIRED_REPLICAS = 'deployment.kubernetes.io/desired-replicas'
export const MAX_REPLICAS = 'deployment.kubernetes.io/max-replicas'
const TEMPLATE_HASH_LABEL = 'pod-template-hash'
export const ROLLBACK_TO = 'deprecated.deployment.rollback.to'

/** The revision history of a set is cut from its old end beyond this length. */
const MAX_HISTORY_LENGTH = 2000

/** Annotations that do not travel between a Deployment and its ReplicaSets. */
const OWN_ANNOTATIONS: ReadonlySet<string> = new Set([
  'kubectl.kubernetes.io/last-applied-configuration',
  REVISION,
  REVISION_HISTORY,
  DESIRED_REPLICAS,
  MAX_REPLICAS,
  ROLLBACK_TO,
])

type Annotations = Readonly<Record<string, string>>

/** Older first, by name within a second. */
export function byAge(a: ReplicaSet, b: ReplicaSet): number {
  const [left, right] = [a.metadata?.creationTimestamp ?? '', b.metadata?.creationTimestamp ?? '']
  if (left !== right) return left < right ? -1 : 1
  return (a.metadata?.name ?? '') < (b.metadata?.name ?? '') ? -1 : 1
}

/** The oldest set with the Deployment's template. */
export function findNewReplicaSet(
  deployment: Deployment,
  replicaSets: readonly ReplicaSet[],
): ReplicaSet | undefined {
  return [...replicaSets]
    .sort(byAge)
    .find((replicaSet) => isSameTemplate(replicaSet.spec?.template, deployment.spec?.template))
}

/** Whether two templates are equal but for the hash label. */
export function isSameTemplate(a: PodTemplateSpec | undefined, b: PodTemplateSpec | undefined): boolean {
  return semanticEqual(withoutHash(a), withoutHash(b))
}

export function withoutHash(template: PodTemplateSpec | undefined): PodTemplateSpec | undefined {
  const { [TEMPLATE_HASH_LABEL]: hash, ...labels } = template?.metadata?.labels ?? {}
  return hash === undefined ? template : { ...template, metadata: { ...template?.metadata, labels } }
}

/** 0 where there is none; undefined where it is no number. All 64 bits count: clients may write any number. */
export function revisionOf(replicaSet: ReplicaSet): bigint | undefined {
  const text = replicaSet.metadata?.annotations?.[REVISION]
  return text === undefined ? 0n : parseInteger(text)
}

export function maxRevision(replicaSets: readonly ReplicaSet[]): bigint {
  return sortedRevisions(replicaSets)[0] ?? 0n
}

/** The second highest revision: where a rollback without a number goes. */
export function lastRevision(replicaSets: readonly ReplicaSet[]): bigint {
  return sortedRevisions(replicaSets)[1] ?? 0n
}

/** The highest first. */
function sortedRevisions(replicaSets: readonly ReplicaSet[]): readonly bigint[] {
  const revisions = replicaSets.map((replicaSet) => revisionOf(replicaSet) ?? 0n)
  return revisions.sort((a, b) => (a < b ? 1 : a > b ? -1 : 0))
}

function parseInteger(text: string): bigint | undefined {
  return /^[+-]?\d+$/.test(text) ? BigInt(text.replace(/^\+/, '')) : undefined
}

/** A count kept in an annotation; undefined where it is missing or no count. */
export function countAnnotation(replicaSet: ReplicaSet, name: string): number | undefined {
  const text = replicaSet.metadata?.annotations?.[name]
  const count = text !== undefined && /^\d+$/.test(text) ? Number(text) : Number.NaN
  return count <= 2_147_483_647 ? count : undefined
}

/** The annotations that tell a set how big its Deployment wants to be. */
export function replicasAnnotations(deployment: Deployment): Annotations {
  const wanted = wantedReplicas(deployment)
  return { [DESIRED_REPLICAS]: String(wanted), [MAX_REPLICAS]: String(wanted + maxSurge(deployment)) }
}

/**
 * The annotations that the new set should have: the Deployment's, and its revision. Gives the very object
 * that is there when nothing changes.
 */
export function newSetAnnotations(
  deployment: Deployment,
  current: Annotations | undefined,
  newRevision: bigint,
): Annotations | undefined {
  const copied = Object.entries(deployment.metadata?.annotations ?? {}).filter(
    ([name, value]) => !OWN_ANNOTATIONS.has(name) && current?.[name] !== value,
  )
  const annotations: Record<string, string> = { ...current, ...Object.fromEntries(copied) }
  const oldText = current?.[REVISION]
  const oldRevision = oldText === undefined || oldText === '' ? 0n : parseInteger(oldText)
  if (oldRevision !== undefined && oldRevision < newRevision) {
    annotations[REVISION] = String(newRevision)
    if (oldText !== undefined) {
      const history = appendHistory(current?.[REVISION_HISTORY] ?? '', oldText)
      if (history !== undefined) annotations[REVISION_HISTORY] = history
    }
    return annotations
  }
  return copied.length > 0 ? annotations : current
}

/** Undefined when the history cannot take it even when all else is dropped. */
function appendHistory(history: string, revision: string): string | undefined {
  if (history === '') return revision
  let entries = history.split(',')
  let length = history.length + revision.length + 1
  while (length > MAX_HISTORY_LENGTH && entries.length > 0) {
    length -= (entries[0]?.length ?? 0) + 1
    entries = entries.slice(1)
  }
  return length <= MAX_HISTORY_LENGTH ? [...entries, revision].join(',') : undefined
}

/** The Deployment's annotations after a rollback to a set: its own, and what was written on that set. */
export function annotationsAfterRollback(deployment: Deployment, target: ReplicaSet): Annotations {
  const own = Object.entries(deployment.metadata?.annotations ?? {}).filter(([name]) =>
    OWN_ANNOTATIONS.has(name),
  )
  const others = Object.entries(target.metadata?.annotations ?? {}).filter(
    ([name]) => !OWN_ANNOTATIONS.has(name),
  )
  return Object.fromEntries([...own, ...others])
}

/** The ReplicaSet for the Deployment's template, with `replicas` to begin with. */
export function newReplicaSet(deployment: Deployment, replicas: number, revision: bigint): ReplicaSet {
  const template = deployment.spec?.template ?? {}
  const hash = templateHash(template, deployment.status?.collisionCount)
  const labels = { ...template.metadata?.labels, [TEMPLATE_HASH_LABEL]: hash }
  const selector = deployment.spec?.selector
  const minReadySeconds = deployment.spec?.minReadySeconds
  const annotations = newSetAnnotations(deployment, undefined, revision)
  return {
    apiVersion: 'apps/v1',
    kind: 'ReplicaSet',
    metadata: {
      name: replicaSetName(deployment.metadata?.name ?? '', hash),
      namespace: deployment.metadata?.namespace ?? '',
      labels,
      annotations: { ...annotations, ...replicasAnnotations(deployment) },
      ownerReferences: [controllerReference(deployments, deployment)],
    },
    spec: {
      replicas,
      ...(minReadySeconds !== undefined && { minReadySeconds }),
      selector: { ...selector, matchLabels: { ...selector?.matchLabels, [TEMPLATE_HASH_LABEL]: hash } },
      template: { ...template, metadata: { ...template.metadata, labels } },
    },
  }
}

/** `web-66bbd75d7c`; the Deployment's part is cut where the whole would be too long. */
function replicaSetName(deploymentName: string, hash: string): string {
  return `${deploymentName.slice(0, DNS_1123_SUBDOMAIN_MAX_LENGTH - 1 - hash.length)}-${hash}`
}
