// What has to change so that a stored role or binding gives at least what the default gives. Pure.
//
// Defaults are added to, never taken from: an administrator may widen a default role, or keep hands off it with the
// annotation autoupdate=false. Upstream: pkg/registry/rbac/reconciliation/{reconcile_role,reconcile_rolebindings}.go

import { semanticEqual } from '#api/meta/equality.ts'
import type { ObjectMeta } from '#api/meta/object.ts'
import type { ClusterRole, ClusterRoleBinding, Role, RoleBinding, Subject } from '#api/types/rbac.ts'
import { uncoveredRules } from '#apiserver/authorization/rbac-rules.ts'
import { AUTOUPDATE_ANNOTATION } from '#apiserver/bootstrap/rbac-policy.ts'

/** The object to store, or undefined where nothing is missing. */
export function reconcileRole<T extends Role | ClusterRole>(wanted: T, present: T): T | undefined {
  if (isProtected(present)) return undefined
  const selectors = wantedSelectors(wanted)
  const isAggregated = selectors.length > 0
  const missing = isAggregated ? [] : uncoveredRules(present.rules ?? [], wanted.rules ?? [])
  const presentSelectors = wantedSelectors(present)
  const missingSelectors = selectors.filter(
    (selector) => !presentSelectors.some((other) => semanticEqual(other, selector)),
  )
  const metadata = mergedMetadata(wanted, present)
  if (!metadata && missing.length === 0 && missingSelectors.length === 0) return undefined
  return {
    ...present,
    metadata: metadata ?? present.metadata,
    ...(missing.length > 0 && { rules: [...(present.rules ?? []), ...missing] }),
    ...(missingSelectors.length > 0 && {
      aggregationRule: { clusterRoleSelectors: [...presentSelectors, ...missingSelectors] },
    }),
  }
}

function wantedSelectors(role: Role | ClusterRole) {
  return ('aggregationRule' in role ? role.aggregationRule?.clusterRoleSelectors : undefined) ?? []
}

export type BindingChange<T> =
  | { readonly type: 'update'; readonly object: T }
  /** A binding's role cannot be changed. */
  | { readonly type: 'recreate' }

export function reconcileBinding<T extends RoleBinding | ClusterRoleBinding>(
  wanted: T,
  present: T,
): BindingChange<T> | undefined {
  if (isProtected(present)) return undefined
  if (!semanticEqual(wanted.roleRef, present.roleRef)) return { type: 'recreate' }
  const subjects = present.subjects ?? []
  const missing = (wanted.subjects ?? []).filter(
    (subject) => !subjects.some((other) => isSame(other, subject)),
  )
  const metadata = mergedMetadata(wanted, present)
  if (!metadata && missing.length === 0) return undefined
  const object = { ...present, metadata: metadata ?? present.metadata, subjects: [...subjects, ...missing] }
  return { type: 'update', object }
}

const isSame = (a: Subject, b: Subject): boolean =>
  a.kind === b.kind && a.name === b.name && (a.namespace ?? '') === (b.namespace ?? '')

function isProtected(object: { readonly metadata?: ObjectMeta }): boolean {
  return object.metadata?.annotations?.[AUTOUPDATE_ANNOTATION] === 'false'
}

/** Labels and annotations of both, those that are stored first; undefined where nothing is missing. */
function mergedMetadata(
  wanted: { readonly metadata?: ObjectMeta },
  present: { readonly metadata?: ObjectMeta },
): ObjectMeta | undefined {
  const labels = { ...wanted.metadata?.labels, ...present.metadata?.labels }
  const annotations = { ...wanted.metadata?.annotations, ...present.metadata?.annotations }
  const isComplete =
    semanticEqual(labels, present.metadata?.labels ?? {}) &&
    semanticEqual(annotations, present.metadata?.annotations ?? {})
  return isComplete ? undefined : { ...present.metadata, labels, annotations }
}
