import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Backoff } from '#kubelet/pods/backoff.ts'
import { fakeClock } from '#sys/fake-clock.ts'

test('the first failure need not wait, later ones wait longer and longer', async () => {
  const clock = fakeClock()
  const backoff = new Backoff(clock, 10_000, 25_000)
  assert.equal(backoff.waitsUntil('k', clock.now()), undefined)
  for (const wait of [10_000, 20_000, 25_000, 25_000]) {
    const failedAt = clock.now()
    backoff.next('k', failedAt)
    assert.equal(backoff.get('k'), wait)
    assert.equal(backoff.waitsUntil('k', failedAt), failedAt + wait)
    await clock.advance(wait)
    assert.equal(backoff.waitsUntil('k', failedAt), undefined)
  }
})

test('who was well for long enough starts afresh', async () => {
  const clock = fakeClock()
  const backoff = new Backoff(clock, 10_000, 25_000)
  backoff.next('k', clock.now())
  backoff.next('k', clock.now())
  await clock.advance(60_000)
  backoff.next('k', clock.now())
  assert.equal(backoff.get('k'), 10_000)
})

test('keys of a pod go together', () => {
  const backoff = new Backoff(fakeClock(), 10, 20)
  backoff.next('a_1', 0)
  backoff.next('b_1', 0)
  backoff.forgetPrefix('a_')
  assert.deepEqual([backoff.get('a_1'), backoff.get('b_1')], [0, 10])
})
