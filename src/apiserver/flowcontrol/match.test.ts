import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { FlowSchemaSpec } from '#api/types/flowcontrol.ts'
import { flowMatcher } from '#apiserver/flowcontrol/match.ts'
import { infoOf } from '#apiserver/flowcontrol/testing.ts'
import { parseRequestInfo } from '#apiserver/http/request-info.ts'

type Rule = NonNullable<FlowSchemaSpec['rules']>[number]

const EVERYBODY: Rule['subjects'] = [{ kind: 'Group', group: { name: '*' } }]
const PODS = { verbs: ['get', 'list'], apiGroups: [''], resources: ['pods'], namespaces: ['blue'] }
const BLUE = '/api/v1/namespaces/blue'
const NODES = { verbs: ['*'], apiGroups: ['*'], resources: ['*'] }

const resourceRows: readonly [string, Partial<Rule>, string, boolean][] = [
  ['its verb, resource and namespace', { resourceRules: [PODS] }, `GET ${BLUE}/pods/a`, true],
  ['another verb', { resourceRules: [PODS] }, `DELETE ${BLUE}/pods/a`, false],
  ['another namespace', { resourceRules: [PODS] }, 'GET /api/v1/namespaces/red/pods/a', false],
  ['all namespaces is cluster scope', { resourceRules: [PODS] }, 'GET /api/v1/pods', false],
  [
    'all namespaces with clusterScope',
    { resourceRules: [{ ...PODS, clusterScope: true }] },
    'GET /api/v1/pods',
    true,
  ],
  ['a subresource is a word of its own', { resourceRules: [PODS] }, `GET ${BLUE}/pods/a/status`, false],
  [
    'the subresource when named',
    { resourceRules: [{ ...PODS, resources: ['pods/status'] }] },
    `GET ${BLUE}/pods/a/status`,
    true,
  ],
  ['another group', { resourceRules: [PODS] }, 'GET /apis/apps/v1/namespaces/blue/pods', false],
  ['cluster scope needs the flag', { resourceRules: [NODES] }, 'GET /api/v1/nodes', false],
  [
    'a wildcard among others is a word',
    { resourceRules: [{ ...PODS, verbs: ['*', 'watch'] }] },
    `GET ${BLUE}/pods/a`,
    false,
  ],
  [
    'a path exactly',
    { nonResourceRules: [{ verbs: ['get'], nonResourceURLs: ['/healthz'] }] },
    'GET /healthz',
    true,
  ],
  [
    'what lies under a path',
    { nonResourceRules: [{ verbs: ['get'], nonResourceURLs: ['/healthz'] }] },
    'GET /healthz/etcd',
    true,
  ],
  [
    'not what begins alike',
    { nonResourceRules: [{ verbs: ['get'], nonResourceURLs: ['/health/*'] }] },
    'GET /healthz',
    false,
  ],
  [
    'resource rules are not for paths',
    { resourceRules: [{ ...NODES, clusterScope: true }] },
    'GET /metrics',
    false,
  ],
]

for (const [name, rule, request, expected] of resourceRows) {
  test(`what is asked: ${name}`, () => {
    const matches = flowMatcher({ ...LEVEL, rules: [{ subjects: EVERYBODY, ...rule }] })
    const [method = '', path = ''] = request.split(' ')
    const info = parseRequestInfo(method, path, new URLSearchParams())
    assert.equal(matches({ name: 'jane', groups: ['dev'] }, info), expected)
  })
}

const LEVEL = { priorityLevelConfiguration: { name: 'x' } }
const ACCOUNT = 'system:serviceaccount:kube-system:dns'

const subjectRows: readonly [string, Rule['subjects'][number], string, boolean][] = [
  ['a user by name', { kind: 'User', user: { name: 'jane' } }, 'jane', true],
  ['another user', { kind: 'User', user: { name: 'jane' } }, 'joe', false],
  ['any user', { kind: 'User', user: { name: '*' } }, 'joe', true],
  ['a group', { kind: 'Group', group: { name: 'dev' } }, 'joe', true],
  ['another group', { kind: 'Group', group: { name: 'ops' } }, 'joe', false],
  [
    'a service account',
    { kind: 'ServiceAccount', serviceAccount: { namespace: 'kube-system', name: 'dns' } },
    ACCOUNT,
    true,
  ],
  [
    'all of a namespace',
    { kind: 'ServiceAccount', serviceAccount: { namespace: 'kube-system', name: '*' } },
    ACCOUNT,
    true,
  ],
  [
    'not those of a namespace that begins alike',
    { kind: 'ServiceAccount', serviceAccount: { namespace: 'kube', name: '*' } },
    ACCOUNT,
    false,
  ],
]

for (const [name, subject, user, expected] of subjectRows) {
  test(`who asks: ${name}`, () => {
    const rules = [{ subjects: [subject], resourceRules: [{ ...NODES, clusterScope: true }] }]
    const info = infoOf('GET', '/api/v1/nodes')
    assert.equal(flowMatcher({ ...LEVEL, rules })({ name: user, groups: ['dev'] }, info), expected)
  })
}
