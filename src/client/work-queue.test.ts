import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createWorkQueue, type Requeue } from '#client/work-queue.ts'
import { fakeClock } from '#sys/fake-clock.ts'

function started(work: (key: string) => Promise<Requeue>, workers = 1) {
  const clock = fakeClock()
  const stop = new AbortController()
  const failed: string[] = []
  const queue = createWorkQueue({ clock, workers, work, onError: (key) => failed.push(key) })
  const ended = queue.run(stop.signal)
  async function end(): Promise<void> {
    stop.abort()
    await ended
  }
  return { clock, queue, failed, end }
}

test('a key that is added twice before its turn is worked on once', async () => {
  const seen: string[] = []
  const { clock, queue, end } = started(async (key) => void seen.push(key))
  queue.add('slow')
  queue.add('a')
  queue.add('a')
  await clock.advance(0)
  assert.deepEqual(seen, ['slow', 'a'])
  await end()
})

test('a key that comes in during its own work is worked on again, never at the same time', async () => {
  let runs = 0
  let release: () => void = () => undefined
  const { clock, queue, end } = started(async () => {
    runs++
    if (runs === 1) await new Promise<void>((resolve) => (release = resolve))
  }, 4)
  queue.add('a')
  await clock.advance(0)
  queue.add('a')
  await clock.advance(0)
  assert.equal(runs, 1)
  release()
  await clock.advance(0)
  assert.equal(runs, 2)
  await end()
})

test('failures come back with a doubling delay, and success forgets them', async () => {
  const at: number[] = []
  const { clock, queue, failed, end } = started(async () => {
    at.push(clock.monotonic())
    if (at.length < 4) throw new Error('not yet')
  })
  queue.add('a')
  await clock.advance(100)
  assert.deepEqual(at, [0, 5, 15, 35])
  assert.equal(failed.length, 3)
  await end()
})

test('the earliest of several delays counts, and stopping leaves no timer', async () => {
  const at: number[] = []
  const { clock, queue, end } = started(async () => void at.push(clock.monotonic()))
  queue.addAfter('a', 50)
  queue.addAfter('a', 20)
  queue.addAfter('a', 70)
  await clock.advance(100)
  assert.deepEqual(at, [20])
  queue.addAfter('b', 1000)
  await end()
  assert.equal(clock.pendingCount(), 0)
})

test('work that ends after the queue leaves no timer', async () => {
  let release: () => void = () => undefined
  const { clock, queue, end } = started(async () => {
    await new Promise<void>((resolve) => (release = resolve))
    return { afterMs: 60_000 }
  })
  queue.add('a')
  await clock.advance(0)
  const ended = end()
  release()
  await ended
  assert.equal(clock.pendingCount(), 0)
})

test('no more keys are worked on at once than there are workers', async () => {
  let active = 0
  let most = 0
  const { clock, queue, end } = started(async () => {
    most = Math.max(most, ++active)
    await clock.sleep(10)
    active--
  }, 2)
  for (const key of ['a', 'b', 'c', 'd', 'e']) queue.add(key)
  await clock.advance(100)
  assert.equal(most, 2)
  await end()
})
