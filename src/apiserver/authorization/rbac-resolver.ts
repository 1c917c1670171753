// Which RBAC rules a user has in a namespace, found through indexes rather than by going through all bindings.
//
// Bindings are indexed by subject, so a request costs one lookup for the user and one for each of its groups, however
// many bindings a cluster has. Upstream: pkg/registry/rbac/validation/rule.go

import type {
  ClusterRole,
  ClusterRoleBinding,
  PolicyRule,
  Role,
  RoleBinding,
  RoleRef,
  Subject,
} from '#api/types/rbac.ts'
import { splitServiceAccountUser } from '#apiserver/authentication/service-account-names.ts'
import type { UserInfo } from '#apiserver/request.ts'
import type { Informer } from '#client/informer.ts'

export interface RbacInformers {
  readonly roles: Informer<Role>
  readonly roleBindings: Informer<RoleBinding>
  readonly clusterRoles: Informer<ClusterRole>
  readonly clusterRoleBindings: Informer<ClusterRoleBinding>
}

/** One rule that a user has, and by which binding. */
export interface GrantedRule {
  readonly rule: PolicyRule
  readonly source: () => string
}

/** A binding whose role does not exist: the rest still counts. */
export interface ResolutionError {
  readonly error: string
}

export interface RuleResolver {
  /** The user's rules in a namespace ('' for cluster scope only), one after the other. */
  visit(user: UserInfo, namespace: string): Iterable<GrantedRule | ResolutionError>
  /** Undefined where the role does not exist. `namespace` is that of the binding. */
  rulesOfRole(ref: RoleRef, namespace: string): readonly PolicyRule[] | undefined
}

const BY_SUBJECT = 'subject'

export function ruleResolver(informers: RbacInformers): RuleResolver {
  const { clusterRoleBindings, roleBindings } = informers
  clusterRoleBindings.addIndex(BY_SUBJECT, (binding) => subjectKeys(binding.subjects, ''))
  roleBindings.addIndex(BY_SUBJECT, (binding) => {
    const namespace = binding.metadata?.namespace ?? ''
    return subjectKeys(binding.subjects, namespace).map((key) => `${namespace} ${key}`)
  })

  function rulesOfRole(ref: RoleRef, namespace: string): readonly PolicyRule[] | undefined {
    const role =
      ref.kind === 'ClusterRole'
        ? informers.clusterRoles.get(ref.name)
        : ref.kind === 'Role'
          ? informers.roles.get(`${namespace}/${ref.name}`)
          : undefined
    return role && (role.rules ?? [])
  }

  function* rulesOf(
    binding: ClusterRoleBinding | RoleBinding,
    key: string,
    namespace: string,
  ): Iterable<GrantedRule | ResolutionError> {
    const { roleRef } = binding
    const rules = rulesOfRole(roleRef, namespace)
    if (!rules) {
      const kind = roleRef.kind.toLowerCase()
      yield { error: `${kind}.rbac.authorization.k8s.io ${JSON.stringify(roleRef.name)} not found` }
      return
    }
    const source = () => describeBinding(binding, key, namespace)
    for (const rule of rules) yield { rule, source }
  }

  return {
    rulesOfRole,
    *visit(user, namespace) {
      const keys = keysOfUser(user)
      const seen = new Set<unknown>()
      for (const key of keys) {
        for (const binding of clusterRoleBindings.byIndex(BY_SUBJECT, key)) {
          if (!seen.has(binding)) yield* rulesOf(binding, key, '')
          seen.add(binding)
        }
      }
      if (namespace === '') return
      for (const key of keys) {
        for (const binding of roleBindings.byIndex(BY_SUBJECT, `${namespace} ${key}`)) {
          if (!seen.has(binding)) yield* rulesOf(binding, key, namespace)
          seen.add(binding)
        }
      }
    },
  }
}

/** A subject as an index key; `namespace` is that of the binding. */
function subjectKeys(subjects: readonly Subject[] | undefined, namespace: string): readonly string[] {
  return (subjects ?? []).flatMap((subject) => {
    if (subject.kind !== 'ServiceAccount') return [`${subject.kind} ${subject.name}`]
    const own = subject.namespace || namespace
    return own === '' ? [] : [`ServiceAccount ${own}/${subject.name}`]
  })
}

function keysOfUser(user: UserInfo): readonly string[] {
  const account = splitServiceAccountUser(user.name)
  return [
    `User ${user.name}`,
    ...(account ? [`ServiceAccount ${account.namespace}/${account.name}`] : []),
    ...user.groups.map((group) => `Group ${group}`),
  ]
}

/** `RoleBinding "reader/rb" of Role "reader" to User "bob"` */
function describeBinding(binding: ClusterRoleBinding | RoleBinding, key: string, namespace: string): string {
  const name = binding.metadata?.name ?? ''
  const what =
    namespace === ''
      ? `ClusterRoleBinding ${JSON.stringify(name)}`
      : `RoleBinding ${JSON.stringify(`${name}/${namespace}`)}`
  const space = key.indexOf(' ')
  const [kind, subject] = [key.slice(0, space), key.slice(space + 1)]
  const who = kind === 'ServiceAccount' ? subject.split('/').reverse().join('/') : subject
  return `${what} of ${binding.roleRef.kind} ${JSON.stringify(binding.roleRef.name)} to ${kind} ${JSON.stringify(who)}`
}
