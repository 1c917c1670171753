// The small objects that every cluster has from the first moment: namespaces, priority classes. Data.
//
// Upstream: pkg/controlplane/controller/systemnamespaces, pkg/registry/scheduling/rest/storage_scheduling.go

import type { ConfigMap, Namespace } from '#api/types/core.ts'
import type { PriorityClass } from '#api/types/scheduling.ts'

export const SYSTEM_NAMESPACES: readonly string[] = [
  'kube-system',
  'kube-public',
  'kube-node-lease',
  'default',
]

export const systemNamespace = (name: string): Namespace => ({
  apiVersion: 'v1',
  kind: 'Namespace',
  metadata: { name },
})

/** Since when the use of tokens from Secrets is noted: the cleaner of unused ones counts from there. */
export const tokenTracking = (now: string): ConfigMap => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { namespace: 'kube-system', name: 'kube-apiserver-legacy-service-account-token-tracking' },
  data: { since: now.slice(0, 10) },
})

const priorityClass = (name: string, value: number, description: string): PriorityClass => ({
  apiVersion: 'scheduling.k8s.io/v1',
  kind: 'PriorityClass',
  metadata: { name },
  value,
  description,
})

export const SYSTEM_PRIORITY_CLASSES: readonly PriorityClass[] = [
  priorityClass(
    'system-node-critical',
    2_000_001_000,
    'Used for system critical pods that must not be moved from their current node.',
  ),
  priorityClass(
    'system-cluster-critical',
    2_000_000_000,
    'Used for system critical pods that must run in the cluster, but can be moved to another node if necessary.',
  ),
]
