// Role: rules for the resources of one namespace.
//
// Upstream: pkg/registry/rbac/role/strategy.go

import { defineKind } from '#api/kinds/kind.ts'
import { isPathSegmentName } from '#api/meta/names.ts'
import type { Role } from '#api/types/rbac.ts'
import type { Draft } from '#api/types/wire.ts'

export const role = defineKind<Draft<Role>>({
  group: 'rbac.authorization.k8s.io',
  kind: 'Role',
  resource: 'roles',
  singular: 'role',
  namespaced: true,
  versions: ['v1'],
  storageVersion: 'v1',
  allowCreateOnUpdate: true,
  validateName: isPathSegmentName,
})
