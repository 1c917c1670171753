import assert from 'node:assert/strict'
import { test } from 'node:test'
import { get, put, record, text, write } from '#store/contract.ts'
import type { Backend, Batch } from '#store/embedded/backend.ts'
import { EmbeddedStore } from '#store/embedded/embedded-store.ts'
import { createMemoryBackend } from '#store/embedded/memory-backend.ts'
import { StoreUnavailableError } from '#store/store.ts'
import { fakeClock } from '#sys/fake-clock.ts'

/** A disk whose commits a test lets through or fails, one by one. */
function slowDisk() {
  const memory = createMemoryBackend()
  const waiting: { batch: Batch; finish: (error?: Error) => void }[] = []
  const backend: Backend = {
    ...memory,
    commit: (batch) =>
      new Promise((resolve, reject) =>
        waiting.push({
          batch,
          finish: (error) => (error ? reject(error) : void memory.commit(batch).then(resolve, reject)),
        }),
      ),
  }
  const clock = fakeClock()
  return { store: new EmbeddedStore(backend, clock, 1e9), backend, clock, waiting }
}

const settled = () => new Promise((resolve) => setImmediate(resolve))

test('writers that come while the disk is busy share the next commit', async () => {
  const { store, waiting } = slowDisk()
  const first = write(store, '/a', '1')
  await settled()
  const others = Array.from({ length: 50 }, (_, index) => write(store, `/b${index}`, '1'))
  await settled()
  assert.equal(waiting.length, 1)
  waiting[0]!.finish()
  await first
  await settled()
  assert.equal(waiting.length, 2)
  assert.equal(waiting[1]!.batch.writes.length, 50)
  waiting[1]!.finish()
  assert.deepEqual(
    await Promise.all(others),
    Array.from({ length: 50 }, (_, index) => 3 + index),
  )
  await store.close()
})

test('nobody sees a write before it is on the disk', async () => {
  const { store, waiting } = slowDisk()
  const watch = await record(store, '/', '0')
  let isAnswered = false
  const writing = write(store, '/a', '1').then(() => (isAnswered = true))
  await settled()
  assert.equal(await get(store, '/a'), undefined)
  assert.equal(await store.currentRevision(), 1)
  assert.deepEqual(watch.lines, [])
  assert.equal(isAnswered, false)
  waiting[0]!.finish()
  await writing
  assert.deepEqual(watch.lines, ['put /a=1 @2'])
  assert.equal(text((await get(store, '/a'))?.value), '1')
  await store.close()
})

test('a condition is decided on what waits for the disk, and its answer waits with it', async () => {
  const { store, waiting } = slowDisk()
  const first = put(store, '/a', '1', 0)
  const second = put(store, '/a', '2', 0)
  const third = put(store, '/a', '3', 2)
  let answers = 0
  for (const each of [first, second, third]) void each.then(() => answers++)
  await settled()
  assert.equal(answers, 0)
  waiting[0]!.finish()
  assert.equal((await first).succeeded, true)
  const refused = await second
  assert.deepEqual([refused.succeeded, text(refused.responses[0]?.value)], [false, '1'])
  assert.deepEqual([(await third).succeeded, (await third).revision], [true, 3])
  await store.close()
})

test('when a commit fails, all that was decided on top of it fails, and the store goes on', async () => {
  const { store, waiting } = slowDisk()
  const watch = await record(store, '/', '0')
  const lost = put(store, '/a', '1', 0)
  await settled()
  const onTop = put(store, '/a', '2', 2)
  waiting[0]!.finish(new Error('ENOSPC: no space left on device'))
  await assert.rejects(lost, (error) => {
    assert.ok(error instanceof StoreUnavailableError)
    assert.equal(error.message, 'the store cannot write: ENOSPC: no space left on device')
    return true
  })
  await assert.rejects(onTop, StoreUnavailableError)
  const again = put(store, '/a', '3', 0)
  await settled()
  waiting[1]!.finish()
  assert.deepEqual([(await again).succeeded, (await again).revision], [true, 2])
  assert.deepEqual(watch.lines, ['put /a=3 @2'])
  await store.close()
})

test('a commit that failed but is there after all stops the writing', async () => {
  const { store, backend, waiting } = slowDisk()
  const writing = write(store, '/a', '1')
  await settled()
  const { writtenRevision } = backend
  backend.writtenRevision = () => 2
  waiting[0]!.finish(new Error('EIO'))
  await assert.rejects(writing, StoreUnavailableError)
  await assert.rejects(write(store, '/b', '1'), /restart to go on/)
  assert.equal(await get(store, '/a'), undefined)
  backend.writtenRevision = writtenRevision
  await store.close()
})

test('a lease whose revocation fails is revoked later', async () => {
  const { store, clock, waiting } = slowDisk()
  const granting = store.grantLease(1)
  await settled()
  waiting.shift()!.finish()
  const lease = await granting
  const writing = put(store, '/a', '1', 0, lease)
  await settled()
  waiting.shift()!.finish()
  await writing
  await clock.advance(1_000)
  waiting.shift()!.finish(new Error('no space'))
  await clock.advance(4_999)
  assert.equal(waiting.length, 0)
  assert.ok(await get(store, '/a'))
  await clock.advance(10)
  waiting.shift()!.finish()
  await settled()
  assert.equal(await get(store, '/a'), undefined)
  await store.close()
})

test('writers are turned away when too much waits for the disk', async () => {
  const { store, waiting } = slowDisk()
  const value = 'x'.repeat(1_000_000)
  const writes = Array.from({ length: 100 }, (_, index) => write(store, `/${index}`, value))
  const outcomes = Promise.allSettled(writes)
  await settled()
  waiting[0]!.finish()
  const refused = (await outcomes).filter((outcome) => outcome.status === 'rejected')
  assert.ok(refused.length > 20 && refused.length < 50)
  assert.match(String((refused[0] as PromiseRejectedResult).reason), /too many writes waiting for the disk/)
  await store.close()
})
