import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createAuthorization } from '#apiserver/authorization/chain.ts'
import { mastersAuthorizer } from '#apiserver/authorization/masters.ts'
import { rbacAuthorizer } from '#apiserver/authorization/rbac.ts'
import { describeRules, ruleAllows, uncoveredRules } from '#apiserver/authorization/rbac-rules.ts'
import { reviewRules } from '#apiserver/authorization/rules-review.ts'
import { request, resolverOf, user } from '#apiserver/authorization/testing-rbac.ts'
import { parseRule } from '#apiserver/bootstrap/rbac-policy.ts'

test('what a rule allows', () => {
  const rows: readonly (readonly [rule: string, request: string, allowed: boolean])[] = [
    ['get core:pods', 'get pods/x in ns', true],
    ['get core:pods', 'list pods in ns', false],
    ['* core:pods', 'list pods in ns', true],
    ['get core:pods', 'get pods.metrics.k8s.io/x in ns', false],
    ['get *:pods', 'get pods.metrics.k8s.io/x in ns', true],
    ['get core:pods', 'get pods:log/x in ns', false],
    ['get core:pods/log', 'get pods:log/x in ns', true],
    ['get core:*/log', 'get pods:log/x in ns', true],
    ['get core:*/log', 'get pods/x in ns', false],
    ['get core:*', 'get pods:log/x in ns', true],
    ['get core:secrets #one', 'get secrets/one in ns', true],
    ['get core:secrets #one', 'get secrets/two in ns', false],
    ['get core:secrets #one', 'get secrets in ns', false],
    ['get /healthz', 'get /healthz', true],
    ['get /healthz', 'get /healthz/etcd', false],
    ['get /healthz/*', 'get /healthz/etcd', true],
    ['* *', 'get /metrics', true],
    ['* *:*', 'get /metrics', false],
    ['* *', 'get pods', false],
  ]
  for (const [rule, asked, allowed] of rows) {
    assert.equal(ruleAllows(parseRule(rule), request(asked)), allowed, `${rule} | ${asked}`)
  }
})

test('what is missing, in the words that refuse it', () => {
  const rows: readonly (readonly [
    owned: readonly string[],
    wanted: readonly string[],
    missing: readonly string[],
  ])[] = [
    [['* *:*'], ['get,list core:pods'], []],
    [['get core:pods'], ['get,list core:pods'], ['{APIGroups:[""], Resources:["pods"], Verbs:["list"]}']],
    [
      ['get core:secrets #a'],
      ['get core:secrets'],
      ['{APIGroups:[""], Resources:["secrets"], Verbs:["get"]}'],
    ],
    [['get core:secrets'], ['get core:secrets #a'], []],
    [
      ['get core:*/scale'],
      ['get core:pods/scale,pods'],
      ['{APIGroups:[""], Resources:["pods"], Verbs:["get"]}'],
    ],
    [['get /a/*'], ['get /a/b /c'], ['{NonResourceURLs:["/c"], Verbs:["get"]}']],
    [
      [],
      ['get,list apps:deployments'],
      ['{APIGroups:["apps"], Resources:["deployments"], Verbs:["get" "list"]}'],
    ],
  ]
  for (const [owned, wanted, missing] of rows) {
    const uncovered = uncoveredRules(owned.map(parseRule), wanted.map(parseRule))
    assert.deepEqual(describeRules(uncovered), missing, `${owned} | ${wanted}`)
  }
})

const resolver = resolverOf({
  clusterRoles: { viewer: ['get,list core:pods'], healthy: ['get /healthz'] },
  roles: { 'ns/reader': ['get core:configmaps'] },
  clusterBindings: { viewer: ['Group dev', 'ServiceAccount ns/robot'], healthy: ['User bob'] },
  bindings: {
    'ns/Role reader': ['User bob', 'ServiceAccount local'],
    'ns/ClusterRole viewer': ['User carol'],
    'ns/Role absent': ['User dave'],
  },
})
const authorization = createAuthorization([mastersAuthorizer, rbacAuthorizer(resolver)])

test('who may do what, and by what', async () => {
  const rows: readonly (readonly [
    who: ReturnType<typeof user>,
    request: string,
    reason: string | undefined,
  ])[] = [
    [
      user('x', 'dev'),
      'list pods in any',
      'RBAC: allowed by ClusterRoleBinding "viewer" of ClusterRole "viewer" to Group "dev"',
    ],
    [
      user('system:serviceaccount:ns:robot'),
      'list pods',
      'RBAC: allowed by ClusterRoleBinding "viewer" of ClusterRole "viewer" to ServiceAccount "robot/ns"',
    ],
    [
      user('bob'),
      'get configmaps/x in ns',
      'RBAC: allowed by RoleBinding "reader/ns" of Role "reader" to User "bob"',
    ],
    [user('bob'), 'get configmaps/x in other', undefined],
    [
      user('carol'),
      'list pods in ns',
      'RBAC: allowed by RoleBinding "viewer/ns" of ClusterRole "viewer" to User "carol"',
    ],
    [user('carol'), 'list pods', undefined],
    [
      user('system:serviceaccount:ns:local'),
      'get configmaps/x in ns',
      'RBAC: allowed by RoleBinding "reader/ns" of Role "reader" to ServiceAccount "local/ns"',
    ],
    [user('local'), 'get configmaps/x in ns', undefined],
    [
      user('bob'),
      'get /healthz',
      'RBAC: allowed by ClusterRoleBinding "healthy" of ClusterRole "healthy" to User "bob"',
    ],
    [user('anybody', 'system:masters'), 'delete nodes/x', ''],
  ]
  for (const [who, asked, reason] of rows) {
    const decision = await authorization.authorize(who, request(asked))
    assert.equal(decision.decision, reason === undefined ? 'no-opinion' : 'allow', `${who.name} | ${asked}`)
    if (reason !== undefined) assert.equal(decision.reason, reason)
  }
})

test('the 403 is worded as by the original', async () => {
  const rows: readonly (readonly [who: string, request: string, message: string])[] = [
    [
      'eve',
      'list pods in ns',
      'pods is forbidden: User "eve" cannot list resource "pods" in API group "" in the namespace "ns"',
    ],
    [
      'eve',
      'get pods:log/x in ns',
      'pods "x" is forbidden: User "eve" cannot get resource "pods/log" in API group "" in the namespace "ns"',
    ],
    [
      'eve',
      'delete deployments.apps/d',
      'deployments.apps "d" is forbidden: User "eve" cannot delete resource "deployments" in API group "apps" at the cluster scope',
    ],
    ['eve', 'get /metrics', 'forbidden: User "eve" cannot get path "/metrics"'],
    ['<b>', 'get /x&y', 'forbidden: User "&lt;b&gt;" cannot get path "/x&amp;y"'],
    [
      'dave',
      'list pods in ns',
      'pods is forbidden: User "dave" cannot list resource "pods" in API group "" in the namespace "ns": RBAC: role.rbac.authorization.k8s.io "absent" not found',
    ],
  ]
  for (const [who, asked, message] of rows) {
    await assert.rejects(authorization.require(user(who), request(asked)), { code: 403, message })
  }
})

test('all that one may do', () => {
  const review = reviewRules({ spec: { namespace: 'ns' } }, user('bob', 'dev'), resolver)
  assert.deepEqual(review.status, {
    resourceRules: [
      { verbs: ['get', 'list'], apiGroups: [''], resources: ['pods'] },
      { verbs: ['get'], apiGroups: [''], resources: ['configmaps'] },
    ].sort((a) => (a.resources[0] === 'configmaps' ? 1 : -1)),
    nonResourceRules: [{ verbs: ['get'], nonResourceURLs: ['/healthz'] }],
    incomplete: false,
  })
  assert.throws(() => reviewRules({ spec: {} }, user('bob'), resolver), /no namespace on request/)
})
