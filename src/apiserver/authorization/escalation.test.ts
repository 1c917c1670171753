import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { KindDefinition } from '#api/kinds/kind.ts'
import type { JsonObject } from '#api/meta/object.ts'
import type { AdmissionRequest } from '#apiserver/admission/plugin.ts'
import { createAuthorization } from '#apiserver/authorization/chain.ts'
import { escalationCheck } from '#apiserver/authorization/escalation.ts'
import { rbacAuthorizer } from '#apiserver/authorization/rbac.ts'
import { resolverOf, user } from '#apiserver/authorization/testing-rbac.ts'
import type { UserInfo } from '#apiserver/request.ts'

const resolver = resolverOf({
  clusterRoles: {
    podReader: ['get,list core:pods'],
    all: ['* *:*', '* *'],
    escalator: ['escalate rbac.authorization.k8s.io:roles'],
    binder: ['bind rbac.authorization.k8s.io:clusterroles #all'],
  },
  clusterBindings: {
    podReader: ['User bob'],
    all: ['User root'],
    escalator: ['User esther'],
    binder: ['User bert'],
  },
})
const plugin = escalationCheck(resolver, createAuthorization([rbacAuthorizer(resolver)]))

function write(who: UserInfo, resource: string, object: JsonObject, oldObject?: JsonObject): Promise<void> {
  const request: AdmissionRequest = {
    operation: oldObject ? 'UPDATE' : 'CREATE',
    kind: { group: 'rbac.authorization.k8s.io', resource } as KindDefinition,
    version: 'v1',
    namespace: 'ns',
    name: 'x',
    subresource: '',
    user: who,
    dryRun: false,
    object,
    ...(oldObject && { oldObject }),
    warn: () => undefined,
    annotate: () => undefined,
  }
  const round = { isSecond: false, askForSecond: () => undefined, memory: new Map() }
  return plugin.handles(request) ? plugin.mutate!(request, round) : Promise.resolve()
}

const role = (rules: readonly object[], more: JsonObject = {}) => ({
  metadata: { name: 'x' },
  rules,
  ...more,
})
const binding = (kind: string, name: string) => ({
  metadata: { name: 'x' },
  roleRef: { kind, name, apiGroup: 'rbac.authorization.k8s.io' },
})
const PODS = { verbs: ['get'], apiGroups: [''], resources: ['pods'] }
const SECRETS = { verbs: ['get'], apiGroups: [''], resources: ['secrets'] }

test('nobody gives what they do not have', async () => {
  await write(user('bob', 'dev'), 'roles', role([PODS]))
  await assert.rejects(write(user('bob', 'dev'), 'roles', role([PODS, SECRETS])), {
    code: 403,
    message:
      'roles.rbac.authorization.k8s.io "x" is forbidden: user "bob" (groups=["dev"]) is attempting to grant RBAC permissions not currently held:\n{APIGroups:[""], Resources:["secrets"], Verbs:["get"]}',
  })
  await write(user('root'), 'roles', role([SECRETS]))
  await write(user('esther'), 'roles', role([SECRETS]))
  await write(user('x', 'system:masters'), 'roles', role([SECRETS]))
})

test('bindings give their role: held, or allowed to bind', async () => {
  await write(user('bob'), 'rolebindings', binding('ClusterRole', 'podReader'))
  await write(user('bert'), 'rolebindings', binding('ClusterRole', 'all'))
  await assert.rejects(
    write(user('bob'), 'rolebindings', binding('ClusterRole', 'all')),
    /attempting to grant RBAC permissions/,
  )
  await assert.rejects(write(user('bob'), 'rolebindings', binding('Role', 'absent')), {
    code: 404,
    message: 'rolebindings.rbac.authorization.k8s.io "absent" not found',
  })
})

test('an aggregation rule asks for everything', async () => {
  const aggregated = role([], { aggregationRule: { clusterRoleSelectors: [{ matchLabels: { a: 'b' } }] } })
  await assert.rejects(
    write(user('bob'), 'clusterroles', aggregated),
    /must have cluster-admin privileges to use the aggregationRule/,
  )
  await write(user('root'), 'clusterroles', aggregated)
})

test('the garbage collector may take owners and finalizers away', async () => {
  const before = role([SECRETS], { metadata: { name: 'x', finalizers: ['a'] } })
  await write(user('bob'), 'roles', role([SECRETS]), before)
  await assert.rejects(write(user('bob'), 'roles', role([SECRETS, PODS]), before))
})
