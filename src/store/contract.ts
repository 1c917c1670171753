// What every store must do, as tests that run against each implementation.
//
// Invariant: a test here knows nothing but the interface; what is special to one store is tested beside it.

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import {
  CompactedError,
  FutureRevisionError,
  type KeyValue,
  LeaseNotFoundError,
  prefixEnd,
  RequestTooLargeError,
  type Revision,
  type Store,
  type StoreEvent,
  type TxnResponse,
} from '#store/store.ts'

const encoder = new TextEncoder()
const decoder = new TextDecoder()

export const bytes = (text: string): Uint8Array => encoder.encode(text)
export const text = (value: Uint8Array | undefined): string => decoder.decode(value)

/** Puts a key if it is still at a revision (0: absent). */
export function put(
  store: Store,
  key: string,
  value: string,
  modRevision: Revision,
  lease?: number,
): Promise<TxnResponse> {
  return store.txn({
    compare: [{ key, modRevision }],
    success: [{ type: 'put', key, value: bytes(value), ...(lease && { lease }) }],
    failure: [{ type: 'get', key }],
  })
}

/** Puts or deletes without a condition. */
export async function write(store: Store, key: string, value: string | undefined): Promise<Revision> {
  const op =
    value === undefined
      ? ({ type: 'delete', key } as const)
      : ({ type: 'put', key, value: bytes(value) } as const)
  return (await store.txn({ compare: [], success: [op] })).revision
}

export async function get(store: Store, key: string, revision?: Revision): Promise<KeyValue | undefined> {
  return (await store.range({ start: key, ...(revision && { revision }) })).kvs[0]
}

/** A watch that writes down what it gets: `put /a=1 @5`. */
export interface Recorder {
  readonly lines: string[]
  readonly events: StoreEvent[]
  readonly revisions: Revision[]
  /** Resolves when the watch has come to `revision`. */
  reached(revision: Revision): Promise<void>
  /** Resolves with what the watch ended with. */
  readonly ended: Promise<Error | undefined>
  stop(): void
}

export async function record(
  store: Store,
  start: string,
  end: string | undefined,
  fromRevision?: Revision,
): Promise<Recorder> {
  const controller = new AbortController()
  const lines: string[] = []
  const events: StoreEvent[] = []
  const revisions: Revision[] = []
  const waiting: { revision: Revision; resolve: () => void }[] = []
  let onEnd: (error: Error | undefined) => void = () => undefined
  const ended = new Promise<Error | undefined>((resolve) => {
    onEnd = resolve
  })
  await store.watch({
    start,
    ...(end !== undefined && { end }),
    ...(fromRevision !== undefined && { fromRevision }),
    signal: controller.signal,
    onEnd,
    onBatch(batch) {
      for (const event of batch.events) {
        events.push(event)
        const value = event.type === 'put' ? `=${text(event.kv.value)}` : ''
        const before = event.previous ? ` was ${text(event.previous.value)}` : ''
        lines.push(`${event.type} ${event.kv.key}${value} @${event.kv.modRevision}${before}`)
      }
      revisions.push(batch.revision)
      for (const each of waiting) if (each.revision <= batch.revision) each.resolve()
    },
  })
  return {
    lines,
    events,
    revisions,
    ended,
    stop: () => controller.abort(),
    reached: (revision) =>
      new Promise((resolve) => {
        if ((revisions.at(-1) ?? 0) >= revision) resolve()
        else waiting.push({ revision, resolve })
      }),
  }
}

/** Runs the contract; `open` gives a store of which each test uses its own keys. */
export function testStoreContract(name: string, open: () => Promise<Store>): void {
  let store: Store
  let tests = 0
  const space = (): string => `/contract/${++tests}/`
  before(async () => {
    store = await open()
  })
  after(() => store.close())
  const check: Check = (title, run) => {
    void test(`${name}: ${title}`, { timeout: 30_000 }, () => run(space()))
  }

  testKeys(check, () => store)
  testRanges(check, () => store)
  testWatches(check, () => store)
  testCompaction(check, () => store)
  testLeases(check, () => store)
}

type Check = (title: string, run: (prefix: string) => Promise<void>) => void

function testKeys(check: Check, store: () => Store): void {
  check('a new key has its own revision as create and mod revision', async (prefix) => {
    const { succeeded, revision, responses } = await put(store(), `${prefix}a`, '1', 0)
    assert.equal(succeeded, true)
    assert.deepEqual(responses, [undefined])
    const kv = await get(store(), `${prefix}a`)
    assert.deepEqual(
      { ...kv, value: text(kv?.value) },
      {
        key: `${prefix}a`,
        value: '1',
        createRevision: revision,
        modRevision: revision,
        version: 1,
        lease: 0,
      },
    )
  })

  check('an update keeps the create revision and counts the version', async (prefix) => {
    const first = await put(store(), `${prefix}a`, '1', 0)
    const second = await put(store(), `${prefix}a`, '2', first.revision)
    assert.equal(second.revision, first.revision + 1)
    assert.equal(text(second.responses[0]?.value), '1')
    const kv = await get(store(), `${prefix}a`)
    assert.deepEqual([kv?.createRevision, kv?.modRevision, kv?.version], [first.revision, second.revision, 2])
  })

  check('a condition that fails writes nothing and gives the state', async (prefix) => {
    const first = await put(store(), `${prefix}a`, '1', 0)
    const second = await put(store(), `${prefix}a`, '2', 0)
    assert.equal(second.succeeded, false)
    assert.equal(second.revision, first.revision)
    assert.equal(text(second.responses[0]?.value), '1')
    assert.equal(text((await get(store(), `${prefix}a`))?.value), '1')
  })

  check('a key that is created again after its deletion starts anew', async (prefix) => {
    await write(store(), `${prefix}a`, '1')
    await write(store(), `${prefix}a`, undefined)
    assert.equal(await get(store(), `${prefix}a`), undefined)
    const { revision } = await put(store(), `${prefix}a`, '2', 0)
    const kv = await get(store(), `${prefix}a`)
    assert.deepEqual([kv?.createRevision, kv?.version], [revision, 1])
  })

  check('deleting what is not there makes no revision', async (prefix) => {
    const before = await store().currentRevision()
    const { succeeded, responses, revision } = await store().txn({
      compare: [],
      success: [{ type: 'delete', key: `${prefix}none` }],
    })
    assert.deepEqual([succeeded, responses, revision], [true, [undefined], before])
  })

  check('the writes of one transaction share a revision', async (prefix) => {
    const { revision } = await store().txn({
      compare: [{ key: `${prefix}a`, modRevision: 0 }],
      success: [
        { type: 'put', key: `${prefix}a`, value: bytes('1') },
        { type: 'put', key: `${prefix}b`, value: bytes('2') },
      ],
    })
    const { kvs } = await store().range({ start: prefix, end: prefixEnd(prefix) })
    assert.deepEqual(
      kvs.map((kv) => kv.modRevision),
      [revision, revision],
    )
  })

  check('of many writers that race for a key each succeeds once', async (prefix) => {
    const increment = async (): Promise<void> => {
      for (;;) {
        const kv = await get(store(), `${prefix}n`)
        const { succeeded } = await put(
          store(),
          `${prefix}n`,
          String(Number(text(kv?.value)) + 1),
          kv?.modRevision ?? 0,
        )
        if (succeeded) return
      }
    }
    await Promise.all(Array.from({ length: 20 }, increment))
    assert.equal(text((await get(store(), `${prefix}n`))?.value), '20')
  })

  check('a request beyond the limit is refused', async (prefix) => {
    const value = new Uint8Array(1_600_000)
    await assert.rejects(
      store().txn({ compare: [], success: [{ type: 'put', key: `${prefix}big`, value }] }),
      RequestTooLargeError,
    )
  })

  check('binary values and an empty one come back as they were', async (prefix) => {
    const value = Uint8Array.from({ length: 256 }, (_, index) => index)
    await store().txn({ compare: [], success: [{ type: 'put', key: `${prefix}b`, value }] })
    await store().txn({ compare: [], success: [{ type: 'put', key: `${prefix}e`, value: new Uint8Array() }] })
    assert.deepEqual([...((await get(store(), `${prefix}b`))?.value ?? [])], [...value])
    assert.equal((await get(store(), `${prefix}e`))?.value.length, 0)
  })
}

function testRanges(check: Check, store: () => Store): void {
  const keysOf = (kvs: readonly KeyValue[]): string => kvs.map((kv) => kv.key.slice(-1)).join('')

  check('a range is in the order of its keys and pages with a limit', async (prefix) => {
    for (const name of ['c', 'a', 'e', 'b', 'd']) await write(store(), prefix + name, name)
    const first = await store().range({ start: prefix, end: prefixEnd(prefix), limit: 2 })
    assert.deepEqual([keysOf(first.kvs), first.count, first.more], ['ab', 5, true])
    const rest = await store().range({
      start: `${prefix}b\0`,
      end: prefixEnd(prefix),
      revision: first.revision,
    })
    assert.deepEqual([keysOf(rest.kvs), rest.count, rest.more], ['cde', 3, false])
  })

  check('keys only and count only leave out what was not asked for', async (prefix) => {
    for (const name of ['a', 'b']) await write(store(), prefix + name, 'value')
    const keys = await store().range({ start: prefix, end: prefixEnd(prefix), keysOnly: true })
    assert.deepEqual(
      keys.kvs.map((kv) => kv.value.length),
      [0, 0],
    )
    const count = await store().range({ start: prefix, end: prefixEnd(prefix), countOnly: true })
    assert.deepEqual([count.kvs.length, count.count, count.more], [0, 2, false])
  })

  check('a range at an old revision shows what was there', async (prefix) => {
    await write(store(), `${prefix}a`, '1')
    const old = await write(store(), `${prefix}b`, '1')
    await write(store(), `${prefix}a`, '2')
    await write(store(), `${prefix}b`, undefined)
    const newest = await write(store(), `${prefix}c`, '1')
    const then = await store().range({ start: prefix, end: prefixEnd(prefix), revision: old })
    assert.deepEqual(
      then.kvs.map((kv) => kv.key.slice(-1) + text(kv.value)),
      ['a1', 'b1'],
    )
    assert.equal(then.revision, newest)
    const now = await store().range({ start: prefix, end: prefixEnd(prefix) })
    assert.deepEqual(
      now.kvs.map((kv) => kv.key.slice(-1) + text(kv.value)),
      ['a2', 'c1'],
    )
  })

  check('a revision that is not there yet is refused', async (prefix) => {
    const revision = (await store().currentRevision()) + 1000
    await assert.rejects(store().range({ start: prefix, revision }), FutureRevisionError)
  })

  check('a reader of a past revision is not disturbed by a writer', async (prefix) => {
    let revision = 0
    for (let index = 0; index < 50; index++)
      revision = await write(store(), `${prefix}${String(index).padStart(3, '0')}`, 'old')
    const writing = (async () => {
      for (let index = 0; index < 50; index++)
        await write(store(), `${prefix}${String(index).padStart(3, '0')}`, 'new')
    })()
    const seen = new Set<string>()
    for (let start = prefix; ; ) {
      const page = await store().range({ start, end: prefixEnd(prefix), revision, limit: 7 })
      for (const kv of page.kvs) seen.add(`${kv.key}=${text(kv.value)}`)
      if (!page.more) break
      start = `${page.kvs.at(-1)!.key}\0`
    }
    await writing
    assert.equal(seen.size, 50)
    assert.ok([...seen].every((line) => line.endsWith('=old')))
  })
}

function testWatches(check: Check, store: () => Store): void {
  check('a watch sees each change once, in order, with the state before', async (prefix) => {
    const watch = await record(store(), prefix, prefixEnd(prefix))
    const first = await write(store(), `${prefix}a`, '1')
    const second = await write(store(), `${prefix}a`, '2')
    const third = await write(store(), `${prefix}a`, undefined)
    await write(store(), '/contract-other', 'x')
    await watch.reached(third)
    watch.stop()
    assert.deepEqual(watch.lines, [
      `put ${prefix}a=1 @${first}`,
      `put ${prefix}a=2 @${second} was 1`,
      `delete ${prefix}a @${third} was 2`,
    ])
    assert.equal(await watch.ended, undefined)
  })

  check(
    'a watch from a past revision misses nothing and repeats nothing while writes go on',
    async (prefix) => {
      const from = await write(store(), `${prefix}0`, '0')
      for (let index = 1; index < 300; index++) await write(store(), `${prefix}${index % 10}`, String(index))
      const writing = (async () => {
        let last = 0
        for (let index = 300; index < 600; index++)
          last = await write(store(), `${prefix}${index % 10}`, String(index))
        return last
      })()
      const watch = await record(store(), prefix, prefixEnd(prefix), from)
      await watch.reached(await writing)
      watch.stop()
      assert.deepEqual(
        watch.events.map((event) => Number(text(event.kv.value))),
        Array.from({ length: 600 }, (_, index) => index),
      )
      assert.deepEqual(
        watch.revisions,
        watch.revisions.toSorted((a, b) => a - b),
      )
    },
  )

  check('every revision reaches a watch, also those of other keys', async (prefix) => {
    const watch = await record(store(), prefix, prefixEnd(prefix))
    const revision = await write(store(), '/contract-other', String(Math.trunc(prefix.length)))
    await watch.reached(revision)
    watch.stop()
    assert.deepEqual(watch.lines, [])
  })

  check('a watch of one key does not see its neighbours', async (prefix) => {
    const watch = await record(store(), `${prefix}a`, undefined)
    await write(store(), `${prefix}aa`, '1')
    const last = await write(store(), `${prefix}a`, '1')
    await watch.reached(last)
    watch.stop()
    assert.deepEqual(watch.lines, [`put ${prefix}a=1 @${last}`])
  })

  check('a watch from a revision to come begins there', async (prefix) => {
    const from = (await store().currentRevision()) + 2
    const watch = await record(store(), prefix, prefixEnd(prefix), from)
    await write(store(), `${prefix}a`, '1')
    const second = await write(store(), `${prefix}a`, '2')
    await watch.reached(second)
    watch.stop()
    assert.deepEqual(
      watch.events.map((event) => text(event.kv.value)),
      ['2'],
    )
  })

  check('a watch that was stopped gets nothing more', async (prefix) => {
    const watch = await record(store(), prefix, prefixEnd(prefix))
    watch.stop()
    assert.equal(await watch.ended, undefined)
    await write(store(), `${prefix}a`, '1')
    assert.deepEqual(watch.lines, [])
  })
}

function testCompaction(check: Check, store: () => Store): void {
  check('compaction forgets the past and keeps the present', async (prefix) => {
    const old = await write(store(), `${prefix}a`, '1')
    await write(store(), `${prefix}b`, '1')
    await write(store(), `${prefix}b`, undefined)
    const kept = await write(store(), `${prefix}a`, '2')
    await write(store(), `${prefix}a`, '3')
    await store().compact(kept)
    await assert.rejects(get(store(), `${prefix}a`, old), CompactedError)
    assert.equal(text((await get(store(), `${prefix}a`, kept))?.value), '2')
    assert.equal(text((await get(store(), `${prefix}a`))?.value), '3')
    assert.equal((await store().range({ start: prefix, end: prefixEnd(prefix) })).count, 1)
    await store().compact(kept)
  })

  check('a watch from a compacted revision ends with the error that says so', async (prefix) => {
    const old = await write(store(), `${prefix}a`, '1')
    const kept = await write(store(), `${prefix}a`, '2')
    await store().compact(kept)
    const watch = await record(store(), prefix, prefixEnd(prefix), old)
    const error = await watch.ended
    assert.ok(error instanceof CompactedError)
    assert.ok(error.compactRevision >= kept)
    const next = await record(store(), prefix, prefixEnd(prefix), kept + 1)
    const last = await write(store(), `${prefix}a`, '3')
    await next.reached(last)
    next.stop()
    assert.equal(next.lines.length, 1)
  })

  check('a revision to come cannot be compacted', async () => {
    await assert.rejects(store().compact((await store().currentRevision()) + 1000), FutureRevisionError)
  })
}

function testLeases(check: Check, store: () => Store): void {
  check('the keys of a lease go with it', async (prefix) => {
    const lease = await store().grantLease(60)
    await put(store(), `${prefix}a`, '1', 0, lease)
    const { revision } = await put(store(), `${prefix}b`, '1', 0, lease)
    await write(store(), `${prefix}c`, '1')
    assert.equal((await get(store(), `${prefix}a`))?.lease, lease)
    // a put without the lease takes its key out of it
    await put(store(), `${prefix}b`, '2', revision)
    const watch = await record(store(), prefix, prefixEnd(prefix))
    await store().revokeLease(lease)
    await watch.reached(await store().currentRevision())
    watch.stop()
    assert.deepEqual(
      watch.lines.map((line) => line.split(' @')[0]),
      [`delete ${prefix}a`],
    )
    assert.equal((await store().range({ start: prefix, end: prefixEnd(prefix) })).count, 2)
  })

  check('a lease can be kept alive, and one that is gone cannot be used', async (prefix) => {
    const lease = await store().grantLease(60)
    assert.equal(await store().keepLeaseAlive(lease), 60)
    await store().revokeLease(lease)
    await assert.rejects(store().keepLeaseAlive(lease), LeaseNotFoundError)
    await assert.rejects(store().revokeLease(lease), LeaseNotFoundError)
    await assert.rejects(put(store(), `${prefix}a`, '1', 0, lease), LeaseNotFoundError)
  })

  check('an expired lease takes its keys with it', async (prefix) => {
    const lease = await store().grantLease(1)
    const watch = await record(store(), prefix, prefixEnd(prefix))
    const { revision } = await put(store(), `${prefix}a`, '1', 0, lease)
    await watch.reached(revision + 1)
    watch.stop()
    assert.equal(watch.events.at(-1)?.type, 'delete')
  })
}
