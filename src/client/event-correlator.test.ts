import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Event } from '#api/types/core.ts'
import { createEventCorrelator } from '#client/event-correlator.ts'
import { fakeClock } from '#sys/fake-clock.ts'

const event = (name: string, message: string, about = 'web'): Event => ({
  metadata: { name, namespace: 'default' },
  involvedObject: { kind: 'Pod', name: about, namespace: 'default', uid: about },
  source: { component: 'kubelet' },
  reason: 'BackOff',
  message,
  type: 'Warning',
  count: 1,
})

test('the same event again raises the count of the first', () => {
  const correlate = createEventCorrelator(fakeClock())
  assert.deepEqual(correlate(event('first', 'm'))?.isRepeat, false)
  const again = correlate(event('second', 'm'))
  assert.equal(again?.isRepeat, true)
  assert.equal(again?.event.metadata?.name, 'first')
  assert.equal(again?.event.count, 2)
})

test('events that differ only in their message are combined from the tenth on', () => {
  const correlate = createEventCorrelator(fakeClock())
  const results = Array.from({ length: 13 }, (_, i) => correlate(event(`e${i}`, `message ${i}`)))
  assert.equal(results[8]?.event.message, 'message 8')
  assert.equal(results[9]?.event.message, '(combined from similar events): message 9')
  assert.equal(results[10]?.isRepeat, true)
  assert.equal(results[12]?.event.count, 4)
})

test('one object gets no more than its burst, others are not affected, and time gives tokens back', async () => {
  const clock = fakeClock()
  const correlate = createEventCorrelator(clock)
  const written = Array.from({ length: 40 }, () => correlate(event('e', 'm'))).filter(
    (result) => result !== undefined,
  )
  assert.equal(written.length, 25)
  assert.ok(correlate(event('other', 'm', 'db')))
  await clock.advance(300_000)
  assert.ok(correlate(event('e', 'm')))
})
