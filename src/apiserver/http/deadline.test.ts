import assert from 'node:assert/strict'
import { test } from 'node:test'
import { StatusError } from '#api/meta/status.ts'
import { deadlineMs, parseDuration, withDeadline } from '#apiserver/http/deadline.ts'
import { fakeClock } from '#sys/fake-clock.ts'

const durations: readonly [string, number | undefined][] = [
  ['32s', 32_000],
  ['1m30s', 90_000],
  ['1.5h', 5_400_000],
  ['100ms', 100],
  ['0', 0],
  ['-1s', -1_000],
  ['30', undefined],
  ['s', undefined],
  ['1 s', undefined],
]

for (const [text, millis] of durations) {
  test(`the duration ${text}`, () => assert.equal(parseDuration(text), millis))
}

test('a client may ask for less than the maximum, not for more', () => {
  const of = (text: string) => deadlineMs(new URLSearchParams({ timeout: text }))
  assert.deepEqual(['5s', '10m', '0s', '-5s'].map(of), [5_000, 60_000, 60_000, 60_000])
  assert.equal(deadlineMs(new URLSearchParams()), 60_000)
  assert.throws(
    () => of('soon'),
    (error: unknown) => error instanceof StatusError && error.code === 400,
  )
})

test('what takes longer is 504, and its signal aborts', async () => {
  const clock = fakeClock()
  let signal: AbortSignal | undefined
  const outcome = withDeadline(clock, 5_000, new AbortController().signal, (given) => {
    signal = given
    return new Promise<never>(() => undefined)
  }).catch((error: unknown) => error)
  await clock.advance(5_000)
  const error = await outcome
  assert.ok(error instanceof StatusError && error.code === 504)
  assert.equal(signal?.aborted, true)
})

test('what is done in time leaves no timer behind', async () => {
  const clock = fakeClock()
  assert.equal(await withDeadline(clock, 5_000, new AbortController().signal, async () => 'done'), 'done')
  assert.equal(clock.pendingCount(), 0)
})
