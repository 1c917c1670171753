import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  makeCertificate,
  type TestCertificate,
  type TestCertificateOptions,
} from '#api/codec/testing-certificates.ts'
import { encodePem } from '#api/codec/x509.ts'
import {
  certificateVerifier,
  clientCertificateAuthenticator,
} from '#apiserver/authentication/client-certificate.ts'
import { requestHead } from '#apiserver/authentication/testing-tokens.ts'
import { fakeClock } from '#sys/fake-clock.ts'

const NOW = Date.UTC(2026, 0, 1)
const HOUR = 3_600_000

const make = (
  name: string,
  issuer?: TestCertificate,
  options: Partial<TestCertificateOptions> = {},
): TestCertificate => makeCertificate(name, issuer, { from: NOW - HOUR, ...options })

const root = make('root', undefined, { isCa: true })
const foreign = make('root', undefined, { isCa: true })
const middle = make('middle', root, { isCa: true })
const pretender = make('pretender', root)
const ask = (chain: readonly Uint8Array[], clock = fakeClock(NOW)) =>
  clientCertificateAuthenticator(certificateVerifier(encodePem(root.der, 'CERTIFICATE'), clock)).authenticate(
    requestHead({}, chain),
  )

test('CN is the user and each O a group', async () => {
  const user = await ask([make('bob', root, { organizations: ['dev', 'ops'] }).der])
  assert.equal(user?.name, 'bob')
  assert.deepEqual(user?.groups, ['dev', 'ops'])
  assert.match(
    user?.extra?.['authentication.kubernetes.io/credential-id']?.[0] ?? '',
    /^X509SHA256=[0-9a-f]{64}$/,
  )
})

test('an intermediate authority leads to the root, a leaf that issues does not', async () => {
  assert.equal((await ask([make('bob', middle).der, middle.der]))?.name, 'bob')
  await assert.rejects(ask([make('bob', middle).der]), /unknown authority/)
  await assert.rejects(ask([make('bob', pretender).der, pretender.der]), /unknown authority/)
})

test('refused', async () => {
  const rows: readonly (readonly [name: string, chain: readonly Uint8Array[], text: RegExp])[] = [
    ['another cluster with the same authority name', [make('bob', foreign).der], /unknown authority/],
    ['a serving certificate', [make('bob', root, { usages: ['serverAuth'] }).der], /incompatible key usage/],
    [
      'expired',
      [make('bob', root, { from: NOW - 3 * HOUR }).der],
      /has expired or is not yet valid: .* is after /,
    ],
    ['not yet valid', [make('bob', root, { from: NOW + HOUR }).der], /is before /],
    ['rubbish', [Uint8Array.of(1, 2, 3)], /malformed certificate/],
  ]
  for (const [name, chain, text] of rows) await assert.rejects(ask(chain), text, name)
})

test('a certificate that expires on an open connection is refused from then on', async () => {
  const clock = fakeClock(NOW)
  const chain = [make('bob', root).der]
  const authenticator = clientCertificateAuthenticator(
    certificateVerifier(encodePem(root.der, 'CERTIFICATE'), clock),
  )
  assert.equal((await authenticator.authenticate(requestHead({}, chain)))?.name, 'bob')
  await clock.advance(2 * HOUR)
  await assert.rejects(authenticator.authenticate(requestHead({}, chain)), /has expired/)
})

test('without a certificate, or without a name in it, somebody else is asked', async () => {
  assert.equal(await ask([]), undefined)
  assert.equal(await ask([make('', root).der]), undefined)
})
