import assert from 'node:assert/strict'
import { test } from 'node:test'
import { RetryAfter } from '#apiserver/flowcontrol/retry-after.ts'

function refuse(tracker: RetryAfter, from: number, seconds: number, perSecond: number): number[] {
  const told: number[] = []
  for (let second = from; second < from + seconds; second++) {
    for (let index = 0; index < perSecond; index++) tracker.noteRefusal(second)
    told.push(tracker.seconds)
  }
  return told
}

test('a few refusals are told to come back after a second', () => {
  assert.deepEqual(refuse(new RetryAfter(), 1_000, 5, 1), [1, 1, 1, 1, 1])
})

test('many double the time, up to 32 seconds', () => {
  const tracker = new RetryAfter()
  const told = refuse(tracker, 1_000, 120, 10)
  assert.deepEqual([...new Set(told)], [1, 2, 4, 8, 16, 32])
})

test('it comes down by a second at a time when few are refused', () => {
  const tracker = new RetryAfter()
  refuse(tracker, 1_000, 60, 10)
  const high = tracker.seconds
  tracker.noteRefusal(2_000)
  tracker.noteRefusal(2_001)
  assert.equal(tracker.seconds, high - 2)
})
