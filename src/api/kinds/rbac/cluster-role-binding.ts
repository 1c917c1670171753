// ClusterRoleBinding: gives a ClusterRole to subjects, in the whole cluster.
//
// Upstream: pkg/registry/rbac/clusterrolebinding/strategy.go

import { defineKind } from '#api/kinds/kind.ts'
import { isPathSegmentName } from '#api/meta/names.ts'
import type { ClusterRoleBinding } from '#api/types/rbac.ts'
import type { Draft } from '#api/types/wire.ts'

export const clusterRoleBinding = defineKind<Draft<ClusterRoleBinding>>({
  group: 'rbac.authorization.k8s.io',
  kind: 'ClusterRoleBinding',
  resource: 'clusterrolebindings',
  singular: 'clusterrolebinding',
  namespaced: false,
  versions: ['v1'],
  storageVersion: 'v1',
  allowCreateOnUpdate: true,
  validateName: isPathSegmentName,
})
