import assert from 'node:assert/strict'
import { test } from 'node:test'
import { SignJWT } from 'jose'
import type { TokenRequest } from '#api/types/authentication.ts'
import {
  LEGACY_ISSUER,
  serviceAccountTokenAuthenticator,
  type TokenLookups,
} from '#apiserver/authentication/service-account-token.ts'
import { lookupsOf, newTokenKeys } from '#apiserver/authentication/testing-tokens.ts'
import { claimsReader } from '#apiserver/authentication/token-claims.ts'
import { tokenIssuer } from '#apiserver/authentication/token-request.ts'
import { formatTime } from '#sys/clock.ts'
import { type FakeClock, fakeClock } from '#sys/fake-clock.ts'
import { seededRandom } from '#sys/random.ts'

const ISSUER = 'https://kubernetes.default.svc.cluster.local'
const { keys } = newTokenKeys()
const account = { metadata: { namespace: 'ns', name: 'robot', uid: 'sa-1' } }
const pod = {
  metadata: { namespace: 'ns', name: 'p', uid: 'pod-1' },
  spec: { serviceAccountName: 'robot', nodeName: 'n', containers: [] },
}
const node = { metadata: { name: 'n', uid: 'node-1' } }
const secret = { metadata: { namespace: 'ns', name: 's', uid: 'secret-1' } }
const world = { serviceAccount: account, pod, node, secret }

function issuerFor(lookups: TokenLookups, clock: FakeClock) {
  return tokenIssuer({ keys, issuer: ISSUER, audiences: [ISSUER], lookups, clock, random: seededRandom(1) })
}

function authenticatorFor(lookups: TokenLookups, clock: FakeClock) {
  const claims = claimsReader(keys.verifying, [ISSUER, LEGACY_ISSUER])
  return serviceAccountTokenAuthenticator({ claims, lookups, audiences: [ISSUER], clock })
}

async function issue(spec: NonNullable<TokenRequest['spec']>, clock = fakeClock()): Promise<string> {
  const issued = await issuerFor(lookupsOf(world), clock).issue('ns', 'robot', { spec })
  return issued.status?.token ?? ''
}

const bound = (kind: string, name: string) => ({
  audiences: [],
  boundObjectRef: { apiVersion: 'v1', kind, name },
})

test('a token names the account, its groups, and what it is bound to', async () => {
  const clock = fakeClock()
  const token = await issue(bound('Pod', 'p'), clock)
  const found = await authenticatorFor(lookupsOf(world), clock).authenticateToken(token, [ISSUER])
  assert.equal(found?.user.name, 'system:serviceaccount:ns:robot')
  assert.equal(found?.user.uid, 'sa-1')
  assert.deepEqual(found?.user.groups, ['system:serviceaccounts', 'system:serviceaccounts:ns'])
  const { 'authentication.kubernetes.io/credential-id': id, ...extra } = found?.user.extra ?? {}
  assert.match(id?.[0] ?? '', /^JTI=/)
  assert.deepEqual(extra, {
    'authentication.kubernetes.io/node-name': ['n'],
    'authentication.kubernetes.io/node-uid': ['node-1'],
    'authentication.kubernetes.io/pod-name': ['p'],
    'authentication.kubernetes.io/pod-uid': ['pod-1'],
  })
})

test('a token dies with what it is bound to', async () => {
  const reborn = <T extends { metadata: object }>(object: T): T => ({
    ...object,
    metadata: { ...object.metadata, uid: 'other' },
  })
  const rows: readonly (readonly [
    name: string,
    kind: string,
    target: string,
    changed: object,
    text: RegExp,
  ])[] = [
    ['account gone', 'Pod', 'p', { serviceAccount: undefined }, /"robot" not found/],
    [
      'account made anew',
      'Pod',
      'p',
      { serviceAccount: reborn(account) },
      /service account UID \(other\) does not match claim \(sa-1\)/,
    ],
    ['pod gone', 'Pod', 'p', { pod: undefined }, /service account token has been invalidated/],
    ['pod made anew', 'Pod', 'p', { pod: reborn(pod) }, /pod UID \(other\) does not match/],
    ['secret gone', 'Secret', 's', { secret: undefined }, /has been invalidated/],
    ['node gone', 'Node', 'n', { node: undefined }, /has been invalidated/],
  ]
  for (const [name, kind, target, changed, text] of rows) {
    const clock = fakeClock()
    const token = await issue(bound(kind, target), clock)
    const authenticator = authenticatorFor(lookupsOf({ ...world, ...changed }), clock)
    await assert.rejects(authenticator.authenticateToken(token, [ISSUER]), text, name)
  }
})

test('a pod that is ending keeps its token for a minute', async () => {
  const clock = fakeClock()
  const token = await issue(bound('Pod', 'p'), clock)
  const deletionTimestamp = formatTime(clock.now())
  const ending = { ...pod, metadata: { ...pod.metadata, deletionTimestamp } }
  const authenticator = authenticatorFor(lookupsOf({ ...world, pod: ending }), clock)
  assert.ok(await authenticator.authenticateToken(token, [ISSUER]))
  await clock.advance(61_000)
  await assert.rejects(authenticator.authenticateToken(token, [ISSUER]), /has been invalidated/)
})

test('times, audiences and signatures', async () => {
  const clock = fakeClock()
  const authenticator = authenticatorFor(lookupsOf(world), clock)
  const token = await issue({ audiences: [], expirationSeconds: 600 }, clock)
  const forVault = await issue({ audiences: ['vault'] }, clock)
  await assert.rejects(authenticator.authenticateToken(forVault, [ISSUER]), {
    message: `token audiences ["vault"] is invalid for the target audiences ["${ISSUER}"]`,
  })
  assert.deepEqual((await authenticator.authenticateToken(forVault, ['vault', 'x']))?.audiences, ['vault'])
  const [head, , signature] = token.split('.')
  const forged = JSON.stringify({ iss: ISSUER, sub: 'system:serviceaccount:kube-system:admin' })
  const swapped = [head, Buffer.from(forged).toString('base64url'), signature].join('.')
  await assert.rejects(authenticator.authenticateToken(swapped, [ISSUER]), /cryptographic primitive/)
  const others = claimsReader(newTokenKeys().keys.verifying, [ISSUER])
  await assert.rejects(others.read(token), /invalid signature, no keys found/)
  for (const stranger of ['nonsense', 'a.b.c', `${head}..`, '{"payload":""}']) {
    assert.equal(await authenticator.authenticateToken(stranger, [ISSUER]), undefined)
  }
  await clock.advance(661_000)
  await assert.rejects(authenticator.authenticateToken(token, [ISSUER]), {
    message: 'service account token has expired',
  })
})

test('a token without signature is nobody', async () => {
  const claims = Buffer.from(JSON.stringify({ iss: ISSUER })).toString('base64url')
  const none = Buffer.from('{"alg":"none"}').toString('base64url')
  await assert.rejects(
    authenticatorFor(lookupsOf(world), fakeClock()).authenticateToken(`${none}.${claims}.`, [ISSUER]),
  )
})

test('tokens from Secrets live as long as the Secret holds them', async () => {
  const claims = {
    iss: LEGACY_ISSUER,
    sub: 'system:serviceaccount:ns:robot',
    'kubernetes.io/serviceaccount/namespace': 'ns',
    'kubernetes.io/serviceaccount/secret.name': 's',
    'kubernetes.io/serviceaccount/service-account.name': 'robot',
    'kubernetes.io/serviceaccount/service-account.uid': 'sa-1',
  }
  const token = await new SignJWT(claims)
    .setProtectedHeader({ alg: 'RS256', kid: keys.signing.id })
    .sign(keys.signing.privateKey)
  const holding = { ...secret, data: { token: Buffer.from(token).toString('base64') } }
  const ask = (changed: object) =>
    authenticatorFor(lookupsOf({ ...world, ...changed }), fakeClock()).authenticateToken(token, [ISSUER])
  assert.equal((await ask({ secret: holding }))?.user.name, 'system:serviceaccount:ns:robot')
  await assert.rejects(ask({ secret }), { message: "Token does not match server's copy" })
  await assert.rejects(ask({ secret: undefined }), { message: 'Token has been invalidated' })
})

test('requests for tokens are judged as by the original', async () => {
  const clock = fakeClock()
  const issuer = issuerFor(lookupsOf({ ...world, pod: undefined }), clock)
  const rows: readonly (readonly [name: string, request: TokenRequest, code: number, text: RegExp])[] = [
    [
      'too short',
      { spec: { audiences: [], expirationSeconds: 5 } },
      422,
      /may not specify a duration less than 10 minutes/,
    ],
    ['too long', { spec: { audiences: [], expirationSeconds: 2 ** 33 } }, 422, /larger than 2\^32 seconds/],
    ['no such pod', { spec: bound('Pod', 'p') }, 404, /pods "p" not found/],
    [
      'no such kind',
      { spec: bound('ConfigMap', 'c') },
      400,
      /cannot bind token to object of type \/v1, Kind=ConfigMap/,
    ],
    [
      'another uid',
      { metadata: { uid: 'x' }, spec: { audiences: [] } },
      409,
      /the UID in the token request \(x\) does not match/,
    ],
    [
      'another name',
      { metadata: { name: 'x' }, spec: { audiences: [] } },
      422,
      /must match the service account name/,
    ],
  ]
  for (const [name, request, code, text] of rows) {
    await assert.rejects(issuer.issue('ns', 'robot', request), (error: { code: number; message: string }) => {
      assert.equal(error.code, code, name)
      assert.match(error.message, text, name)
      return true
    })
  }
  const stranger = { ...pod, spec: { ...pod.spec, serviceAccountName: 'other' } }
  const withStranger = issuerFor(lookupsOf({ ...world, pod: stranger }), clock)
  await assert.rejects(
    withStranger.issue('ns', 'robot', { spec: bound('Pod', 'p') }),
    /different serviceaccount name/,
  )
})

test('the token of an injected volume outlives what the kubelet is told', async () => {
  const clock = fakeClock()
  const issued = await issuerFor(lookupsOf(world), clock).issue('ns', 'robot', {
    spec: { ...bound('Pod', 'p'), expirationSeconds: 3607 },
  })
  assert.equal(issued.status?.expirationTimestamp, formatTime(clock.now() + 3_607_000))
  const payload = JSON.parse(Buffer.from(issued.status!.token!.split('.')[1]!, 'base64url').toString())
  assert.equal(payload.exp - payload.iat, 365 * 24 * 3600)
  assert.equal(payload['kubernetes.io'].warnafter - payload.iat, 3607)
})
