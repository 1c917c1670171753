// Nobody gives rights that they do not have: checks on writes of roles and bindings.
//
// A role may hold only what its writer is allowed in that scope, unless they have the verb `escalate` on it; a binding
// may give only such a role, unless they have `bind` on the role. An aggregated role can come to hold anything, so it
// asks for everything. Runs after all other mutating plugins, right before validation. Upstream:
// pkg/registry/rbac/{escalation_check.go,{role,clusterrole,rolebinding,clusterrolebinding}/policybased}

import { semanticEqual } from '#api/meta/equality.ts'
import type { JsonObject, ObjectMeta } from '#api/meta/object.ts'
import { forbidden, notFound } from '#api/meta/status.ts'
import type { AggregationRule, PolicyRule, RoleRef } from '#api/types/rbac.ts'
import type { AdmissionPlugin, AdmissionRequest } from '#apiserver/admission/plugin.ts'
import type { Authorization } from '#apiserver/authorization/chain.ts'
import { MASTERS_GROUP } from '#apiserver/authorization/masters.ts'
import type { RuleResolver } from '#apiserver/authorization/rbac-resolver.ts'
import { describeRules, quotedList, uncoveredRules } from '#apiserver/authorization/rbac-rules.ts'
import type { RequestInfo, UserInfo } from '#apiserver/request.ts'

const GROUP = 'rbac.authorization.k8s.io'
const ROLES = ['roles', 'clusterroles']
const BINDINGS = ['rolebindings', 'clusterrolebindings']
const EVERYTHING: readonly PolicyRule[] = [
  { verbs: ['*'], apiGroups: ['*'], resources: ['*'] },
  { verbs: ['*'], nonResourceURLs: ['*'] },
]

export function escalationCheck(resolver: RuleResolver, authorization: Authorization): AdmissionPlugin {
  async function isAllowed(user: UserInfo, verb: string, resource: string, namespace: string, name: string) {
    const info: RequestInfo = {
      isResourceRequest: true,
      verb,
      apiPrefix: 'apis',
      group: GROUP,
      version: '*',
      namespace,
      resource,
      subresource: '',
      name,
      parts: [],
      path: '',
    }
    return (await authorization.authorize(user, info)).decision === 'allow'
  }

  /** Why the user may not give `rules`; undefined where nothing is missing. */
  function missing(user: UserInfo, namespace: string, rules: readonly PolicyRule[]): string | undefined {
    const owned: PolicyRule[] = []
    const errors: string[] = []
    for (const granted of resolver.visit(user, namespace)) {
      if ('error' in granted) errors.push(granted.error)
      else owned.push(granted.rule)
    }
    const uncovered = uncoveredRules(owned, rules)
    if (uncovered.length === 0) return undefined
    const suffix = errors.length > 0 ? `; resolution errors: [${errors.join(' ')}]` : ''
    return `user ${JSON.stringify(user.name)} (groups=${quotedList(user.groups)}) is attempting to grant RBAC permissions not currently held:\n${describeRules(uncovered).join('\n')}${suffix}`
  }

  async function checkRole(request: AdmissionRequest, object: JsonObject): Promise<void> {
    const { kind, user, namespace, operation } = request
    const askedName = operation === 'CREATE' ? '' : request.name
    if (await isAllowed(user, 'escalate', kind.resource, namespace, askedName)) return
    const refuse = (why: string) => forbidden({ group: GROUP, resource: kind.resource }, nameOf(object), why)
    const why = missing(user, namespace, (object['rules'] as PolicyRule[] | null | undefined) ?? [])
    if (why) throw refuse(why)
    const aggregates =
      hasAggregation(object) || (request.oldObject !== undefined && hasAggregation(request.oldObject))
    if (aggregates && missing(user, namespace, EVERYTHING)) {
      throw refuse('must have cluster-admin privileges to use the aggregationRule')
    }
  }

  async function checkBinding(request: AdmissionRequest, object: JsonObject): Promise<void> {
    const { kind, user, namespace } = request
    const ref = object['roleRef'] as RoleRef
    const resource = ref.kind === 'ClusterRole' ? 'clusterroles' : 'roles'
    if (await isAllowed(user, 'bind', resource, namespace, ref.name)) return
    const rules = resolver.rulesOfRole(ref, namespace)
    // the lookup calls it by the resource of the request
    if (!rules) throw notFound({ group: GROUP, resource: kind.resource }, ref.name)
    const why = missing(user, namespace, rules)
    if (why) throw forbidden({ group: GROUP, resource: kind.resource }, nameOf(object), why)
  }

  return {
    name: 'RBACEscalation',
    handles: ({ kind, operation, subresource, user }) =>
      kind.group === GROUP &&
      subresource === '' &&
      (operation === 'CREATE' || operation === 'UPDATE') &&
      (ROLES.includes(kind.resource) || BINDINGS.includes(kind.resource)) &&
      !user.groups.includes(MASTERS_GROUP),
    async mutate(request) {
      const { object, oldObject } = request
      if (!object || (oldObject && changesOnlyLifecycle(object, oldObject))) return
      if (ROLES.includes(request.kind.resource)) await checkRole(request, object)
      else await checkBinding(request, object)
    },
  }
}

const nameOf = (object: JsonObject): string => (object['metadata'] as ObjectMeta | undefined)?.name ?? ''

function hasAggregation(object: JsonObject): boolean {
  return ((object['aggregationRule'] as AggregationRule | undefined)?.clusterRoleSelectors?.length ?? 0) > 0
}

/** The garbage collector only touches owners and finalizers; it needs no rights of the role for that. */
function changesOnlyLifecycle(object: JsonObject, old: JsonObject): boolean {
  const rest = (value: JsonObject) => {
    const {
      ownerReferences: _o,
      finalizers: _f,
      managedFields: _m,
      ...metadata
    } = value['metadata'] as ObjectMeta
    return { ...value, metadata }
  }
  return semanticEqual(rest(object), rest(old))
}
