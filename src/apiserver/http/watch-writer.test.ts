import assert from 'node:assert/strict'
import { test } from 'node:test'
import { encodeProtobuf, watchFrame } from '#api/codec/protobuf.ts'
import { configMap } from '#api/kinds/core/config-map.ts'
import type { JsonObject } from '#api/meta/object.ts'
import type { OutputFormat } from '#apiserver/http/negotiation.ts'
import { framerOf } from '#apiserver/http/watch-writer.ts'
import type { RegistryWatch, RegistryWatchEvent } from '#apiserver/registry/results.ts'
import { storedAt } from '#apiserver/registry/stored-object.ts'
import { cacheEvent } from '#apiserver/watchcache/cache-event.ts'

const WATCH: RegistryWatch = { kind: configMap, version: 'v1', run: async () => undefined }
const CONTEXT = { query: new URLSearchParams(), now: 0 }
const JSON_FORMAT: OutputFormat = { mediaType: 'application/json', pretty: false }
const PROTOBUF: OutputFormat = { mediaType: 'application/vnd.kubernetes.protobuf', pretty: false }
const METADATA: OutputFormat = { ...PROTOBUF, as: { kind: 'PartialObjectMetadata', metaVersion: 'v1' } }
const TABLE: OutputFormat = { ...JSON_FORMAT, as: { kind: 'Table', metaVersion: 'v1' } }

function added(): RegistryWatchEvent {
  const object: JsonObject = {
    kind: 'ConfigMap',
    apiVersion: 'v1',
    metadata: { name: 'one', namespace: 'default' },
    data: { k: 'v' },
  }
  const current = storedAt('/registry/configmaps/default/one', object, 7)
  const transition = { key: current.key, revision: 7, sizeBytes: 1, previous: undefined, current }
  return cacheEvent(transition, undefined, (state) => state).seenBy(undefined)!
}

const framer = (format: OutputFormat) => framerOf(WATCH, format, CONTEXT)

for (const [name, format] of Object.entries({ JSON_FORMAT, PROTOBUF, METADATA })) {
  test(`all who watch in one format are sent the same bytes: ${name}`, () => {
    const event = added()
    assert.equal(framer(format)(event), framer(format)(event))
  })
}

test('a frame is the event as one', () => {
  const event = added()
  const { type, object } = event
  assert.equal(framer(JSON_FORMAT)(event).toString(), `${JSON.stringify({ type, object })}\n`)
  assert.deepEqual(framer(PROTOBUF)(event), watchFrame('ADDED', encodeProtobuf(object)))
})

test('only the first table of a watch has headers', () => {
  const event = added()
  const frame = framer(TABLE)
  const columnsOf = (bytes: Buffer) =>
    (JSON.parse(bytes.toString()) as { object: { columnDefinitions: unknown[] | null } }).object
      .columnDefinitions
  assert.ok((columnsOf(frame(event)) ?? []).length > 0)
  assert.ok((columnsOf(frame(event)) ?? []).length === 0)
})
