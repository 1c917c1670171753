import assert from 'node:assert/strict'
import { test } from 'node:test'
import { runCompaction } from '#store/compaction.ts'
import { get, write } from '#store/contract.ts'
import { openEmbeddedStore } from '#store/embedded/embedded-store.ts'
import { CompactedError } from '#store/store.ts'
import { fakeClock } from '#sys/fake-clock.ts'
import { silentLogger } from '#sys/log.ts'

test('history lives between five and ten minutes', async () => {
  const clock = fakeClock()
  const store = await openEmbeddedStore({ clock })
  const controller = new AbortController()
  const old = await write(store, '/a', '1')
  await write(store, '/a', '2')
  const running = runCompaction(store, clock, silentLogger, controller.signal)
  await clock.advance(299_000)
  const recent = await write(store, '/a', '3')
  await write(store, '/a', '4')
  assert.ok(await get(store, '/a', old))
  await clock.advance(1_000)
  await assert.rejects(get(store, '/a', old), CompactedError)
  await clock.advance(299_000)
  assert.ok(await get(store, '/a', recent))
  await clock.advance(1_000)
  await assert.rejects(get(store, '/a', recent), CompactedError)
  controller.abort()
  await running
  assert.equal(clock.pendingCount(), 0)
  await store.close()
})

test('a round that fails does not end it', async () => {
  const clock = fakeClock()
  const store = await openEmbeddedStore({ clock })
  const controller = new AbortController()
  let failures = 0
  const flaky = {
    ...store,
    currentRevision: () => store.currentRevision(),
    compact: (revision: number) =>
      failures++ === 0 ? Promise.reject(new Error('no')) : store.compact(revision),
  }
  const old = await write(store, '/a', '1')
  await write(store, '/a', '2')
  const running = runCompaction(flaky, clock, silentLogger, controller.signal)
  await clock.advance(300_000)
  assert.ok(await get(store, '/a', old))
  await clock.advance(300_000)
  await assert.rejects(get(store, '/a', old), CompactedError)
  controller.abort()
  await running
  await store.close()
})
