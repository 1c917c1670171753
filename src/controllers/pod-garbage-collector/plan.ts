// Which pods nobody else will take away. Pure.
//
// Upstream: pkg/controller/podgc/gc_controller.go

import type { Node, Pod } from '#api/types/core.ts'

/** So many ended pods are kept for their logs and status. */
export const TERMINATED_POD_THRESHOLD = 12_500
/** A node that is missing may be about to register again. */
export const QUARANTINE_MS = 40_000

const OUT_OF_SERVICE = 'node.kubernetes.io/out-of-service'

/** No longer pending, running or unknown. */
export function hasEnded(pod: Pod): boolean {
  const phase = pod.status?.phase ?? ''
  return phase !== 'Pending' && phase !== 'Running' && phase !== 'Unknown'
}

/** Being deleted, but no kubelet will let it go: it has no node, or its node was declared dead. */
export function isAbandoned(pod: Pod, node: Node | undefined): boolean {
  if (pod.metadata?.deletionTimestamp === undefined) return false
  if (!pod.spec?.nodeName) return true
  if (!node) return false
  const isReady = node.status?.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True')
  return !isReady && (node.spec?.taints ?? []).some(({ key }) => key === OUT_OF_SERVICE)
}

/** The ended pods above the threshold, evicted ones first, then the oldest. */
export function surplusOfEnded(ended: readonly Pod[], threshold: number): readonly Pod[] {
  if (ended.length <= threshold) return []
  return [...ended].sort(byEvictionAndAge).slice(0, ended.length - threshold)
}

function byEvictionAndAge(a: Pod, b: Pod): number {
  const isEvicted = (pod: Pod): boolean => pod.status?.phase === 'Failed' && pod.status.reason === 'Evicted'
  if (isEvicted(a) !== isEvicted(b)) return isEvicted(a) ? -1 : 1
  const [left, right] = [a.metadata?.creationTimestamp ?? '', b.metadata?.creationTimestamp ?? '']
  if (left !== right) return left < right ? -1 : 1
  return (a.metadata?.name ?? '') < (b.metadata?.name ?? '') ? -1 : 1
}
