import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createImpersonation } from '#apiserver/authentication/impersonation.ts'
import { requestHead } from '#apiserver/authentication/testing-tokens.ts'
import { createAuthorization } from '#apiserver/authorization/chain.ts'
import type { RequestHead, RequestInfo, UserInfo } from '#apiserver/request.ts'

const INFO: RequestInfo = {
  isResourceRequest: true,
  verb: 'list',
  apiPrefix: 'api',
  group: '',
  version: 'v1',
  namespace: '',
  resource: 'pods',
  subresource: '',
  name: '',
  parts: [],
  path: '',
}

/** Allows what is listed as `verb resource name`. */
function allowing(...rights: readonly string[]) {
  const asked: string[] = []
  const authorization = createAuthorization([
    {
      name: 'table',
      async authorize(_user, info) {
        const text =
          `${info.verb} ${info.resource}${info.subresource && `/${info.subresource}`} ${info.name}`.trim()
        asked.push(text)
        return { decision: rights.includes(text) ? 'allow' : 'no-opinion', reason: '' }
      },
    },
  ])
  const bob: UserInfo = { name: 'bob', groups: ['system:authenticated'] }
  const impersonate = createImpersonation(authorization)
  const as = (headers: RequestHead['headers']) => impersonate(bob, INFO, requestHead(headers))
  return { as, asked }
}

test('without headers one stays who one is', async () => {
  assert.equal((await allowing().as({})).name, 'bob')
})

test('the old verb is asked for each part of the user', async () => {
  const { as } = allowing(
    'impersonate users alice',
    'impersonate groups dev',
    'impersonate uids 7',
    'impersonate userextras/scopes a',
  )
  const user = await as({
    'impersonate-user': 'alice',
    'impersonate-group': ['dev'],
    'impersonate-uid': '7',
    'impersonate-extra-scopes': 'a',
  })
  assert.deepEqual(user, {
    name: 'alice',
    uid: '7',
    groups: ['dev', 'system:authenticated'],
    extra: { scopes: ['a'] },
  })
  await assert.rejects(as({ 'impersonate-user': 'alice', 'impersonate-group': ['ops'] }), { code: 403 })
})

test('groups that come with a name', async () => {
  const rows: readonly (readonly [name: string, rights: readonly string[], groups: readonly string[]])[] = [
    [
      'system:serviceaccount:ns:robot',
      ['impersonate serviceaccounts robot'],
      ['system:serviceaccounts', 'system:serviceaccounts:ns', 'system:authenticated'],
    ],
    ['system:anonymous', ['impersonate users system:anonymous'], ['system:unauthenticated']],
    [
      'system:node:n1',
      ['impersonate-on:arbitrary-node:list pods', 'impersonate:arbitrary-node nodes n1'],
      ['system:nodes', 'system:authenticated'],
    ],
    ['system:node:n1', ['impersonate users system:node:n1'], ['system:authenticated']],
  ]
  for (const [name, rights, groups] of rows) {
    const user = await allowing(...rights).as({ 'impersonate-user': name })
    assert.deepEqual(user.groups, groups, name)
  }
})

test('a constrained right holds for the verb that it names, and never for system:masters', async () => {
  const rights = [
    'impersonate-on:user-info:list pods',
    'impersonate:user-info users alice',
    'impersonate:user-info groups system:masters',
  ]
  assert.equal((await allowing(...rights).as({ 'impersonate-user': 'alice' })).name, 'alice')
  await assert.rejects(
    allowing(...rights.slice(1)).as({ 'impersonate-user': 'alice' }),
    /cannot impersonate-on:user-info:list resource "pods"/,
  )
  await assert.rejects(
    allowing(...rights).as({ 'impersonate-user': 'alice', 'impersonate-group': 'system:masters' }),
    /impersonating the system:masters group is not allowed/,
  )
})

test('whom the old right has served before is refused in its words', async () => {
  const { as } = allowing('impersonate users alice')
  await assert.rejects(as({ 'impersonate-user': 'eve' }), /cannot impersonate-on:user-info:list/)
  await as({ 'impersonate-user': 'alice' })
  await assert.rejects(as({ 'impersonate-user': 'eve' }), /cannot impersonate resource "users"/)
})

test('parts without a name are a bad request in the words of the original', async () => {
  await assert.rejects(allowing().as({ 'impersonate-group': 'x' }), {
    code: 400,
    message:
      'requested &user.DefaultInfo{Name:"", UID:"", Groups:[]string{"x"}, Extra:map[string][]string(nil)} without impersonating a user name',
  })
})
