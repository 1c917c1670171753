import assert from 'node:assert/strict'
import { test } from 'node:test'
import { leases } from '#api/resources.ts'
import { identityLease, identityOf, isExpired } from '#apiserver/bootstrap/identity-lease.ts'
import { startTestApiServer } from '#apiserver/testing.ts'
import { createInformerFactory } from '#client/informer-factory.ts'
import { fakeClock } from '#sys/fake-clock.ts'
import { silentLogger } from '#sys/log.ts'
import { systemRandom } from '#sys/random.ts'

const ADDRESS = { address: '192.0.2.9', port: 6443 }

test('a server keeps its name, and servers of one machine differ', () => {
  assert.equal(identityOf('host', ADDRESS), identityOf('host', { ...ADDRESS }))
  assert.notEqual(identityOf('host', ADDRESS), identityOf('host', { ...ADDRESS, port: 6444 }))
  assert.notEqual(identityOf('host', ADDRESS), identityOf('other', ADDRESS))
  assert.match(identityOf('host', ADDRESS), /^apiserver-[a-z2-7]{26}$/)
})

const NOW = Date.parse('2026-01-01T01:00:00Z')
const spec = (renewTime: string | undefined, leaseDurationSeconds: number | undefined) => ({
  spec: {
    ...(renewTime !== undefined && { renewTime }),
    ...(leaseDurationSeconds !== undefined && { leaseDurationSeconds }),
  },
})

for (const [name, lease, expected] of [
  ['renewed an hour ago', spec('2026-01-01T00:00:00.000000Z', 3600), false],
  ['renewed before that', spec('2025-12-31T23:59:59.000000Z', 3600), true],
  ['without a time', spec(undefined, 3600), true],
  ['without a duration', spec('2026-01-01T00:00:00.000000Z', undefined), true],
] as const) {
  test(`expired: ${name}`, () => assert.equal(isExpired(lease, NOW), expected))
}

test('it is renewed, removes what a dead server left, and goes with its server', async (t) => {
  const server = await startTestApiServer({ namespaces: ['kube-system'] })
  t.after(() => server.stop())
  const clock = fakeClock()
  const { client } = server
  const base = { client, clock, random: systemRandom, log: silentLogger }
  const access = { ...base, informers: createInformerFactory(base) }
  const dead = identityLease(access, 'dead', ADDRESS)
  await dead.take()
  await clock.advance(3_000_000)
  const living = identityLease(access, 'living', ADDRESS)
  await living.take()
  const taken = clock.now()
  const controller = new AbortController()
  const running = living.run(controller.signal)
  const names = async () =>
    (await client.resource(leases).list({ namespace: 'kube-system' })).items.map(
      ({ metadata }) => metadata?.name,
    )
  assert.equal((await names()).length, 2)
  for (let hour = 0; hour < 2; hour++) await clock.advance(3_744_000)
  assert.deepEqual(await names(), [identityOf('living', ADDRESS)])
  const kept = await client.resource(leases).get('kube-system', identityOf('living', ADDRESS))
  assert.ok(Date.parse(kept.spec?.renewTime ?? '') > taken)
  controller.abort()
  await running
  assert.deepEqual(await names(), [])
})
