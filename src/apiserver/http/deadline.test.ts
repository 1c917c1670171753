import assert from 'node:assert/strict'
import { test } from 'node:test'
import { StatusError } from '#api/meta/status.ts'
import { deadlineMs, withDeadline } from '#apiserver/http/deadline.ts'
import { fakeClock } from '#sys/fake-clock.ts'
import { LazyAbort } from '#sys/lazy-abort.ts'

test('a client may ask for less than the maximum, not for more', () => {
  const of = (text: string) => deadlineMs(new URLSearchParams({ timeout: text }))
  assert.deepEqual(['5s', '10m', '0s', '-5s'].map(of), [5_000, 60_000, 60_000, 60_000])
  assert.equal(deadlineMs(new URLSearchParams()), 60_000)
  assert.throws(
    () => of('soon'),
    (error: unknown) =>
      error instanceof StatusError && /request URL - time: invalid duration "soon"$/.test(error.message),
  )
})

test('what takes longer is 504, and its signal aborts', async () => {
  const clock = fakeClock()
  let signal: AbortSignal | undefined
  const outcome = withDeadline(clock, 5_000, new LazyAbort(), (own) => {
    signal = own.signal
    return new Promise<never>(() => undefined)
  }).catch((error: unknown) => error)
  await clock.advance(5_000)
  const error = await outcome
  assert.ok(error instanceof StatusError && error.code === 504)
  assert.equal(signal?.aborted, true)
})

test('what is done in time leaves no timer behind', async () => {
  const clock = fakeClock()
  assert.equal(await withDeadline(clock, 5_000, new LazyAbort(), async () => 'done'), 'done')
  assert.equal(clock.pendingCount(), 0)
})
