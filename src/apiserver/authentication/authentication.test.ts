import assert from 'node:assert/strict'
import { test } from 'node:test'
import { unauthorized } from '#api/meta/status.ts'
import type { Secret } from '#api/types/core.ts'
import {
  bearerAuthenticator,
  type TokenAuthenticator,
  tokenUnion,
} from '#apiserver/authentication/bearer-token.ts'
import { bootstrapTokenAuthenticator } from '#apiserver/authentication/bootstrap-token.ts'
import { createAuthentication } from '#apiserver/authentication/chain.ts'
import { frontProxyAuthenticator } from '#apiserver/authentication/front-proxy.ts'
import { issuerDocuments } from '#apiserver/authentication/issuer-discovery.ts'
import { reviewToken } from '#apiserver/authentication/reviews.ts'
import { newTokenKeys, requestHead } from '#apiserver/authentication/testing-tokens.ts'
import { fakeClock } from '#sys/fake-clock.ts'

const tokens: TokenAuthenticator = {
  name: 'table',
  async authenticateToken(token) {
    if (token === 'expired') throw unauthorized('service account token has expired')
    return token === 'good' ? { user: { name: 'bob', groups: ['dev'] }, audiences: ['here'] } : undefined
  },
}
const chain = (anonymous = true) =>
  createAuthentication({ authenticators: [bearerAuthenticator(tokens, ['here'])], anonymous })

test('who is found is authenticated; who says nothing is anonymous; who says wrong is refused', async () => {
  const websocket = {
    upgrade: 'websocket',
    'sec-websocket-protocol': `v4.channel.k8s.io, base64url.bearer.authorization.k8s.io.${Buffer.from('good').toString('base64url')}`,
  }
  const rows: readonly (readonly [
    name: string,
    headers: Record<string, string>,
    user: string | undefined,
  ])[] = [
    ['a good token', { authorization: 'Bearer good' }, 'bob'],
    ['any case of the scheme', { authorization: 'bearer good' }, 'bob'],
    ['a token as WebSocket protocol', websocket, 'bob'],
    ['nothing', {}, 'system:anonymous'],
    ['another scheme', { authorization: 'Basic YTpi' }, 'system:anonymous'],
    ['an unknown token', { authorization: 'Bearer wrong' }, undefined],
    ['an expired token', { authorization: 'Bearer expired' }, undefined],
  ]
  for (const [name, headers, user] of rows) {
    const asking = chain().authenticate(requestHead(headers))
    if (user === undefined) await assert.rejects(asking, { message: 'Unauthorized' }, name)
    else assert.equal((await asking).name, user, name)
  }
  assert.deepEqual((await chain().authenticate(requestHead({ authorization: 'Bearer good' }))).groups, [
    'dev',
    'system:authenticated',
  ])
  assert.deepEqual((await chain().authenticate(requestHead())).groups, ['system:unauthenticated'])
  await assert.rejects(chain(false).authenticate(requestHead()), { message: 'Unauthorized' })
})

test('reviews of tokens tell why', async () => {
  const review = (token: string, audiences?: readonly string[]) =>
    reviewToken({ spec: { token, ...(audiences && { audiences }) } }, tokenUnion([tokens]), ['here'])
  assert.deepEqual((await review('good')).status, {
    authenticated: true,
    user: { username: 'bob', groups: ['dev', 'system:authenticated'] },
    audiences: ['here'],
  })
  assert.deepEqual((await review('wrong')).status, { user: {}, error: 'invalid bearer token' })
  assert.deepEqual((await review('expired')).status, { user: {}, error: 'service account token has expired' })
  await assert.rejects(review(''), /token is required/)
})

test('front proxy headers count only from a proxy that is allowed', async () => {
  const verifier = { verify: () => ({ commonName: 'front-proxy-client' }) as never }
  const headers = {
    'x-remote-user': 'bob',
    'x-remote-group': ['a', 'b,c'],
    'x-remote-extra-acme.com%2fproject': 'x',
  }
  const ask = (allowedNames: readonly string[], withCertificate = true) =>
    frontProxyAuthenticator({ verifier, allowedNames }).authenticate(
      requestHead(headers, withCertificate ? [Uint8Array.of(1)] : undefined),
    )
  assert.deepEqual(await ask(['front-proxy-client']), {
    name: 'bob',
    groups: ['a', 'b,c'],
    extra: { 'acme.com/project': ['x'] },
  })
  await assert.rejects(ask(['somebody']), /cn=front-proxy-client is not in the allowed list/)
  assert.equal(await ask(['front-proxy-client'], false), undefined)
})

test('bootstrap tokens', async () => {
  const clock = fakeClock()
  const data = (values: Record<string, string>) =>
    Object.fromEntries(
      Object.entries(values).map(([key, value]) => [key, Buffer.from(value).toString('base64')]),
    )
  const good = {
    'token-id': 'abcdef',
    'token-secret': '0123456789abcdef',
    'usage-bootstrap-authentication': 'true',
  }
  const make = (values: Record<string, string>, type = 'bootstrap.kubernetes.io/token'): Secret => ({
    type,
    data: data(values),
  })
  const rows: readonly (readonly [
    name: string,
    secret: Secret | undefined,
    token: string,
    groups: readonly string[] | undefined,
  ])[] = [
    ['good', make(good), 'abcdef.0123456789abcdef', ['system:bootstrappers']],
    [
      'with groups',
      make({ ...good, 'auth-extra-groups': 'system:bootstrappers:a' }),
      'abcdef.0123456789abcdef',
      ['system:bootstrappers', 'system:bootstrappers:a'],
    ],
    [
      'with a forbidden group',
      make({ ...good, 'auth-extra-groups': 'system:masters' }),
      'abcdef.0123456789abcdef',
      undefined,
    ],
    ['wrong secret', make(good), 'abcdef.0123456789abcdee', undefined],
    ['expired', make({ ...good, expiration: '2020-01-01T00:00:00Z' }), 'abcdef.0123456789abcdef', undefined],
    [
      'not for authentication',
      make({ ...good, 'usage-bootstrap-authentication': 'false' }),
      'abcdef.0123456789abcdef',
      undefined,
    ],
    ['another type', make(good, 'Opaque'), 'abcdef.0123456789abcdef', undefined],
    ['no secret', undefined, 'abcdef.0123456789abcdef', undefined],
    ['another form', make(good), 'abcdef', undefined],
  ]
  for (const [name, secret, token, groups] of rows) {
    const found = await bootstrapTokenAuthenticator({ secret: async () => secret, clock }).authenticateToken(
      token,
      [],
    )
    assert.deepEqual(found?.user.groups, groups, name)
    if (groups) assert.equal(found?.user.name, 'system:bootstrap:abcdef')
  }
})

test('the published key verifies what the private one signs', () => {
  const { keys } = newTokenKeys()
  const { configuration, jwks } = issuerDocuments('https://issuer', '10.0.0.1:6443', keys.verifying)
  assert.deepEqual(JSON.parse(configuration), {
    issuer: 'https://issuer',
    jwks_uri: 'https://10.0.0.1:6443/openid/v1/jwks',
    response_types_supported: ['id_token'],
    subject_types_supported: ['public'],
    id_token_signing_alg_values_supported: ['RS256'],
  })
  const [key] = JSON.parse(jwks).keys
  assert.deepEqual([key.use, key.kty, key.kid, key.alg], ['sig', 'RSA', keys.signing.id, 'RS256'])
  assert.equal('d' in key, false)
})
