import assert from 'node:assert/strict'
import { test } from 'node:test'
import { compileAuthentication } from '#apiserver/authentication/configuration/compile.ts'
import { authenticationExpressions } from '#apiserver/authentication/configuration/expressions.ts'
import { oidcAuthenticator } from '#apiserver/authentication/oidc/authenticator.ts'
import { createTestPki } from '#apiserver/testing-pki.ts'
import { startTestIssuer } from '#apiserver/testing-services.ts'
import { systemClock } from '#sys/clock.ts'
import { fakeClock } from '#sys/fake-clock.ts'
import { silentLogger } from '#sys/log.ts'
import { systemRandom } from '#sys/random.ts'

const CLAIM_MAPPINGS = { username: { claim: 'sub', prefix: '' } }
const pki = createTestPki(systemRandom)

function authenticator(url: string, signal: AbortSignal, clock = systemClock, more: object = {}) {
  const issuer = { url, audiences: ['k8ts'], certificateAuthority: pki.ca, ...more }
  const { jwt } = compileAuthentication(
    { jwt: [{ issuer, claimMappings: CLAIM_MAPPINGS }] },
    authenticationExpressions(),
    [],
  )
  return oidcAuthenticator({ jwt, algorithms: ['RS256'], clock, log: silentLogger }, signal)
}

test('keys are fetched once, again for a new key, and not for every unknown one', async () => {
  const clock = fakeClock()
  const issuer = await startTestIssuer(pki, clock.now)
  const stop = new AbortController()
  const oidc = authenticator(issuer.url, stop.signal, clock)
  const name = async (token: string) => (await oidc.authenticateToken(token, []))?.user.name
  const fetches = () => issuer.requests.filter((path) => path === '/keys').length
  await oidc.whenReady(stop.signal)
  for (let i = 0; i < 2; i++) assert.equal(await name(await issuer.token({ sub: `u${i}` })), `u${i}`)
  assert.equal(fetches(), 1)
  const forged = await startTestIssuer(pki, clock.now)
  const unknown = await forged.token({ iss: issuer.url, sub: 'eve' })
  for (let i = 0; i < 3; i++) await assert.rejects(name(unknown), /failed to verify id token signature/)
  assert.equal(fetches(), 2)
  await issuer.rotate()
  await clock.advance(1000)
  assert.equal(await name(await issuer.token({ sub: 'joe' })), 'joe')
  assert.equal(fetches(), 3)
  assert.equal(await name(await issuer.token({ iss: 'https://another' })), undefined)
  assert.equal(await name('no.jwt'), undefined)
  stop.abort()
  await Promise.all([issuer.stop(), forged.stop()])
})

test('an issuer that calls itself otherwise is never ready, and says why', async () => {
  const issuer = await startTestIssuer(pki, () => systemClock.now())
  const stop = new AbortController()
  const oidc = authenticator('https://elsewhere', stop.signal, fakeClock(), {
    discoveryURL: `${issuer.url}/discovery`,
  })
  const token = await issuer.token({ iss: 'https://elsewhere', sub: 'a' })
  await assert.rejects(oidc.authenticateToken(token, []), /oidc: authenticator not initialized/)
  const waiting = new AbortController()
  const ready = oidc.whenReady(waiting.signal)
  while (issuer.requests.length === 0) await new Promise((resolve) => setImmediate(resolve))
  while (/not initialized/.test(await problemOf(oidc))) await new Promise((resolve) => setImmediate(resolve))
  waiting.abort()
  await assert.rejects(
    ready,
    /issuer did not match the issuer returned by provider, expected "https:\/\/elsewhere"/,
  )
  stop.abort()
  await issuer.stop()
})

/** What an impatient waiter is told. */
const problemOf = (oidc: ReturnType<typeof authenticator>): Promise<string> =>
  oidc.whenReady(AbortSignal.abort()).then(
    () => '',
    (error: Error) => error.message,
  )
