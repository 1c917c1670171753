// RBAC in tests: an in-memory informer for each kind, and short ways to write roles, bindings and requests.

import type { KubeObject } from '#api/meta/object.ts'
import type { ClusterRole, ClusterRoleBinding, Role, RoleBinding, Subject } from '#api/types/rbac.ts'
import { type RuleResolver, ruleResolver } from '#apiserver/authorization/rbac-resolver.ts'
import { parseRule } from '#apiserver/bootstrap/rbac-policy.ts'
import type { RequestInfo, UserInfo } from '#apiserver/request.ts'
import type { Informer } from '#client/informer.ts'
import { InformerStore } from '#client/informer-store.ts'

/** An informer that holds `objects` and never changes. */
export function fixedInformer<T extends KubeObject>(objects: readonly T[]): Informer<T> {
  const store = new InformerStore<T>()
  for (const object of objects) store.put(object)
  return {
    type: { group: '', version: 'v1', resource: '', kind: '', namespaced: true },
    get: (key) => store.get(key),
    list: (namespace) => store.list(namespace),
    addIndex: (name, valuesOf) => store.addIndex(name, valuesOf),
    byIndex: (name, value) => store.byIndex(name, value),
    onChange: (handler) => {
      for (const object of store.list()) handler({ type: 'added', object })
      return () => undefined
    },
    hasSynced: () => true,
    whenSynced: async () => undefined,
  }
}

export interface Policy {
  /** `name` → rules, in the notation of rbac-policy.ts. */
  readonly clusterRoles?: Readonly<Record<string, readonly string[]>>
  /** `namespace/name` → rules. */
  readonly roles?: Readonly<Record<string, readonly string[]>>
  /** ClusterRole → subjects: `User bob`, `Group dev`, `ServiceAccount ns/robot`. */
  readonly clusterBindings?: Readonly<Record<string, readonly string[]>>
  /** `namespace/Role name` or `namespace/ClusterRole name` → subjects. */
  readonly bindings?: Readonly<Record<string, readonly string[]>>
}

export function resolverOf(policy: Policy): RuleResolver {
  const clusterRoles = Object.entries(policy.clusterRoles ?? {}).map(
    ([name, rules]): ClusterRole => ({ metadata: { name }, rules: rules.map(parseRule) }),
  )
  const roles = Object.entries(policy.roles ?? {}).map(
    ([key, rules]): Role => ({ metadata: named(key), rules: rules.map(parseRule) }),
  )
  const clusterRoleBindings = Object.entries(policy.clusterBindings ?? {}).map(
    ([role, subjects]): ClusterRoleBinding => ({
      metadata: { name: role },
      subjects: subjects.map(subjectOf),
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: role },
    }),
  )
  const roleBindings = Object.entries(policy.bindings ?? {}).map(([key, subjects]): RoleBinding => {
    const { namespace, name } = named(key)
    const [kind = '', role = ''] = name.split(' ')
    return {
      metadata: { namespace, name: role },
      subjects: subjects.map(subjectOf),
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind, name: role },
    }
  })
  return ruleResolver({
    roles: fixedInformer(roles),
    roleBindings: fixedInformer(roleBindings),
    clusterRoles: fixedInformer(clusterRoles),
    clusterRoleBindings: fixedInformer(clusterRoleBindings),
  })
}

function named(key: string): { namespace: string; name: string } {
  const [namespace = '', name = ''] = key.split('/')
  return { namespace, name }
}

function subjectOf(text: string): Subject {
  const [kind = '', name = ''] = text.split(' ')
  if (kind !== 'ServiceAccount') return { kind, name, apiGroup: 'rbac.authorization.k8s.io' }
  const [namespace, account] = name.includes('/') ? name.split('/') : [undefined, name]
  return { kind, name: account ?? '', ...(namespace && { namespace }) }
}

export const user = (name: string, ...groups: readonly string[]): UserInfo => ({ name, groups })

/** `list pods`, `get pods/x in ns`, `get pods:log/x in ns`, `get deployments.apps`, or `get /healthz`. */
export function request(text: string): RequestInfo {
  const [verb = '', target = '', , namespace = ''] = text.split(' ')
  const base = {
    verb,
    apiPrefix: 'api',
    version: 'v1',
    parts: [],
    subresource: '',
    name: '',
    group: '',
    namespace,
  }
  if (target.startsWith('/')) return { ...base, isResourceRequest: false, resource: '', path: target }
  const [what = '', name = ''] = target.split('/')
  const [qualified = '', subresource = ''] = what.split(':')
  const [resource = '', ...group] = qualified.split('.')
  return { ...base, isResourceRequest: true, resource, subresource, name, group: group.join('.'), path: '' }
}
