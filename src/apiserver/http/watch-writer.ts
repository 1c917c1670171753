// Writes a watch: one framed event after the other, for as long as the client reads and the watch lasts.
//
// The bytes of an event are made once for all who watch in that format. Back pressure goes
// through `deliver` to the watch cache, which ends a watch that falls too far behind.
// Upstream: staging/src/k8s.io/apiserver/pkg/endpoints/handlers/watch.go

import { watchFrame } from '#api/codec/protobuf.ts'
import type { JsonObject } from '#api/meta/object.ts'
import { apiVersionOf } from '#api/meta/object.ts'
import { StatusError } from '#api/meta/status.ts'
import type { ApiRequest, ApiResponse } from '#apiserver/exchange.ts'
import { encodeObject, encodeStored } from '#apiserver/http/encode.ts'
import { asStream, type ServerReply } from '#apiserver/http/listener.ts'
import type { Conversion, OutputFormat } from '#apiserver/http/negotiation.ts'
import { drained, flush } from '#apiserver/http/respond.ts'
import { type TransformContext, transformObject } from '#apiserver/http/transform.ts'
import { storedApiVersionOf, toVersion } from '#apiserver/registry/catalog.ts'
import type { RegistryWatch, RegistryWatchEvent } from '#apiserver/registry/results.ts'

type WatchResponse = Extract<ApiResponse, { type: 'watch' }>

export async function writeWatch(
  request: ApiRequest,
  response: WatchResponse,
  reply: ServerReply,
  context: TransformContext,
): Promise<void> {
  const { watch, format } = response
  const frame = framerOf(watch, format, context)
  reply.setHeader('content-type', watchContentType(format))
  reply.writeHead(200)
  flush(reply)
  try {
    await watch.run((events) => writeEvents(reply, events, frame, 0), request.signal)
  } catch (error) {
    if (!(error instanceof StatusError)) throw error
    if (!reply.destroyed)
      asStream(reply).write(frameOf('ERROR', error.status as unknown as JsonObject, format))
  }
  reply.end()
}

/** So much is handed to the socket at a time; the present state of a large resource is a thousand times more. */
const PIECE_BYTES = 128 * 1024

/** Writes the events from `first` on, piece by piece as the client reads them; a promise when it has to be waited for. */
function writeEvents(
  reply: ServerReply,
  events: readonly RegistryWatchEvent[],
  frame: (event: RegistryWatchEvent) => Buffer,
  first: number,
): Promise<void> | undefined {
  let position = first
  while (position < events.length && !reply.destroyed) {
    const frames: Buffer[] = []
    for (let size = 0; position < events.length && size < PIECE_BYTES; position++) {
      const framed = frame(events[position]!)
      frames.push(framed)
      size += framed.length
    }
    if (!asStream(reply).write(frames.length === 1 ? frames[0] : Buffer.concat(frames))) {
      const next = position
      return drained(reply).then(() => writeEvents(reply, events, frame, next))
    }
  }
  return undefined
}

export function watchContentType(format: OutputFormat): string {
  return format.mediaType === 'application/json' ? format.mediaType : `${format.mediaType};stream=watch`
}

/** Gives the function that makes bytes of an event; what others have been sent in the same format is sent again. */
export function framerOf(
  watch: RegistryWatch,
  format: OutputFormat,
  context: TransformContext,
): (event: RegistryWatchEvent) => Buffer {
  const { as } = format
  if (as?.kind === 'Table') return tableFramer(watch, format, as, context)
  const name = `${watch.version} ${format.mediaType} ${format.pretty} ${as?.kind} ${as?.metaVersion}`
  const make = frameMaker(watch, format, context)
  return (event) => {
    const known = event.frames?.get(name)
    if (known) return known
    const made = make(event)
    event.frames?.set(name, made)
    return made
  }
}

function frameMaker(
  watch: RegistryWatch,
  format: OutputFormat,
  context: TransformContext,
): (event: RegistryWatchEvent) => Buffer {
  const { kind, version } = watch
  const { as } = format
  const isStored = apiVersionOf(kind.group, version) === storedApiVersionOf(kind)
  return (event) => {
    const { type, state } = event
    if (state && isStored && !as && !format.pretty) {
      if (format.mediaType === 'application/json') return jsonFrame(type, state.bytes)
      const encoded = encodeStored(state, format)
      if (encoded) return watchFrame(type, encoded)
    }
    const object = inVersion(watch, event)
    return frameOf(type, as ? transformObject(object, { kind, version }, as, context) : object, format)
  }
}

/** Only the first table of a watch has headers, so that its frames are its own. */
function tableFramer(
  watch: RegistryWatch,
  format: OutputFormat,
  as: Conversion,
  context: TransformContext,
): (event: RegistryWatchEvent) => Buffer {
  let isFirst = true
  return (event) => {
    const table = transformObject(inVersion(watch, event), watch, as, context, !isFirst)
    isFirst = false
    return frameOf(event.type, table, format)
  }
}

/** A bookmark has nothing to convert but its name. */
export function inVersion(
  { kind, version }: RegistryWatch,
  { type, object }: RegistryWatchEvent,
): JsonObject {
  if (type !== 'BOOKMARK') return toVersion(kind, object, version)
  return { ...object, kind: kind.kind, apiVersion: apiVersionOf(kind.group, version) }
}

/** `{"type":"ADDED","object":…}` of an object that is already JSON. */
function jsonFrame(type: string, bytes: Uint8Array): Buffer {
  return Buffer.concat([Buffer.from(`{"type":"${type}","object":`), bytes, FRAME_END])
}

const FRAME_END = Buffer.from('}\n')

/** One event in the format's own framing. */
export function frameOf(type: string, object: JsonObject, format: OutputFormat): Buffer {
  if (format.mediaType === 'application/json') return Buffer.from(`${JSON.stringify({ type, object })}\n`)
  return watchFrame(type, encodeObject(object, format))
}
