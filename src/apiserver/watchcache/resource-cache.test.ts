import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { JsonObject } from '#api/meta/object.ts'
import { isExpired, StatusError } from '#api/meta/status.ts'
import { colorOf, isRed, namesOf, PREFIX, watching, withCache } from '#apiserver/watchcache/testing.ts'
import { bytes, write } from '#store/contract.ts'

test('a list as new as the store has what was just written, in the order of keys', () =>
  withCache(async ({ cache, set }) => {
    await set('b', 'red')
    await set('a', 'blue')
    const revision = await set('c', 'red')
    assert.equal(await cache.waitFor('newest'), revision)
    assert.deepEqual(namesOf(cache), ['a', 'b', 'c'])
    assert.deepEqual(namesOf(cache, isRed), ['b', 'c'])
    assert.equal(cache.get(`${PREFIX}a`)?.revision, revision - 1)
  }))

test('a list carries the revision of the store, also when others wrote last', () =>
  withCache(async ({ cache, set, store }) => {
    await set('a', 'red')
    const revision = await write(store, '/registry/others/x', '1')
    assert.equal(await cache.waitFor('newest'), revision)
  }))

test('a list of one namespace reads that part alone', () =>
  withCache(async ({ cache, set }) => {
    await set('ns1/a', 'red')
    await set('ns10/b', 'red')
    await set('ns2/c', 'red')
    await cache.waitFor('newest')
    assert.deepEqual(
      cache.list(`${PREFIX}ns1/`).map(({ key }) => key),
      [`${PREFIX}ns1/a`],
    )
  }))

test('each state is decoded once, whoever reads it', () =>
  withCache(async (world) => {
    await world.set('a', 'red')
    await world.cache.waitFor('newest')
    const first = world.cache.get(`${PREFIX}a`)
    assert.equal(world.cache.list(PREFIX)[0], first)
    assert.equal(first?.bytes, first?.bytes)
    assert.equal(world.decoded, 1)
  }))

const redOnly = { name: 'color', value: 'red', valueIn: colorOf }

test('a list by value finds what a look at each object finds, whatever came, changed and went', () =>
  withCache(async ({ cache, set }) => {
    await set('ns1/b', 'red')
    await set('ns1/a', 'red')
    await set('ns2/c', 'blue')
    const check = async (): Promise<void> => {
      await cache.waitFor('newest')
      for (const prefix of [PREFIX, `${PREFIX}ns1/`, `${PREFIX}ns3/`]) {
        assert.deepEqual(cache.list(prefix, isRed, redOnly), cache.list(prefix, isRed))
      }
    }
    await check()
    await set('ns1/a', 'blue')
    await check()
    await set('ns2/c', 'red')
    await set('ns2/d', 'red')
    await check()
    await set('ns1/b', undefined)
    await check()
  }))

test('a range says how many there are beyond its limit', () =>
  withCache(async ({ cache, set }) => {
    for (const name of ['a', 'b', 'c', 'd']) await set(name, 'red')
    const revision = await cache.waitFor('newest')
    const range = cache.range({ start: `${PREFIX}b`, end: `${PREFIX}e`, limit: 2 })
    const keys = range.items.map(({ key }) => key)
    assert.deepEqual(
      { ...range, items: keys },
      { items: [`${PREFIX}b`, `${PREFIX}c`], count: 3, more: true, revision },
    )
    assert.equal(cache.range({ start: `${PREFIX}b`, end: `${PREFIX}e`, limit: 0 }).more, false)
  }))

test('it is unchanged since a revision until one of its own objects changes', () =>
  withCache(async ({ cache, set, store }) => {
    const revision = await set('a', 'red')
    await write(store, '/registry/others/x', '1')
    await cache.waitFor('newest')
    assert.equal(cache.isUnchangedSince(revision), true)
    assert.equal(cache.isUnchangedSince(revision + 100), false)
    await set('a', 'blue')
    await cache.waitFor('newest')
    assert.equal(cache.isUnchangedSince(revision), false)
  }))

test('a revision that does not come is 504 after three seconds', () =>
  withCache(async ({ cache, clock }) => {
    await cache.waitFor(0)
    const waiting = assert.rejects(cache.waitFor(1000), (error) => {
      assert.ok(error instanceof StatusError)
      assert.equal(error.code, 504)
      assert.equal(error.message, 'Timeout: Too large resource version: 1000, current: 1')
      return true
    })
    await clock.advance(3_000)
    await waiting
  }))

test('a reader waits for a revision that is on its way', () =>
  withCache(async ({ cache, set }) => {
    await cache.waitFor(0)
    const waiting = cache.waitFor(cache.revision + 1)
    const revision = await set('a', 'red')
    assert.equal(await waiting, revision)
  }))

test('a watch from a revision sees what came after it', () =>
  withCache(async (world) => {
    const { set, clock } = world
    const from = await set('a', 'red')
    await set('b', 'red')
    const watch = watching(world, { fromRevision: from })
    await clock.advance(0)
    await set('a', 'blue')
    await set('b', undefined)
    assert.deepEqual(watch.lines, [
      `ADDED b red @${from + 1}`,
      `MODIFIED a blue @${from + 2}`,
      `DELETED b red @${from + 3}`,
    ])
    await watch.stop()
  }))

test('a watch from before what is remembered is 410, with both revisions', () =>
  withCache(async (world) => {
    const { cache, set, clock } = world
    await cache.waitFor(0)
    const first = await set('a', '0')
    await clock.advance(76_000)
    for (let index = 1; index <= 100; index++) await set('a', String(index))
    await assert.rejects(watching(world, { fromRevision: first - 1 }).ended, (error) => {
      assert.ok(isExpired(error))
      assert.equal((error as StatusError).message, `too old resource version: ${first - 1} (${first})`)
      return true
    })
    const good = watching(world, { fromRevision: first })
    await world.clock.advance(0)
    assert.equal(good.lines.length, 100)
    await good.stop()
  }))

test('the initial state comes first, then its end, then events', () =>
  withCache(async (world) => {
    const { set, clock } = world
    await set('a', 'red')
    const last = await set('b', 'blue')
    const watch = watching(world, {
      fromRevision: 'newest',
      initial: true,
      initialEnd: true,
      bookmarks: true,
    })
    await clock.advance(0)
    await set('a', 'green')
    assert.deepEqual(watch.lines, [
      `ADDED a red @${last - 1}`,
      `ADDED b blue @${last}`,
      `BOOKMARK @${last} end`,
      `MODIFIED a green @${last + 1}`,
    ])
    await watch.stop()
  }))

test('the end of an initial state that holds nothing is told too', () =>
  withCache(async (world) => {
    const watch = watching(world, {
      fromRevision: 'newest',
      initial: true,
      initialEnd: true,
      bookmarks: true,
    })
    await world.clock.advance(0)
    assert.deepEqual(watch.lines, ['BOOKMARK @1 end'])
    await watch.stop()
  }))

test('an object that stops to match is deleted for the watcher, one that starts is added', () =>
  withCache(async (world) => {
    const { set, clock } = world
    await set('a', 'red')
    await set('b', 'blue')
    const watch = watching(world, { fromRevision: 'newest', initial: true, matches: isRed })
    await clock.advance(0)
    const first = await set('a', 'blue')
    await set('b', 'red')
    await set('b', 'red')
    await set('a', undefined)
    await set('b', undefined)
    assert.deepEqual(watch.lines.slice(1), [
      `DELETED a red @${first}`,
      `ADDED b red @${first + 1}`,
      `MODIFIED b red @${first + 2}`,
      `DELETED b red @${first + 4}`,
    ])
    await watch.stop()
  }))

test('watchers share the bytes of an event', () =>
  withCache(async (world) => {
    await world.cache.waitFor(0)
    const one = watching(world, {})
    const two = watching(world, { matches: isRed })
    await world.clock.advance(0)
    await world.set('a', 'red')
    await world.set('a', undefined)
    assert.deepEqual(one.lines, two.lines)
    assert.deepEqual(
      one.events.map((event) => event.state === undefined),
      [false, false],
    )
    for (const index of [0, 1]) assert.equal(one.events[index]?.state?.bytes, two.events[index]?.state?.bytes)
    await one.stop()
    await two.stop()
  }))

test('a watcher of one value of the trigger field gets events of that value alone, and of objects that leave it', () =>
  withCache(async (world) => {
    await world.cache.waitFor(0)
    let asked = 0
    const matches = (object: JsonObject): boolean => {
      asked++
      return isRed(object)
    }
    const watch = watching(world, { trigger: 'red', matches })
    await world.clock.advance(0)
    for (let index = 0; index < 50; index++) await world.set('x', 'blue')
    assert.equal(asked, 0)
    await world.set('a', 'red')
    await world.set('a', 'green')
    assert.deepEqual(
      watch.lines.map((line) => line.split(' @')[0]),
      ['ADDED a red', 'DELETED a red'],
    )
    await watch.stop()
  }))

test('bookmarks come each minute and two seconds before the end', () =>
  withCache(async (world) => {
    const { set, clock, store } = world
    const first = await set('a', 'red')
    const watch = watching(world, { fromRevision: first, bookmarks: true, timeoutMs: 100_000 })
    await clock.advance(59_999)
    assert.deepEqual(watch.lines, [])
    await write(store, '/elsewhere', '1')
    await clock.advance(1)
    assert.deepEqual(watch.lines, [`BOOKMARK @${first + 1}`])
    await clock.advance(37_999)
    assert.equal(watch.lines.length, 1)
    await clock.advance(1)
    assert.equal(watch.lines.length, 2)
    await clock.advance(600_000)
    assert.equal(watch.lines.length, 2)
    await watch.stop()
  }))

test('who did not ask for bookmarks gets none', () =>
  withCache(async (world) => {
    const watch = watching(world, { fromRevision: 'newest', initial: true })
    await world.clock.advance(600_000)
    assert.deepEqual(watch.lines, [])
    await watch.stop()
  }))

test('a receiver that was full gets the rest in order, once', () =>
  withCache(async (world) => {
    await world.cache.waitFor(0)
    const watch = watching(world, {})
    await world.clock.advance(0)
    watch.isFull = true
    for (let index = 0; index < 10; index++) await world.set('a', String(index))
    assert.equal(watch.lines.length, 1)
    watch.isFull = false
    watch.release()
    await world.clock.advance(0)
    for (let index = 10; index < 15; index++) await world.set('a', String(index))
    assert.deepEqual(
      watch.events.map(({ object }) => colorOf(object)),
      Array.from({ length: 15 }, (_, index) => String(index)),
    )
    await watch.stop()
  }))

test('a receiver that never reads is let go, and holds nothing back for the others', () =>
  withCache(async (world) => {
    await world.cache.waitFor(0)
    const stuck = watching(world, {})
    const other = watching(world, {})
    await world.clock.advance(0)
    stuck.isFull = true
    for (let index = 0; index < 200; index++) {
      await world.clock.advance(1_000)
      await world.set('a', String(index))
    }
    await stuck.ended
    assert.equal(stuck.lines.length, 1)
    assert.equal(other.lines.length, 200)
    await other.stop()
  }))

test('a receiver that fails ends its watch and no other', () =>
  withCache(async (world) => {
    await world.cache.waitFor(0)
    const other = watching(world, {})
    const request = { prefix: PREFIX, fromRevision: 0, initial: false, bookmarks: false, initialEnd: false }
    const failing = world.cache.watch(
      request,
      () => {
        throw new Error('gone')
      },
      new AbortController().signal,
    )
    await world.clock.advance(0)
    await world.set('a', 'red')
    await failing
    assert.equal(other.lines.length, 1)
    await other.stop()
  }))

test('what cannot be decoded is left out, and its deletion by damage is seen', () =>
  withCache(async (world) => {
    await world.set('a', 'red')
    await world.set('b', 'red')
    const watch = watching(world, { fromRevision: 'newest', initial: true })
    await world.clock.advance(0)
    await world.store.txn({
      compare: [],
      success: [{ type: 'put', key: `${PREFIX}a`, value: bytes('{damaged') }],
    })
    await world.cache.waitFor('newest')
    assert.deepEqual(namesOf(world.cache), ['b'])
    assert.equal(watch.lines.at(-1), 'DELETED a red @4')
    await watch.stop()
  }))
