// RoleBinding: gives a role, or a ClusterRole within this namespace, to users, groups and accounts.
//
// Upstream: pkg/registry/rbac/rolebinding/strategy.go

import { ageColumn, nameColumn } from '#api/kinds/columns.ts'
import { defineKind } from '#api/kinds/kind.ts'
import { metadataUpdate, namespacedMetadata } from '#api/kinds/metadata.ts'
import {
  defaultBinding,
  roleColumn,
  sameRole,
  subjectColumns,
  validateBinding,
} from '#api/kinds/rbac/binding.ts'
import { isPathSegmentName } from '#api/meta/names.ts'
import type { FieldErrors } from '#api/meta/validation.ts'
import type { RoleBinding } from '#api/types/rbac.ts'
import type { Draft } from '#api/types/wire.ts'

const ROLE_KINDS = ['Role', 'ClusterRole']

export const roleBinding = defineKind<Draft<RoleBinding>>({
  group: 'rbac.authorization.k8s.io',
  kind: 'RoleBinding',
  resource: 'rolebindings',
  singular: 'rolebinding',
  namespaced: true,
  versions: ['v1'],
  storageVersion: 'v1',
  allowCreateOnUpdate: true,
  defaults: defaultBinding,
  validate,
  *validateUpdate(object, old) {
    yield* validate(object)
    yield* metadataUpdate(object, old)
    yield* sameRole(object, old)
  },
  columns: [
    nameColumn(),
    roleColumn('reference a Role in the current namespace or a ClusterRole in the global namespace'),
    ageColumn(),
    ...subjectColumns<Draft<RoleBinding>>('roleBinding'),
  ],
})

function* validate(object: RoleBinding): FieldErrors {
  yield* namespacedMetadata(object, isPathSegmentName)
  yield* validateBinding(object, ROLE_KINDS, true)
}
