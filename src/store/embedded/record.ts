// The bytes of the log: keys that sort by revision, and heads that say what happened to which key.
//
// ```
//   key of heads and values:  revision (6 bytes, big endian) | sub (4 bytes)
//   head:                     createRevision (6) | version (6) | lease (6) | key of the object (UTF-8)
//   lease:                    ttlSeconds (6) | deadline (6)
// ```
// Six bytes hold what a number holds exactly, less five bits: 2^48 revisions are 8,900 years of a thousand a second.

import type { LeaseRecord, LogRecord, State } from '#store/embedded/backend.ts'

const NUMBER = 6
const HEAD = 3 * NUMBER

export function encodeSlot(state: Pick<State, 'revision' | 'sub'>): Buffer {
  const slot = Buffer.allocUnsafe(NUMBER + 4)
  slot.writeUIntBE(state.revision, 0, NUMBER)
  slot.writeUInt32BE(state.sub, NUMBER)
  return slot
}

export function encodeHead({ key, state }: LogRecord): Buffer {
  const head = Buffer.allocUnsafe(HEAD + Buffer.byteLength(key))
  head.writeUIntBE(state.createRevision, 0, NUMBER)
  head.writeUIntBE(state.version, NUMBER, NUMBER)
  head.writeUIntBE(state.lease, 2 * NUMBER, NUMBER)
  head.write(key, HEAD)
  return head
}

export function decodeHead(slot: Buffer, head: Buffer): LogRecord {
  return {
    key: head.toString('utf8', HEAD),
    state: {
      revision: slot.readUIntBE(0, NUMBER),
      sub: slot.readUInt32BE(NUMBER),
      createRevision: head.readUIntBE(0, NUMBER),
      version: head.readUIntBE(NUMBER, NUMBER),
      lease: head.readUIntBE(2 * NUMBER, NUMBER),
    },
  }
}

export function encodeNumber(value: number): Buffer {
  const bytes = Buffer.allocUnsafe(NUMBER)
  bytes.writeUIntBE(value, 0, NUMBER)
  return bytes
}

export const decodeNumber = (bytes: Buffer): number => bytes.readUIntBE(0, NUMBER)

export function encodeLease({ ttlSeconds, deadline }: LeaseRecord): Buffer {
  return Buffer.concat([encodeNumber(ttlSeconds), encodeNumber(deadline)])
}

export function decodeLease(id: Buffer, bytes: Buffer): LeaseRecord {
  return { id: decodeNumber(id), ttlSeconds: decodeNumber(bytes), deadline: bytes.readUIntBE(NUMBER, NUMBER) }
}
