// Lists as bytes, in pieces: a large list is never one string, one buffer or one object.
//
// JSON and protobuf are the concatenation of what the watch cache already has of each item; items of a list carry no
// kind and apiVersion, so of JSON the first few bytes are left out (but for items of custom kinds, which have theirs). Invariant: between two pieces, and while items are
// encoded for the first time, others get their turn.

import { setImmediate as nextTurn } from 'node:timers/promises'
import { ENVELOPE_TAIL, encodeProtobufMessage, envelopeHead, listItemHead } from '#api/codec/protobuf.ts'
import type { KindDefinition } from '#api/kinds/kind.ts'
import { apiVersionOf, type JsonObject } from '#api/meta/object.ts'
import type { ApiResponse } from '#apiserver/exchange.ts'
import { encodeObject } from '#apiserver/http/encode.ts'
import { type TransformContext, transformList } from '#apiserver/http/transform.ts'
import { storedApiVersionOf, toVersion } from '#apiserver/registry/catalog.ts'
import { listMeta, type RegistryList } from '#apiserver/registry/results.ts'
import type { StoredObject } from '#apiserver/registry/stored-object.ts'

type ListResponse = Extract<ApiResponse, { type: 'list' }>

/** Pieces of a list are handed to the socket when they have grown so large. */
const CHUNK_BYTES = 256 * 1024
/** So many items are encoded in one turn of the event loop. */
const ITEMS_A_TURN = 256

/** A list in pieces. */
export function encodeList(
  { list, format }: ListResponse,
  context: TransformContext,
): AsyncGenerator<Uint8Array> {
  if (format.as) return one(() => encodeObject(transformList(list, format.as!, context), format))
  if (format.mediaType === 'application/json' && !format.pretty) return chunks(listAsJson(list))
  if (format.mediaType === 'application/vnd.kubernetes.protobuf') return chunks(listAsProtobuf(list))
  return one(() => encodeObject(listObject(list), format))
}

async function* one(encode: () => Uint8Array): AsyncGenerator<Uint8Array> {
  yield encode()
}

/** Joins what is small to what is worth a write. */
async function* chunks(pieces: AsyncIterable<readonly Uint8Array[]>): AsyncGenerator<Uint8Array> {
  let gathered: Uint8Array[] = []
  let size = 0
  for await (const some of pieces) {
    for (const piece of some) {
      gathered.push(piece)
      size += piece.length
      if (size < CHUNK_BYTES) continue
      yield Buffer.concat(gathered, size)
      gathered = []
      size = 0
    }
  }
  yield Buffer.concat(gathered, size)
}

/** The list as an object, its items without kind and apiVersion unless they are of a custom kind. */
export function listObject(list: RegistryList): JsonObject {
  const { kind, version } = list
  return {
    ...headOf(list),
    items: list.items.map(({ object }) => inList(kind, toVersion(kind, object, version))),
  }
}

const headOf = (list: RegistryList): JsonObject => ({
  kind: `${list.kind.kind}List`,
  apiVersion: apiVersionOf(list.kind.group, list.version),
  // without a Go type, nothing is left out because it is empty
  metadata: list.kind.custom ? { continue: '', ...listMeta(list) } : listMeta(list),
})

const inList = (kind: KindDefinition, object: JsonObject): JsonObject =>
  kind.custom ? object : withoutType(object)

function withoutType(object: JsonObject): JsonObject {
  const { kind: _kind, apiVersion: _apiVersion, ...rest } = object
  return rest
}

const isInStoredVersion = ({ kind, version }: RegistryList): boolean =>
  apiVersionOf(kind.group, version) === storedApiVersionOf(kind)

/** Runs of items, with a turn for others between two. */
async function* runsOf(items: readonly StoredObject[]): AsyncGenerator<readonly StoredObject[]> {
  for (let start = 0; start < items.length; start += ITEMS_A_TURN) {
    if (start > 0) await nextTurn()
    yield items.slice(start, start + ITEMS_A_TURN)
  }
}

async function* listAsJson(list: RegistryList): AsyncGenerator<readonly Uint8Array[]> {
  const { kind, version } = list
  const encode = isInStoredVersion(list)
    ? itemEncoder(kind)
    : ({ object }: StoredObject) => encodedItem(kind, toVersion(kind, object, version))
  yield [Buffer.from(`${JSON.stringify(headOf(list)).slice(0, -1)},"items":[`)]
  let isFirst = true
  for await (const items of runsOf(list.items)) {
    const pieces: Uint8Array[] = []
    for (const item of items) {
      pieces.push(isFirst ? OPEN : NEXT, encode(item))
      isFirst = false
    }
    yield pieces
  }
  yield [END]
}

const OPEN = Buffer.from('{')
const NEXT = Buffer.from(',{')
const END = Buffer.from(']}\n')

/** Gives the function that takes an item's JSON after its opening brace and, but of custom kinds, its type. */
function itemEncoder(kind: KindDefinition): (item: StoredObject) => Uint8Array {
  if (kind.custom) return ({ bytes }) => bytes.subarray(OPEN.length)
  const apiVersion = storedApiVersionOf(kind)
  const typePrefix = Buffer.from(
    `{"kind":${JSON.stringify(kind.kind)},"apiVersion":${JSON.stringify(apiVersion)},`,
  )
  return ({ bytes, object }) =>
    typePrefix.compare(bytes, 0, typePrefix.length) === 0
      ? bytes.subarray(typePrefix.length)
      : encodedItem(kind, object)
}

const encodedItem = (kind: KindDefinition, object: JsonObject): Uint8Array =>
  Buffer.from(JSON.stringify(inList(kind, object)).slice(1))

/** The message of a list stands in the envelope after its length: so all items are encoded before the first is sent. */
async function* listAsProtobuf(list: RegistryList): AsyncGenerator<readonly Uint8Array[]> {
  const { kind, version } = list
  const isStored = isInStoredVersion(list)
  const head = headOf(list)
  const pieces: Uint8Array[] = [encodeProtobufMessage({ ...head, items: [] })]
  let size = pieces[0]!.length
  for await (const items of runsOf(list.items)) {
    for (const item of items) {
      const bytes = isStored ? item.protobuf : encodeProtobufMessage(toVersion(kind, item.object, version))
      const itemHead = listItemHead(bytes.length)
      pieces.push(itemHead, bytes)
      size += itemHead.length + bytes.length
    }
  }
  yield [envelopeHead(head, size)]
  yield pieces
  yield [ENVELOPE_TAIL]
}
