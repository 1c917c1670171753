import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { compileAuthentication } from '#apiserver/authentication/configuration/compile.ts'
import { authenticationExpressions } from '#apiserver/authentication/configuration/expressions.ts'
import {
  type JwtAuthenticator,
  readAuthenticationConfiguration,
} from '#apiserver/authentication/configuration/file.ts'

const expressions = authenticationExpressions()
const OWN = 'https://own'
const GOOD: JwtAuthenticator = {
  issuer: { url: 'https://issuer', audiences: ['k8ts'] },
  claimMappings: { username: { claim: 'sub', prefix: '' } },
}
const errorsOf = (...jwt: readonly JwtAuthenticator[]) =>
  compileAuthentication({ jwt }, expressions, [OWN]).errors.map(({ field, body }) => `${field}: ${body}`)
const issuer = (more: object) => ({ ...GOOD, issuer: { ...GOOD.issuer, ...more } })
const mappings = (more: object) => ({ ...GOOD, claimMappings: { ...GOOD.claimMappings, ...more } })

describe("what is refused, in upstream's words", () => {
  const rows: readonly (readonly [name: string, jwt: JwtAuthenticator, error: string | undefined])[] = [
    ['a good one', GOOD, undefined],
    ['no URL', issuer({ url: '' }), 'jwt[0].issuer.url: Required value'],
    [
      'http',
      issuer({ url: 'http://x' }),
      'jwt[0].issuer.url: Invalid value: "http://x": URL scheme must be https',
    ],
    [
      'a password',
      issuer({ url: 'https://u:p@x' }),
      'jwt[0].issuer.url: Invalid value: "https://u:p@x": URL must not contain a username or password',
    ],
    [
      'a query',
      issuer({ url: 'https://x?a' }),
      'jwt[0].issuer.url: Invalid value: "https://x?a": URL must not contain a query',
    ],
    [
      "this server's own issuer",
      issuer({ url: OWN }),
      'jwt[0].issuer.url: Invalid value: "https://own": URL must not overlap with disallowed issuers: [https://own]',
    ],
    [
      'discovery at the issuer itself',
      issuer({ discoveryURL: 'https://issuer/' }),
      'jwt[0].issuer.discoveryURL: Invalid value: "https://issuer/": discoveryURL must be different from URL',
    ],
    [
      'no audience',
      issuer({ audiences: [] }),
      'jwt[0].issuer.audiences: Required value: at least one jwt[0].issuer.audiences is required',
    ],
    [
      'two audiences without a policy',
      issuer({ audiences: ['a', 'b'] }),
      'jwt[0].issuer.audienceMatchPolicy: Invalid value: "": audienceMatchPolicy must be MatchAny for multiple audiences',
    ],
    ['two audiences', issuer({ audiences: ['a', 'b'], audienceMatchPolicy: 'MatchAny' }), undefined],
    [
      'no certificates',
      issuer({ certificateAuthority: 'x' }),
      'jwt[0].issuer.certificateAuthority: Invalid value: "<omitted>": data does not contain any valid RSA or ECDSA certificates',
    ],
    [
      'no name',
      mappings({ username: {} }),
      'jwt[0].claimMappings.username: Required value: claim or expression is required',
    ],
    [
      'a claim without a prefix',
      mappings({ username: { claim: 'sub' } }),
      'jwt[0].claimMappings.username.prefix: Required value: prefix is required when claim is set. It can be set to an empty string to disable prefixing',
    ],
    [
      'both',
      mappings({ uid: { claim: 'a', expression: 'b' } }),
      'jwt[0].claimMappings.uid: Invalid value: "": claim and expression can\'t both be set',
    ],
    [
      'an address that nobody verified',
      mappings({ username: { expression: 'claims.email' } }),
      'jwt[0].claimMappings.username.expression: Invalid value: "claims.email": claims.email_verified must be used in claimMappings.username.expression or claimMappings.extra[*].valueExpression or claimValidationRules[*].expression when claims.email is used in claimMappings.username.expression',
    ],
    [
      'a verified address',
      {
        ...mappings({ username: { expression: 'claims.?email.orValue("")' } }),
        claimValidationRules: [{ expression: 'claims.?email_verified.orValue(true) == true' }],
      },
      undefined,
    ],
    [
      'a key of Kubernetes',
      mappings({ extra: [{ key: 'a.k8s.io/x', valueExpression: "'a'" }] }),
      'jwt[0].claimMappings.extra[0].key: Invalid value: "a.k8s.io/x": k8s.io, kubernetes.io and their subdomains are reserved for Kubernetes use',
    ],
    [
      'a rule that says nothing',
      { ...GOOD, claimValidationRules: [{}] },
      'jwt[0].claimValidationRules[0]: Required value: claim or expression is required',
    ],
    [
      'a rule that is no question',
      { ...GOOD, claimValidationRules: [{ expression: "'a'" }] },
      'jwt[0].claimValidationRules[0].expression: Invalid value: "\'a\'": must evaluate to bool',
    ],
    [
      'a rule twice',
      { ...GOOD, userValidationRules: [{ expression: 'true' }, { expression: 'true' }] },
      'jwt[0].userValidationRules[1].expression: Duplicate value: "true"',
    ],
    [
      'a field that users do not have',
      { ...GOOD, userValidationRules: [{ expression: "user.name == 'a'" }] },
      "jwt[0].userValidationRules[0].expression: Invalid value: \"user.name == 'a'\": compilation failed: ERROR: <input>:1:5: undefined field 'name'\n | user.name == 'a'\n | ....^",
    ],
  ]
  for (const [name, jwt, error] of rows) {
    test(name, () => assert.deepEqual(errorsOf(jwt), error === undefined ? [] : [error]))
  }
})

test('issuers stand there once', () => {
  assert.deepEqual(errorsOf(GOOD, GOOD), ['jwt[1].issuer.url: Duplicate value: "https://issuer"'])
})

test('anonymous conditions need anonymous requests', () => {
  const anonymous = { enabled: false, conditions: [{ path: '/livez' }] }
  const { errors } = compileAuthentication({ anonymous }, expressions, [])
  assert.equal(errors[0]?.field, 'anonymous.conditions')
})

test('the file is read strictly, and an empty prefix is one', () => {
  const head = 'apiVersion: apiserver.config.k8s.io/v1beta1\nkind: AuthenticationConfiguration\n'
  const { jwt } = readAuthenticationConfiguration(
    `${head}jwt: [{issuer: {url: a}, claimMappings: {username: {claim: sub, prefix: ""}}}]`,
  )
  assert.equal(jwt?.[0]?.claimMappings?.username?.prefix, '')
  const rows = [
    ['', /empty config data/],
    [`${head}jwt: [{issuer: {uri: a}}]`, /strict decoding error: unknown field "jwt\[0\].issuer.uri"/],
    ['apiVersion: v1\nkind: Pod', /no kind "Pod" is registered for version "v1"/],
  ] as const
  for (const [text, error] of rows) assert.throws(() => readAuthenticationConfiguration(text), error)
})
