// Answers of servers behind this one, for callers within the process: bytes that have to be read first.
//
// Everybody else gets them as they come. Callers within the process want objects, as if the API were this server's own.

import type { JsonObject } from '#api/meta/object.ts'
import { type Status, StatusError } from '#api/meta/status.ts'
import type { ApiResponse } from '#apiserver/exchange.ts'
import { splitLines } from '#client/split-lines.ts'
import { answerError, ConnectionError, type WatchEvent } from '#client/transport.ts'

type Forwarded = Extract<ApiResponse, { type: 'stream' }>

/** A list of everything there is may be large; what is larger than this is refused. */
const MAX_BYTES = 256 << 20

/** The object of an answer; text that is no JSON is wrapped. Rejects with StatusError for an answer that is none. */
export async function forwardedObject({ code, body }: Forwarded): Promise<JsonObject> {
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of body) {
    size += chunk.length
    if (size > MAX_BYTES) throw new ConnectionError('the answer is too large')
    chunks.push(chunk)
  }
  return objectOf(code, Buffer.concat(chunks).toString('utf8'))
}

/** Bytes or text that somebody answered with, as an object. Throws StatusError for an answer that is an error. */
export function objectOf(code: number, text: string): JsonObject {
  const object = parse(text)
  if (code < 400) return object ?? { text }
  throw object?.['kind'] === 'Status' ? new StatusError(object as unknown as Status) : answerError(code, text)
}

function parse(text: string): JsonObject | undefined {
  try {
    return JSON.parse(text) as JsonObject
  } catch {
    return undefined
  }
}

/** Delivers the events of a watch until it ends or `signal` aborts; rejects with StatusError, 410 among them. */
export async function forwardedEvents(
  response: Forwarded,
  signal: AbortSignal,
  onEvent: (event: WatchEvent) => void,
): Promise<void> {
  if (response.code >= 400) await forwardedObject(response)
  const lines = splitLines()
  for await (const chunk of response.body) {
    for (const line of lines(Buffer.from(chunk))) {
      if (signal.aborted) return
      const event = JSON.parse(line) as WatchEvent
      if ((event.type as string) === 'ERROR') throw new StatusError(event.object as unknown as Status)
      onEvent(event)
    }
  }
}
