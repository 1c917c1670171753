import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isExpired, isTooManyRequests, type StatusError } from '#api/meta/status.ts'
import { colorOf, PREFIX, watching, withCache } from '#apiserver/watchcache/testing.ts'
import { type Store, StoreUnavailableError, type WatchRequest } from '#store/store.ts'

test('a lost connection is taken up again without a gap', async () => {
  let breakNow: () => void = () => undefined
  const wrap = (store: Store): Store => breakable(store, (end) => (breakNow = end))
  await withCache(async (world) => {
    await world.set('a', '1')
    await world.cache.waitFor('newest')
    const watch = watching(world, { fromRevision: world.cache.revision })
    await world.clock.advance(0)
    breakNow()
    await world.set('a', '2')
    await world.set('b', '3')
    await world.clock.advance(1_000)
    await world.cache.waitFor('newest')
    assert.deepEqual(
      watch.events.map(({ object }) => colorOf(object)),
      ['2', '3'],
    )
    assert.equal(world.decoded, 3)
    await watch.stop()
  }, wrap)
})

test('after a compaction in the meantime it lists anew, and its watchers begin again', async () => {
  let breakNow: () => void = () => undefined
  const wrap = (store: Store): Store => breakable(store, (end) => (breakNow = end))
  await withCache(async (world) => {
    await world.set('a', '1')
    await world.set('b', '1')
    await world.cache.waitFor('newest')
    const watch = watching(world, { fromRevision: world.cache.revision })
    await world.clock.advance(0)
    breakNow()
    await world.set('a', '2')
    const last = await world.set('a', '3')
    await world.store.compact(last)
    await world.clock.advance(1_000)
    await watch.ended
    assert.equal(await world.cache.waitFor('newest'), last)
    assert.equal(colorOf(world.cache.get(`${PREFIX}a`)!.object), '3')
    assert.equal(world.decoded, 3)
    await assert.rejects(watching(world, { fromRevision: last - 2 }).ended, isExpired)
  }, wrap)
})

test('a store that cannot be reached at first is 429 until it can', async () => {
  let isDown = true
  const wrap = (store: Store): Store =>
    Object.assign(Object.create(store) as Store, {
      range: async (request: Parameters<Store['range']>[0]) => {
        if (isDown) throw new StoreUnavailableError('etcd is down')
        return store.range(request)
      },
      watch: (request: WatchRequest) => store.watch(request),
      currentRevision: () => store.currentRevision(),
    })
  await withCache(async ({ cache, clock }) => {
    const refused = assert.rejects(cache.waitFor('newest'), (error) => {
      assert.ok(isTooManyRequests(error))
      assert.equal((error as StatusError).message, 'storage is (re)initializing: etcd is down')
      return true
    })
    await clock.advance(3_000)
    await refused
    isDown = false
    await clock.advance(5_000)
    assert.equal(await cache.waitFor('newest'), 1)
  }, wrap)
})

/** A store whose watches can be broken off as a lost connection would. */
function breakable(store: Store, onBreak: (end: () => void) => void): Store {
  return Object.assign(Object.create(store) as Store, {
    range: (request: Parameters<Store['range']>[0]) => store.range(request),
    currentRevision: () => store.currentRevision(),
    async watch(request: WatchRequest) {
      const controller = new AbortController()
      const onEnd = (error: Error | undefined) =>
        request.onEnd(
          controller.signal.aborted && !request.signal.aborted ? new StoreUnavailableError('lost') : error,
        )
      request.signal.addEventListener('abort', () => controller.abort(), { once: true })
      onBreak(() => controller.abort())
      await store.watch({
        ...request,
        onBatch: (batch) => request.onBatch(batch),
        onEnd,
        signal: controller.signal,
      })
    },
  })
}
