import assert from 'node:assert/strict'
import { test } from 'node:test'
import { LazyAbort } from '#sys/lazy-abort.ts'

test('a signal that is asked for late has aborted if it was told to', () => {
  const abort = new LazyAbort()
  abort.abort(new Error('first'))
  abort.abort(new Error('second'))
  assert.equal(abort.signal.aborted, true)
  assert.equal((abort.signal.reason as Error).message, 'first')
})

test('a signal that is there hears of it, and is always the same', () => {
  const abort = new LazyAbort()
  const { signal } = abort
  assert.equal(signal.aborted, false)
  abort.abort('gone')
  assert.equal(signal.aborted, true)
  assert.equal(abort.signal, signal)
})

test('an inner one follows the outer one until it is released', () => {
  const outer = new LazyAbort()
  const followers = [new LazyAbort(outer), new LazyAbort(outer), new LazyAbort(outer)] as const
  const [first, released] = followers
  assert.equal(first.signal.aborted, false)
  assert.equal(released.signal.aborted, false)
  released.release()
  outer.abort('over')
  assert.deepEqual(
    followers.map(({ signal }) => signal.aborted),
    [true, false, true],
  )
  assert.equal(first.signal.reason, 'over')
})

test('nobody is linked before a signal is asked for', () => {
  const outer = {
    get signal(): AbortSignal {
      throw new Error('nobody needs it')
    },
  }
  const inner = new LazyAbort(outer)
  inner.release()
  assert.throws(() => inner.signal, /nobody needs it/)
})
