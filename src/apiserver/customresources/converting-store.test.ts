import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { CustomConversion } from '#api/kinds/kind.ts'
import type { JsonObject } from '#api/meta/object.ts'
import { convertingStore } from '#apiserver/customresources/converting-store.ts'
import { identityTransformer, type ValueTransformer } from '#apiserver/encryption/value-transformer.ts'
import { openEmbeddedStore } from '#store/embedded/embedded-store.ts'
import { prefixEnd, type Store, type WatchBatch } from '#store/store.ts'
import { systemClock } from '#sys/clock.ts'

const PREFIX = '/registry/example.com/hosts/'
const CONVERSION: CustomConversion = { storedAs: 'example.com/v1', client: {}, reviewVersions: ['v1'] }

let store: Store
before(async () => {
  store = await openEmbeddedStore({ clock: systemClock })
})
after(() => store.close())

const encode = (object: JsonObject): Uint8Array => new TextEncoder().encode(JSON.stringify(object))
const decode = (value: Uint8Array): JsonObject => JSON.parse(new TextDecoder().decode(value)) as JsonObject

/** v1 has `hostPort`, v2 has `host` and `port`. */
function convertOne(object: JsonObject, apiVersion: string): JsonObject {
  if (object['apiVersion'] === apiVersion) return object
  if (apiVersion === 'example.com/v2') {
    const [host, port] = String(object['hostPort']).split(':')
    return { apiVersion, host, port }
  }
  return { apiVersion, hostPort: `${String(object['host'])}:${String(object['port'])}` }
}

const viewOf = (
  version: string,
  isBroken = (): boolean => false,
  transformer: ValueTransformer = identityTransformer,
): Store =>
  convertingStore(
    store,
    CONVERSION,
    `example.com/${version}`,
    async (_conversion, objects, apiVersion) => {
      if (isBroken()) throw new Error('the webhook is gone')
      return objects.map((object) => convertOne(object, apiVersion))
    },
    transformer,
  )

/** Turns all bits, and knows for which key. */
const flipping: ValueTransformer = {
  toStorage: (value, key) => flipped(Buffer.concat([Buffer.from(`${key}|`), value])),
  fromStorage(value, key) {
    const plain = flipped(value)
    assert.equal(Buffer.from(plain.subarray(0, key.length + 1)).toString(), `${key}|`)
    return { value: plain.subarray(key.length + 1), isStale: false }
  },
}
const flipped = (value: Uint8Array): Uint8Array => value.map((byte) => byte ^ 0xff)

const put = (view: Store, name: string, object: JsonObject) =>
  view.txn({
    compare: [],
    success: [{ type: 'put', key: PREFIX + name, value: encode(object) }],
  })

test('what one version writes lies in the stored version, and every version reads its own', async () => {
  await put(viewOf('v2'), 'a', { apiVersion: 'example.com/v2', host: 'h', port: '80' })
  const { kvs } = await store.range({ start: `${PREFIX}a` })
  assert.deepEqual(decode(kvs[0]!.value), { apiVersion: 'example.com/v1', hostPort: 'h:80' })
  for (const [version, expected] of [
    ['v1', { apiVersion: 'example.com/v1', hostPort: 'h:80' }],
    ['v2', { apiVersion: 'example.com/v2', host: 'h', port: '80' }],
  ] as const) {
    const read = await viewOf(version).range({ start: PREFIX, end: prefixEnd(PREFIX) })
    assert.deepEqual(decode(read.kvs[0]!.value), expected)
    assert.equal(read.kvs[0]!.modRevision, kvs[0]!.modRevision)
  }
})

test('the state that a lost race gives back is converted', async () => {
  const answer = await viewOf('v2').txn({
    compare: [{ key: `${PREFIX}a`, modRevision: 0 }],
    success: [
      {
        type: 'put',
        key: `${PREFIX}a`,
        value: encode({ apiVersion: 'example.com/v2', host: 'x', port: '1' }),
      },
    ],
    failure: [{ type: 'get', key: `${PREFIX}a` }],
  })
  assert.equal(answer.succeeded, false)
  assert.equal(decode(answer.responses[0]!.value)['host'], 'h')
})

test('a watch shows changes and the states before them in its version, in order', async () => {
  const controller = new AbortController()
  const seen: [string, unknown, unknown][] = []
  const done = new Promise<void>((resolve) => {
    const onBatch = ({ events }: WatchBatch): void => {
      for (const { type, kv, previous } of events) {
        seen.push([
          type,
          type === 'put' && decode(kv.value)['port'],
          previous && decode(previous.value)['port'],
        ])
        if (seen.length === 3) resolve()
      }
    }
    void viewOf('v2')
      .watch({
        start: PREFIX,
        end: prefixEnd(PREFIX),
        onBatch,
        onEnd: () => undefined,
        signal: controller.signal,
      })
      .then(async () => {
        await put(viewOf('v1'), 'b', { apiVersion: 'example.com/v1', hostPort: 'h:1' })
        await put(viewOf('v1'), 'b', { apiVersion: 'example.com/v1', hostPort: 'h:2' })
        await store.txn({ compare: [], success: [{ type: 'delete', key: `${PREFIX}b` }] })
      })
  })
  await done
  controller.abort()
  assert.deepEqual(seen, [
    ['put', '1', undefined],
    ['put', '2', '1'],
    ['delete', false, '2'],
  ])
})

test('a conversion that fails ends the watch, so that it begins again', async () => {
  const ended = new Promise<Error | undefined>((resolve) => {
    const view = viewOf('v2', () => true)
    void view
      .watch({
        start: PREFIX,
        end: prefixEnd(PREFIX),
        onBatch: () => undefined,
        onEnd: resolve,
        signal: new AbortController().signal,
      })
      .then(() => put(viewOf('v1'), 'c', { apiVersion: 'example.com/v1', hostPort: 'h:3' }))
  })
  assert.equal((await ended)?.message, 'the webhook is gone')
})

test('what is encrypted at rest is converted, and encrypted again', async () => {
  const key = `${PREFIX}secret`
  const view = (version: string): Store => viewOf(version, undefined, flipping)
  const value = flipping.toStorage(encode({ apiVersion: 'example.com/v2', host: 'h', port: '80' }), key)
  await view('v2').txn({ compare: [], success: [{ type: 'put', key, value }] })
  const { kvs } = await store.range({ start: key })
  assert.deepEqual(decode(flipping.fromStorage(kvs[0]!.value, key).value), {
    apiVersion: 'example.com/v1',
    hostPort: 'h:80',
  })
  const read = await view('v2').range({ start: key })
  assert.deepEqual(decode(flipping.fromStorage(read.kvs[0]!.value, key).value), {
    apiVersion: 'example.com/v2',
    host: 'h',
    port: '80',
  })
  await store.txn({ compare: [], success: [{ type: 'delete', key }] })
})
