import assert from 'node:assert/strict'
import { test } from 'node:test'
import { decodeProtobuf, encodeProtobuf } from '#api/codec/protobuf.ts'
import { configMap } from '#api/kinds/core/config-map.ts'
import type { JsonObject } from '#api/meta/object.ts'
import { encodeList } from '#apiserver/http/encode-list.ts'
import type { MediaType } from '#apiserver/http/negotiation.ts'
import type { RegistryList } from '#apiserver/registry/results.ts'
import { storedAt } from '#apiserver/registry/stored-object.ts'

/** So many that they do not fit into one piece. */
const MANY = 700

function listOf(count: number): RegistryList {
  const items = Array.from({ length: count }, (_, i) => {
    const metadata = { name: `map-${i}`, namespace: 'default' }
    const object: JsonObject = {
      kind: 'ConfigMap',
      apiVersion: 'v1',
      metadata,
      data: { text: 'é'.repeat(300) },
    }
    return storedAt(`/registry/configmaps/default/map-${i}`, object, i + 1)
  })
  return { kind: configMap, version: 'v1', resourceVersion: '4711', continue: 'token', items }
}

function whole({ items }: RegistryList): JsonObject {
  return {
    kind: 'ConfigMapList',
    apiVersion: 'v1',
    metadata: { resourceVersion: '4711', continue: 'token' },
    items: items.map(({ object: { kind: _kind, apiVersion: _apiVersion, ...rest } }) => rest),
  }
}

async function encoded(list: RegistryList, mediaType: MediaType): Promise<{ bytes: Buffer; pieces: number }> {
  const format = { mediaType, pretty: false }
  const pieces: Uint8Array[] = []
  const context = { query: new URLSearchParams(), now: 0 }
  for await (const piece of encodeList({ type: 'list', list, format }, context)) pieces.push(piece)
  return { bytes: Buffer.concat(pieces), pieces: pieces.length }
}

for (const count of [0, 1, MANY]) {
  test(`the pieces of ${count} items are the list as one`, async () => {
    const list = listOf(count)
    const json = await encoded(list, 'application/json')
    assert.equal(json.bytes.toString('utf8'), `${JSON.stringify(whole(list))}\n`)
    const protobuf = await encoded(list, 'application/vnd.kubernetes.protobuf')
    assert.deepEqual(protobuf.bytes, encodeProtobuf(whole(list)))
    assert.deepEqual(decodeProtobuf(protobuf.bytes)['metadata'], whole(list)['metadata'])
    assert.equal(json.pieces > 1, count === MANY)
  })
}
