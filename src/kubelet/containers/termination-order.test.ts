import assert from 'node:assert/strict'
import { test } from 'node:test'
import { terminationOrder } from '#kubelet/containers/termination-order.ts'
import { container, pod } from '#kubelet/pods/fixtures.ts'
import { fakeClock } from '#sys/fake-clock.ts'

const always = (name: string) => container(name, { restartPolicy: 'Always' })
const subject = pod({ initContainers: [always('one'), always('two')] })

test('without sidecars all end at once', () => {
  assert.equal(terminationOrder(pod(), ['main'], fakeClock()), undefined)
})

test('sidecars end after the containers, the last one first', async () => {
  const order = terminationOrder(subject, ['main', 'one', 'two'], fakeClock())!
  const ended: string[] = []
  const end = async (name: string) => {
    await order.waitForTurn(name, 30)
    ended.push(name)
    order.ended(name)
  }
  await Promise.all([end('one'), end('two'), end('main')])
  assert.deepEqual(ended, ['main', 'two', 'one'])
})

test('nobody waits longer than his grace period, and it is counted', async () => {
  const clock = fakeClock()
  const order = terminationOrder(subject, ['main', 'two'], clock)!
  const waiting = order.waitForTurn('two', 5)
  await clock.advance(5000)
  assert.equal(await waiting, 5)
  assert.equal(clock.pendingCount(), 0)
})
