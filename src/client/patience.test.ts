import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Answered, sendPatiently, waitOf } from '#client/patience.ts'
import { fakeClock } from '#sys/fake-clock.ts'

test('only a server that is busy is waited for, and only for whole seconds', () => {
  const cases: readonly (readonly [Answered, number | undefined])[] = [
    [{ code: 429, retryAfter: '1' }, 1_000],
    [{ code: 503, retryAfter: '12' }, 12_000],
    [{ code: 500, retryAfter: '0' }, 0],
    [{ code: 429 }, undefined],
    [{ code: 409, retryAfter: '1' }, undefined],
    [{ code: 200, retryAfter: '1' }, undefined],
    [{ code: 503, retryAfter: 'Wed, 21 Oct 2026 07:28:00 GMT' }, undefined],
    [{ code: 503, retryAfter: '-1' }, undefined],
  ]
  for (const [answer, expected] of cases) assert.equal(waitOf(answer), expected, JSON.stringify(answer))
})

test('a request is sent again when its time has come', async () => {
  const clock = fakeClock()
  const answers: Answered[] = [{ code: 429, retryAfter: '2' }, { code: 201 }]
  const sent: number[] = []
  const outcome = sendPatiently(clock, undefined, async () => {
    sent.push(clock.monotonic())
    return answers.shift()!
  })
  await clock.advance(1_999)
  assert.equal(sent.length, 1)
  await clock.advance(1)
  assert.equal((await outcome).code, 201)
  assert.equal(sent[1]! - sent[0]!, 2_000)
})

test('nobody is asked for ever', async () => {
  const clock = fakeClock()
  let sent = 0
  const outcome = sendPatiently(clock, undefined, async () => {
    sent++
    return { code: 429, retryAfter: '1' }
  })
  for (let second = 0; second < 12; second++) await clock.advance(1_000)
  assert.equal((await outcome).code, 429)
  assert.equal(sent, 11)
})

test('who has given up is not waited for', async () => {
  const clock = fakeClock()
  const stop = new AbortController()
  const outcome = sendPatiently(clock, stop.signal, async () => ({ code: 429, retryAfter: '60' }))
  const rejected = assert.rejects(outcome)
  await clock.advance(1_000)
  stop.abort(new Error('enough'))
  await rejected
  assert.equal(clock.pendingCount(), 0)
})
