import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Runtime } from '#kubelet/cri/runtime.ts'
import { createRuntimeCache } from '#kubelet/runtime/runtime-cache.ts'
import { fakeClock } from '#sys/fake-clock.ts'
import { silentLogger } from '#sys/log.ts'

/** A runtime without pods that counts how often it is listed, and whose stream of events the test holds. */
function begin() {
  const clock = fakeClock()
  const stop = new AbortController()
  const stream: { event: () => void; fail: (error: Error) => void } = {
    event: () => undefined,
    fail: () => undefined,
  }
  let lists = 0
  const runtime = {
    listSandboxes: () => {
      lists++
      return Promise.resolve([])
    },
    listContainers: () => Promise.resolve([]),
    watchEvents: (onEvent: () => void, signal: AbortSignal) =>
      new Promise<void>((resolve, reject) => {
        Object.assign(stream, { event: onEvent, fail: reject })
        signal.addEventListener('abort', () => resolve(), { once: true })
      }),
  } as unknown as Runtime
  const cache = createRuntimeCache({ runtime, clock, log: silentLogger, onChange: () => undefined })
  const running = cache.run(stop.signal)
  return {
    stream,
    /** How many lists there were within this time. */
    async listsIn(ms: number): Promise<number> {
      const before = lists
      await clock.advance(ms)
      return lists - before
    },
    async end(): Promise<void> {
      stop.abort()
      await clock.advance(0)
      await running
    },
  }
}

test('while events are followed, lists are rare', async () => {
  const { listsIn, end } = begin()
  await listsIn(100)
  assert.equal(await listsIn(60_000), 12)
  await end()
})

test('an event is looked at at once, and again until the runtime has caught up', async () => {
  const { stream, listsIn, end } = begin()
  await listsIn(2000)
  stream.event()
  assert.equal(await listsIn(0), 1)
  assert.equal(await listsIn(1500), 5)
  assert.equal(await listsIn(2000), 0)
  await end()
})

test('without events the runtime is listed each second, at once from when they break off', async () => {
  const { stream, listsIn, end } = begin()
  await listsIn(2000)
  stream.fail(new Error('gone'))
  assert.equal(await listsIn(0), 1)
  await listsIn(1500)
  assert.equal(await listsIn(5000), 5)
  await end()
})
