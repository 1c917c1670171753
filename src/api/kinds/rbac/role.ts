// Role: what may be done in one namespace.
//
// Upstream: pkg/registry/rbac/role/strategy.go

import { defineKind } from '#api/kinds/kind.ts'
import { metadataUpdate, namespacedMetadata } from '#api/kinds/metadata.ts'
import { validateRules } from '#api/kinds/rbac/rules.ts'
import { Path } from '#api/meta/field-error.ts'
import { isPathSegmentName } from '#api/meta/names.ts'
import type { FieldErrors } from '#api/meta/validation.ts'
import type { Role } from '#api/types/rbac.ts'
import type { Draft } from '#api/types/wire.ts'

const RULES = new Path('rules')

export const role = defineKind<Draft<Role>>({
  group: 'rbac.authorization.k8s.io',
  kind: 'Role',
  resource: 'roles',
  singular: 'role',
  namespaced: true,
  versions: ['v1'],
  storageVersion: 'v1',
  allowCreateOnUpdate: true,
  validate,
  *validateUpdate(object, old) {
    yield* validate(object)
    yield* metadataUpdate(object, old)
  },
})

function* validate(object: Role): FieldErrors {
  yield* namespacedMetadata(object, isPathSegmentName)
  yield* validateRules(object.rules, true, RULES)
}
