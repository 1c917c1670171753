import assert from 'node:assert/strict'
import { test } from 'node:test'
import { untilAborted } from '#sys/abort.ts'

test('a signal that has aborted is not waited for', () => untilAborted(AbortSignal.abort()))

test('one that has not is waited for', async () => {
  const stop = new AbortController()
  let isOver = false
  const over = untilAborted(stop.signal).then(() => {
    isOver = true
  })
  await Promise.resolve()
  assert.equal(isOver, false)
  stop.abort()
  await over
})
