// ClusterRoleBinding: gives a ClusterRole to users, groups and accounts, everywhere.
//
// Upstream: pkg/registry/rbac/clusterrolebinding/strategy.go

import { ageColumn, nameColumn } from '#api/kinds/columns.ts'
import { defineKind } from '#api/kinds/kind.ts'
import { clusterMetadata, metadataUpdate } from '#api/kinds/metadata.ts'
import {
  defaultBinding,
  roleColumn,
  sameRole,
  subjectColumns,
  validateBinding,
} from '#api/kinds/rbac/binding.ts'
import { isPathSegmentName } from '#api/meta/names.ts'
import type { FieldErrors } from '#api/meta/validation.ts'
import type { ClusterRoleBinding } from '#api/types/rbac.ts'
import type { Draft } from '#api/types/wire.ts'

const ROLE_KINDS = ['ClusterRole']

export const clusterRoleBinding = defineKind<Draft<ClusterRoleBinding>>({
  group: 'rbac.authorization.k8s.io',
  kind: 'ClusterRoleBinding',
  resource: 'clusterrolebindings',
  singular: 'clusterrolebinding',
  namespaced: false,
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
    roleColumn('only reference a ClusterRole in the global namespace'),
    ageColumn(),
    ...subjectColumns<Draft<ClusterRoleBinding>>('clusterRoleBinding'),
  ],
})

function* validate(object: ClusterRoleBinding): FieldErrors {
  yield* clusterMetadata(object, isPathSegmentName)
  yield* validateBinding(object, ROLE_KINDS, false)
}
