// RoleBinding: gives a Role or ClusterRole to subjects, in one namespace.
//
// Upstream: pkg/registry/rbac/rolebinding/strategy.go

import { defineKind } from '#api/kinds/kind.ts'
import { isPathSegmentName } from '#api/meta/names.ts'
import type { RoleBinding } from '#api/types/rbac.ts'
import type { Draft } from '#api/types/wire.ts'

export const roleBinding = defineKind<Draft<RoleBinding>>({
  group: 'rbac.authorization.k8s.io',
  kind: 'RoleBinding',
  resource: 'rolebindings',
  singular: 'rolebinding',
  namespaced: true,
  versions: ['v1'],
  storageVersion: 'v1',
  allowCreateOnUpdate: true,
  validateName: isPathSegmentName,
})
