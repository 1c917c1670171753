import assert from 'node:assert/strict'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { after, test } from 'node:test'
import { get, put, record, testStoreContract, text, write } from '#store/contract.ts'
import { openEmbeddedStore } from '#store/embedded/embedded-store.ts'
import { prefixEnd, StoreUnavailableError } from '#store/store.ts'
import { systemClock } from '#sys/clock.ts'
import { fakeClock } from '#sys/fake-clock.ts'

const directories: string[] = []
after(() => Promise.all(directories.map((directory) => rm(directory, { recursive: true, force: true }))))

async function newDirectory(): Promise<string> {
  const directory = await mkdtemp(path.join(tmpdir(), 'k8ts-store-'))
  directories.push(directory)
  return directory
}

testStoreContract('in memory', () => openEmbeddedStore({ clock: systemClock }))
testStoreContract('on disk', async () =>
  openEmbeddedStore({ path: await newDirectory(), clock: systemClock }),
)

test('objects, revisions and history are there after a restart', async () => {
  const directory = await newDirectory()
  const first = await openEmbeddedStore({ path: directory, clock: systemClock })
  const old = await write(first, '/a', '1')
  await write(first, '/a', '2')
  await write(first, '/b', '1')
  const last = await write(first, '/b', undefined)
  await first.close()

  const second = await openEmbeddedStore({ path: directory, clock: systemClock })
  assert.equal(await second.currentRevision(), last)
  assert.equal(text((await get(second, '/a', old))?.value), '1')
  assert.equal(text((await get(second, '/a'))?.value), '2')
  assert.equal(await get(second, '/b'), undefined)
  const watch = await record(second, '/', '0', old)
  assert.equal(await write(second, '/c', '1'), last + 1)
  await watch.reached(last + 1)
  watch.stop()
  assert.deepEqual(
    watch.lines.map((line) => line.split(' @')[0]),
    ['put /a=1', 'put /a=2', 'put /b=1', 'delete /b', 'put /c=1'],
  )
  await second.close()
})

test('the revision goes on after everything was deleted and compacted', async () => {
  const directory = await newDirectory()
  const first = await openEmbeddedStore({ path: directory, clock: systemClock })
  await write(first, '/a', '1')
  const last = await write(first, '/a', undefined)
  await first.compact(last)
  await first.close()
  const second = await openEmbeddedStore({ path: directory, clock: systemClock })
  assert.equal(await second.currentRevision(), last)
  assert.equal(await write(second, '/a', '1'), last + 1)
  await second.close()
})

test('a compaction gives the space back to new writes', async () => {
  const store = await openEmbeddedStore({ path: await newDirectory(), clock: systemClock })
  const value = 'x'.repeat(10_000)
  let revision = 0
  for (let index = 0; index < 200; index++) revision = await write(store, '/a', value)
  const before = await store.sizeBytes()
  await store.compact(revision)
  assert.ok((await store.sizeBytes()) < before / 10)
  await store.close()
})

test('a full store refuses puts with a clear error, and goes on reading, deleting and compacting', async () => {
  const store = await openEmbeddedStore({
    path: await newDirectory(),
    clock: systemClock,
    quotaBytes: 200_000,
  })
  const value = 'x'.repeat(10_000)
  const fill = async (): Promise<void> => {
    for (let index = 0; index < 100; index++) await write(store, `/${index}`, value)
  }
  await assert.rejects(fill(), (error) => {
    assert.ok(error instanceof StoreUnavailableError)
    assert.match(error.message, /database space exceeded: the store holds \d+ bytes of at most 200000/)
    return true
  })
  assert.equal(text((await get(store, '/0'))?.value), value)
  const { kvs } = await store.range({ start: '/', end: '0', keysOnly: true })
  let revision = 0
  for (const { key } of kvs) revision = await write(store, key, undefined)
  await store.compact(revision)
  await write(store, '/again', value)
  await store.close()
})

test('leases keep their deadline over a restart', async () => {
  const directory = await newDirectory()
  const clock = fakeClock()
  const first = await openEmbeddedStore({ path: directory, clock })
  const short = await first.grantLease(10)
  const long = await first.grantLease(100)
  await put(first, '/short', '1', 0, short)
  await put(first, '/long', '1', 0, long)
  await first.close()
  assert.equal(clock.pendingCount(), 0)

  await clock.advance(20_000)
  const second = await openEmbeddedStore({ path: directory, clock })
  const watch = await record(second, '/', '0')
  const deleted = watch.reached((await second.currentRevision()) + 1)
  await clock.advance(0)
  await deleted
  assert.deepEqual(
    watch.lines.map((line) => line.split(' @')[0]),
    ['delete /short'],
  )
  assert.equal(await second.keepLeaseAlive(long), 100)
  watch.stop()
  await second.close()
})

test('a second process cannot open the same directory', async () => {
  const directory = await newDirectory()
  const first = await openEmbeddedStore({ path: directory, clock: systemClock })
  await assert.rejects(
    openEmbeddedStore({ path: directory, clock: systemClock }),
    /is in use by another process/,
  )
  await first.close()
  const second = await openEmbeddedStore({ path: directory, clock: systemClock })
  await second.close()
})

test('a directory of another version is left alone', async () => {
  const directory = await newDirectory()
  await writeFile(path.join(directory, 'version'), '99\n')
  await assert.rejects(
    openEmbeddedStore({ path: directory, clock: systemClock }),
    /written by another version of k8ts \(data version "99", this one reads "1"\)/,
  )
  assert.equal(await readFile(path.join(directory, 'version'), 'utf8'), '99\n')
})

test('a closed store refuses everything and ends its watches', async () => {
  const store = await openEmbeddedStore({ clock: systemClock })
  const watch = await record(store, '/', '0')
  await store.close()
  assert.ok((await watch.ended) instanceof StoreUnavailableError)
  await assert.rejects(write(store, '/a', '1'), StoreUnavailableError)
  await assert.rejects(store.range({ start: '/a' }), StoreUnavailableError)
  await store.close()
})

test('a large range is one consistent state while writes and a compaction go on', async () => {
  const store = await openEmbeddedStore({ path: await newDirectory(), clock: systemClock })
  await Promise.all(
    Array.from({ length: 3000 }, (_, index) => write(store, `/${String(index).padStart(5, '0')}`, 'old')),
  )
  const reading = store.range({ start: '/', end: prefixEnd('/') })
  const revisions = await Promise.all(
    Array.from({ length: 3000 }, (_, index) => write(store, `/${String(index).padStart(5, '0')}`, 'new')),
  )
  await store.compact(Math.max(...revisions))
  const { kvs } = await reading
  assert.equal(kvs.length, 3000)
  assert.ok(kvs.every((kv) => text(kv.value) === 'old'))
  await store.close()
})
