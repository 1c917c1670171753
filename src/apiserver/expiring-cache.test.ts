import assert from 'node:assert/strict'
import { test } from 'node:test'
import { expiringCache } from '#apiserver/expiring-cache.ts'
import { fakeClock } from '#sys/fake-clock.ts'

test('values live as long as they may, and the least used go when it is full', async () => {
  const clock = fakeClock()
  const cache = expiringCache<number>(2, clock)
  cache.set('a', 1, 1000)
  cache.set('never', 1, 0)
  assert.equal(cache.get('never'), undefined)
  await clock.advance(999)
  assert.equal(cache.get('a'), 1)
  await clock.advance(1)
  assert.equal(cache.get('a'), undefined)
  cache.set('a', 1, 1000)
  cache.set('b', 2, 1000)
  cache.get('a')
  cache.set('c', 3, 1000)
  assert.deepEqual(
    ['a', 'b', 'c'].map((key) => cache.get(key)),
    [1, undefined, 3],
  )
})
