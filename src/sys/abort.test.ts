import assert from 'node:assert/strict'
import { test } from 'node:test'
import { unlessAborted, untilAborted } from '#sys/abort.ts'

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

test('what is begun is left when the signal aborts, and not before', async () => {
  const stop = new AbortController()
  assert.equal(await unlessAborted(Promise.resolve(7), stop.signal), 7)
  const left = unlessAborted(new Promise(() => undefined), stop.signal)
  stop.abort()
  await assert.rejects(left, /aborted/)
  await assert.rejects(unlessAborted(new Promise(() => undefined), stop.signal), /aborted/)
})
