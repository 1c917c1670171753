// ClusterRole: rules for cluster-scoped resources, or for use in any namespace; may be aggregated from others.
//
// Upstream: pkg/registry/rbac/clusterrole/strategy.go

import { defineKind } from '#api/kinds/kind.ts'
import { isPathSegmentName } from '#api/meta/names.ts'
import type { ClusterRole } from '#api/types/rbac.ts'
import type { Draft } from '#api/types/wire.ts'

export const clusterRole = defineKind<Draft<ClusterRole>>({
  group: 'rbac.authorization.k8s.io',
  kind: 'ClusterRole',
  resource: 'clusterroles',
  singular: 'clusterrole',
  namespaced: false,
  versions: ['v1'],
  storageVersion: 'v1',
  allowCreateOnUpdate: true,
  validateName: isPathSegmentName,
})
