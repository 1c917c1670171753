// The frames of SPDY/3.1 that exec, attach and port-forward use, written and read. Pure.
//
// Header blocks are zlib streams with a dictionary. What is written here is zlib too, but in stored blocks: they
// need neither dictionary nor compressor, and every reader takes them. What is read needs no headers at all, since
// the other end only confirms the streams that this end has opened.
// The specification: SPDY Protocol - Draft 3.1. Upstream: github.com/moby/spdystream

export const SYN_STREAM = 1
export const SYN_REPLY = 2
export const RST_STREAM = 3
export const PING = 6
export const GOAWAY = 7

const VERSION = 3
const FLAG_FIN = 1
/** Larger data is cut into frames of this size. */
const MAX_DATA_BYTES = 64 * 1024
const MAX_FRAME_BYTES = (1 << 24) - 1

export type SpdyFrame =
  | { readonly kind: 'data'; readonly streamId: number; readonly isLast: boolean; readonly data: Buffer }
  | { readonly kind: 'control'; readonly type: number; readonly isLast: boolean; readonly body: Buffer }

function control(type: number, flags: number, body: Uint8Array): Buffer {
  const head = Buffer.alloc(8)
  head.writeUInt16BE(0x8000 | VERSION, 0)
  head.writeUInt16BE(type, 2)
  head.writeUInt32BE(((flags << 24) | body.length) >>> 0, 4)
  return Buffer.concat([head, body])
}

/** Opens a stream. `isFirst` is the first one of a connection: its block begins the connection's zlib stream. */
export function synStream(
  streamId: number,
  headers: Readonly<Record<string, string>>,
  isFirst: boolean,
): Buffer {
  const head = Buffer.alloc(10)
  head.writeUInt32BE(streamId, 0)
  return control(SYN_STREAM, 0, Buffer.concat([head, storedBlock(headerBlock(headers), isFirst)]))
}

function headerBlock(headers: Readonly<Record<string, string>>): Buffer {
  const entries = Object.entries(headers)
  const parts: Buffer[] = [uint32(entries.length)]
  for (const [name, value] of entries) {
    for (const text of [name.toLowerCase(), value]) {
      const bytes = Buffer.from(text)
      parts.push(uint32(bytes.length), bytes)
    }
  }
  return Buffer.concat(parts)
}

/**
 * A stored deflate block and an empty one behind it, which makes the reader hand out what it has (a sync flush).
 * The zlib header stands before the first, and none is ever marked as the last.
 */
function storedBlock(data: Buffer, isFirst: boolean): Buffer {
  const head = Buffer.alloc(5)
  head.writeUInt16LE(data.length, 1)
  head.writeUInt16LE(~data.length & 0xffff, 3)
  const flush = Buffer.from([0, 0, 0, 0xff, 0xff])
  return Buffer.concat([isFirst ? Buffer.from([0x78, 0x01]) : Buffer.alloc(0), head, data, flush])
}

function uint32(value: number): Buffer {
  const buffer = Buffer.alloc(4)
  buffer.writeUInt32BE(value)
  return buffer
}

/** Data of a stream, in as many frames as it takes; `isLast` closes this direction of it. */
export function dataFrames(streamId: number, data: Uint8Array, isLast: boolean): Buffer {
  const frames: Buffer[] = []
  let at = 0
  do {
    const part = data.subarray(at, at + MAX_DATA_BYTES)
    at += part.length
    const head = Buffer.alloc(8)
    head.writeUInt32BE(streamId, 0)
    const flags = isLast && at >= data.length ? FLAG_FIN : 0
    head.writeUInt32BE(((flags << 24) | part.length) >>> 0, 4)
    frames.push(head, Buffer.from(part))
  } while (at < data.length)
  return Buffer.concat(frames)
}

/** Answers a ping with the same number. */
export const pingFrame = (body: Uint8Array): Buffer => control(PING, 0, body)

export function resetFrame(streamId: number): Buffer {
  const CANCEL = 5
  return control(RST_STREAM, 0, Buffer.concat([uint32(streamId), uint32(CANCEL)]))
}

/** Cuts a byte stream into frames; what is not whole yet waits for more. */
export function createFrameReader(): (chunk: Uint8Array) => readonly SpdyFrame[] {
  let pending = Buffer.alloc(0)
  return (chunk) => {
    pending = Buffer.concat([pending, chunk])
    const frames: SpdyFrame[] = []
    while (pending.length >= 8) {
      const lengthAndFlags = pending.readUInt32BE(4)
      const length = lengthAndFlags & MAX_FRAME_BYTES
      if (pending.length < 8 + length) break
      const isLast = ((lengthAndFlags >>> 24) & FLAG_FIN) !== 0
      const body = Buffer.from(pending.subarray(8, 8 + length))
      const first = pending.readUInt32BE(0)
      if (first & 0x80000000) frames.push({ kind: 'control', type: first & 0xffff, isLast, body })
      else frames.push({ kind: 'data', streamId: first & 0x7fffffff, isLast, data: body })
      pending = pending.subarray(8 + length)
    }
    return frames
  }
}
