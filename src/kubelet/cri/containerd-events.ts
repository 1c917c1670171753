// Exits of containers as containerd itself tells them, for those of its versions whose CRI does not (before 1.7).
//
// CRI's socket serves containerd's own API too. Only one call of it is used, and only as a hint to look at once:
// what has happened is always read through CRI. Upstream: github.com/containerd/containerd/api/services/events

import grpc from '@grpc/grpc-js'

const SUBSCRIBE = '/containerd.services.events.v1.Events/Subscribe'
/** Containers of CRI live in this namespace; an exec ends with the same topic and is told apart by its id. */
const FILTER = 'namespace=="k8s.io",topic=="/tasks/exit"'

/** Calls `onExit` when a container has ended; resolves when `signal` aborts, rejects when the stream breaks. */
export function watchExits(socket: string, onExit: () => void, signal: AbortSignal): Promise<void> {
  const client = new grpc.Client(`unix://${socket}`, grpc.credentials.createInsecure(), {
    'grpc.default_authority': 'localhost',
  })
  return new Promise<void>((resolve, reject) => {
    const call = client.makeServerStreamRequest(
      SUBSCRIBE,
      (filter: string) => bytesField(1, Buffer.from(filter)),
      (message: Buffer) => message,
      FILTER,
    )
    const onAbort = (): void => call.cancel()
    signal.addEventListener('abort', onAbort, { once: true })
    call.on('data', (envelope: Buffer) => {
      if (isContainerExit(envelope)) onExit()
    })
    call.on('end', resolve)
    call.on('error', (error) => (signal.aborted ? resolve() : reject(error)))
  }).finally(() => client.close())
}

/** Envelope.event (4) is an Any whose value (2) is a TaskExit: container_id (1) and id (2) differ for an exec. */
function isContainerExit(envelope: Buffer): boolean {
  const event = readBytes(envelope).get(4)
  const exit = event && readBytes(event).get(2)
  if (!exit) return true
  const fields = readBytes(exit)
  const id = fields.get(2)
  return id === undefined || fields.get(1)?.equals(id) === true
}

/** The length-delimited fields of a protobuf message by number; others are skipped. */
export function readBytes(message: Buffer): Map<number, Buffer> {
  const fields = new Map<number, Buffer>()
  let at = 0
  const varint = (): number => {
    let value = 0
    for (let shift = 0; at < message.length; shift += 7) {
      const byte = message[at++]!
      value += (byte & 0x7f) * 2 ** shift
      if (byte < 0x80) break
    }
    return value
  }
  while (at < message.length) {
    const key = varint()
    const wire = key & 7
    if (wire === 0) varint()
    else if (wire === 1) at += 8
    else if (wire === 5) at += 4
    else if (wire === 2) {
      const length = varint()
      fields.set(Math.floor(key / 8), message.subarray(at, at + length))
      at += length
    } else return fields
  }
  return fields
}

function bytesField(number: number, data: Buffer): Buffer {
  // Shorter than 128 bytes: one byte of length.
  return Buffer.concat([Buffer.from([(number << 3) | 2, data.length]), data])
}
