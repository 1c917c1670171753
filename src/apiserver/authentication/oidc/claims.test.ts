import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { compileAuthentication } from '#apiserver/authentication/configuration/compile.ts'
import { authenticationExpressions } from '#apiserver/authentication/configuration/expressions.ts'
import type { JwtAuthenticator } from '#apiserver/authentication/configuration/file.ts'
import { userOfClaims } from '#apiserver/authentication/oidc/claims.ts'

const expressions = authenticationExpressions()
const issuer = { url: 'https://issuer', audiences: ['k8ts'] }

function userOf(claims: Readonly<Record<string, unknown>>, more: Partial<JwtAuthenticator> = {}) {
  const claimMappings = { username: { claim: 'sub', prefix: '' } }
  const { jwt, errors } = compileAuthentication(
    { jwt: [{ issuer, claimMappings, ...more }] },
    expressions,
    [],
  )
  assert.deepEqual(errors, [])
  return userOfClaims(claims, jwt[0]!)
}

test('claims become a user', () => {
  assert.deepEqual(userOf({ sub: 'jane' }), { name: 'jane', groups: [] })
  const claimMappings = {
    username: { claim: 'sub', prefix: 'o:' },
    groups: { claim: 'role', prefix: 'g:' },
    uid: { expression: "claims.sub + '-' + string(claims.n)" },
    extra: [
      { key: 'acme.io/teams', valueExpression: 'claims.teams.filter(t, t != "")' },
      { key: 'acme.io/none', valueExpression: "claims.?missing.orValue('')" },
    ],
  }
  assert.deepEqual(
    userOf({ sub: 'jane', role: 'dev', n: 3, teams: ['a', '', 'b'], jti: 'x' }, { claimMappings }),
    {
      name: 'o:jane',
      groups: ['g:dev'],
      uid: 'jane-3',
      extra: { 'authentication.kubernetes.io/credential-id': ['JTI=x'], 'acme.io/teams': ['a', 'b'] },
    },
  )
})

describe('what refuses a token', () => {
  const email = { claimMappings: { username: { claim: 'email', prefix: '' } } }
  const expression = (source: string) => ({ claimMappings: { username: { expression: source } } })
  const rows: readonly (readonly [
    name: string,
    claims: Readonly<Record<string, unknown>>,
    config: Partial<JwtAuthenticator>,
    error: string,
  ])[] = [
    ['no name', {}, {}, 'oidc: parse username claims "sub": claim not present'],
    [
      'a name that is no text',
      { sub: 1 },
      {},
      'oidc: parse username claims "sub": json: cannot unmarshal number into Go value of type string',
    ],
    [
      'an address that is not verified',
      { email: 'a@b', email_verified: false },
      email,
      'oidc: email not verified',
    ],
    [
      'an empty name',
      { sub: '' },
      expression('claims.sub'),
      'oidc: empty username via CEL expression is not allowed',
    ],
    [
      'an expression that gives no text',
      { sub: 'a' },
      expression('1'),
      'oidc: error evaluating username claim expression: username claim expression must return a string',
    ],
    [
      'groups that are no texts',
      { sub: 'a', g: [1] },
      { claimMappings: { username: { claim: 'sub', prefix: '' }, groups: { expression: 'claims.g' } } },
      'oidc: error evaluating group claim expression: expression must return a string or a list of strings',
    ],
    [
      'a claim that has to be there',
      { sub: 'a' },
      { claimValidationRules: [{ claim: 'hd', requiredValue: 'x' }] },
      'oidc: required claim hd not present in ID token',
    ],
    [
      'another value',
      { sub: 'a', hd: 'y' },
      { claimValidationRules: [{ claim: 'hd', requiredValue: 'x' }] },
      'oidc: required claim hd value does not match. Got = y, want = x',
    ],
    [
      'a rule on the user',
      { sub: 'system:a' },
      { userValidationRules: [{ expression: "!user.username.startsWith('system:')", message: 'reserved' }] },
      "oidc: error evaluating user info validation rule: validation expression '!user.username.startsWith('system:')' failed: reserved",
    ],
  ]
  for (const [name, claims, config, message] of rows) {
    test(name, () => assert.throws(() => userOf(claims, config), { message }))
  }
})
