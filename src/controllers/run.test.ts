import assert from 'node:assert/strict'
import { test } from 'node:test'
import { leases, namespaces, serviceAccounts } from '#api/resources.ts'
import { startTestApiServer } from '#apiserver/testing.ts'
import { CONTROLLERS, selectControllers } from '#controllers/all.ts'
import { runControllerManager } from '#controllers/run.ts'
import { startTestControllers } from '#controllers/testing.ts'
import { systemClock } from '#sys/clock.ts'
import { silentLogger } from '#sys/log.ts'
import { systemRandom } from '#sys/random.ts'

test('a selection names controllers as --controllers does', () => {
  const names = (...words: string[]) => selectControllers(words).map(({ name }) => name)
  assert.deepEqual(names('*').length, CONTROLLERS.length)
  assert.deepEqual(names('deployment-controller'), ['deployment-controller'])
  assert.ok(!names('*', '-deployment-controller').includes('deployment-controller'))
  assert.throws(() => names('nonsense'), /"nonsense" is not a controller/)
})

test('of two managers one works, and the other takes over when it ends', async () => {
  const server = await startTestApiServer({ namespaces: ['default', 'kube-system'] })
  const watch = await startTestControllers(server.client, { controllers: [] })
  const start = (identity: string) => {
    const stop = new AbortController()
    const options = {
      client: server.client,
      clock: systemClock,
      random: systemRandom,
      log: silentLogger,
      settings: { clusterCIDRs: [] },
      controllers: ['serviceaccount-controller'],
      leaderElection: { identity },
    }
    return { stop, ended: runControllerManager(options, stop.signal) }
  }
  const lease = 'kube-system/kube-controller-manager'
  const heldBy = (identity: string) =>
    watch.until(leases, lease, (object) => object?.spec?.holderIdentity === identity)
  const first = start('one')
  await heldBy('one')
  const second = start('two')
  await watch.until(serviceAccounts, 'default/default', (account) => account !== undefined)
  first.stop.abort()
  await first.ended
  await heldBy('two')
  await server.client.resource(namespaces).create({ metadata: { name: 'later' } })
  await watch.until(serviceAccounts, 'later/default', (account) => account !== undefined)
  second.stop.abort()
  await second.ended
  await watch.stop()
  await server.stop()
})
