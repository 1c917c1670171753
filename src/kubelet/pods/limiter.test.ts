import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createLimiter } from '#kubelet/pods/limiter.ts'

test('no more than the limit work at a time, and all get their turn in order', async () => {
  const limiter = createLimiter(2)
  let active = 0
  let most = 0
  const order: number[] = []
  const work = (number: number) =>
    limiter.run(async () => {
      most = Math.max(most, ++active)
      await new Promise((resolve) => setImmediate(resolve))
      order.push(number)
      active--
    })
  await Promise.all([1, 2, 3, 4, 5].map(work))
  assert.equal(most, 2)
  assert.deepEqual(order, [1, 2, 3, 4, 5])
})

test('a failure gives the turn away as well', async () => {
  const limiter = createLimiter(1)
  await assert.rejects(limiter.run(() => Promise.reject(new Error('no'))))
  assert.equal(await limiter.run(() => Promise.resolve(1)), 1)
})
