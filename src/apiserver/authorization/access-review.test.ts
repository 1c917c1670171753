import assert from 'node:assert/strict'
import { test } from 'node:test'
import { reviewAccess, reviewLocalAccess, reviewOwnAccess } from '#apiserver/authorization/access-review.ts'
import { createAuthorization } from '#apiserver/authorization/chain.ts'
import { rbacAuthorizer } from '#apiserver/authorization/rbac.ts'
import { resolverOf, user } from '#apiserver/authorization/testing-rbac.ts'

const authorization = createAuthorization([
  rbacAuthorizer(
    resolverOf({
      clusterRoles: { viewer: ['list core:pods', 'get /metrics'] },
      clusterBindings: { viewer: ['User bob', 'Group dev'] },
    }),
  ),
])
const pods = { resourceAttributes: { namespace: 'ns', verb: 'list', resource: 'pods' } }

test('the answer is that of a request', async () => {
  const reason = 'RBAC: allowed by ClusterRoleBinding "viewer" of ClusterRole "viewer" to User "bob"'
  assert.deepEqual((await reviewAccess({ spec: { user: 'bob', ...pods } }, authorization)).status, {
    allowed: true,
    reason,
  })
  assert.deepEqual((await reviewAccess({ spec: { user: 'eve', ...pods } }, authorization)).status, {
    allowed: false,
  })
  const metrics = { nonResourceAttributes: { path: '/metrics', verb: 'get' } }
  assert.equal(
    (await reviewAccess({ spec: { groups: ['dev'], ...metrics } }, authorization)).status?.allowed,
    true,
  )
  assert.equal((await reviewOwnAccess({ spec: pods }, user('bob'), authorization)).status?.allowed, true)
  const local = { metadata: { namespace: 'ns' }, spec: { user: 'bob', ...pods } }
  assert.equal((await reviewLocalAccess(local, authorization)).status?.allowed, true)
})

test('reviews that ask nothing, or too much', async () => {
  const prefix = '.authorization.k8s.io "" is invalid: '
  const both = { ...pods, nonResourceAttributes: { path: '/', verb: 'get' } }
  const rows: readonly (readonly [name: string, review: Promise<unknown>, message: string])[] = [
    [
      'nobody',
      reviewAccess({ spec: pods }, authorization),
      'spec.user: Invalid value: "": at least one of user or group must be specified',
    ],
    [
      'another namespace',
      reviewLocalAccess({ metadata: { namespace: 'other' }, spec: { user: 'b', ...pods } }, authorization),
      'spec.resourceAttributes.namespace: Invalid value: "ns": must match metadata.namespace',
    ],
    [
      'nothing',
      reviewOwnAccess({ spec: {} }, user('b'), authorization),
      'spec.resourceAttributes: Invalid value: null: exactly one of nonResourceAttributes or resourceAttributes must be specified',
    ],
    [
      'an empty selector',
      reviewOwnAccess(
        { spec: { resourceAttributes: { ...pods.resourceAttributes, fieldSelector: {} } } },
        user('b'),
        authorization,
      ),
      'spec.resourceAttributes.fieldSelector.requirements: Required value: when spec.resourceAttributes.fieldSelector is specified, requirements or rawSelector is required',
    ],
  ]
  for (const [name, review, message] of rows)
    await assert.rejects(review, { code: 422, message: prefix + message }, name)
  await assert.rejects(
    reviewOwnAccess({ spec: both }, user('b'), authorization),
    /cannot be specified in combination with resourceAttributes/,
  )
})
