// What RoleBinding and ClusterRoleBinding have in common: a role, whoever gets it, and that the role stays.
//
// Upstream: pkg/apis/rbac/validation/validation.go, pkg/apis/rbac/v1/defaults.go

import { column, wide } from '#api/kinds/columns.ts'
import { internalForm } from '#api/kinds/internal-form.ts'
import type { Column } from '#api/kinds/kind.ts'
import { semanticEqual } from '#api/meta/equality.ts'
import { invalid, notSupported, notSupportedInOrder, Path, required } from '#api/meta/field-error.ts'
import { isPathSegmentName, nameIsDNSSubdomain } from '#api/meta/names.ts'
import type { ObjectMeta } from '#api/meta/object.ts'
import { each, type FieldErrors } from '#api/meta/validation.ts'
import type { RoleRef, Subject } from '#api/types/rbac.ts'
import type { Draft } from '#api/types/wire.ts'

const GROUP = 'rbac.authorization.k8s.io'
const ROLE_REF = new Path('roleRef')
const SUBJECTS = new Path('subjects')
const SUBJECT_KINDS = ['ServiceAccount', 'User', 'Group']

export interface Binding {
  readonly metadata?: ObjectMeta
  readonly roleRef: RoleRef
  readonly subjects?: readonly Subject[]
}

export function defaultBinding({ roleRef, subjects }: Draft<Binding>): void {
  if (roleRef && !roleRef.apiGroup) roleRef.apiGroup = GROUP
  for (const subject of subjects ?? []) {
    if (!subject.apiGroup && (subject.kind === 'User' || subject.kind === 'Group')) subject.apiGroup = GROUP
  }
}

export function* validateBinding(
  binding: Binding,
  roleKinds: readonly string[],
  isNamespaced: boolean,
): FieldErrors {
  const { apiGroup, kind, name } = binding.roleRef
  if (apiGroup !== GROUP) yield notSupported(ROLE_REF.child('apiGroup'), apiGroup ?? '', [GROUP])
  if (!roleKinds.includes(kind)) yield notSupportedInOrder(ROLE_REF.child('kind'), kind ?? '', roleKinds)
  if (!name) yield required(ROLE_REF.child('name'))
  else yield* each(ROLE_REF.child('name'), name, isPathSegmentName(name))
  for (const [i, subject] of (binding.subjects ?? []).entries()) {
    yield* validateSubject(subject, isNamespaced, SUBJECTS.index(i))
  }
}

/** A binding to another role is another binding. */
export function* sameRole({ roleRef }: Binding, old: Binding): FieldErrors {
  if (!semanticEqual(roleRef, old.roleRef)) {
    yield invalid(ROLE_REF, internalForm('RoleRef', roleRef), 'cannot change roleRef')
  }
}

function* validateSubject(subject: Subject, isNamespaced: boolean, path: Path): FieldErrors {
  const { name, kind, apiGroup = '', namespace } = subject
  if (!name) yield required(path.child('name'))
  if (kind === 'ServiceAccount') {
    if (name) yield* each(path.child('name'), name, nameIsDNSSubdomain(name, false))
    if (apiGroup !== '') yield notSupported(path.child('apiGroup'), apiGroup, [''])
    if (!isNamespaced && !namespace) yield required(path.child('namespace'))
  } else if (kind === 'User' || kind === 'Group') {
    if (apiGroup !== GROUP) yield notSupported(path.child('apiGroup'), apiGroup, [GROUP])
  } else yield notSupportedInOrder(path.child('kind'), kind ?? '', SUBJECT_KINDS)
}

/** `reach` is which roles such a binding can name. */
export function roleColumn<T extends Binding>(reach: string): Column<T> {
  return column(
    'Role',
    `RoleRef can ${reach}. If the RoleRef cannot be resolved, the Authorizer must return an error.`,
    ({ roleRef }: T) => `${roleRef.kind}/${roleRef.name}`,
  )
}

/** `ofWhat` is how the descriptions call the binding. */
export function subjectColumns<T extends Binding>(ofWhat: string): Column<T>[] {
  const list = (kind: string, format: (subject: Subject) => string) => (binding: T) =>
    (binding.subjects ?? [])
      .filter((subject) => subject.kind === kind)
      .map(format)
      .join(', ')
  const named = ({ name }: Subject): string => name
  const qualified = ({ namespace = '', name }: Subject): string => `${namespace}/${name}`
  return [
    column('Users', `Users in the ${ofWhat}`, list('User', named), wide),
    column('Groups', `Groups in the ${ofWhat}`, list('Group', named), wide),
    column('ServiceAccounts', `ServiceAccounts in the ${ofWhat}`, list('ServiceAccount', qualified), wide),
  ]
}
