// The channel protocols of WebSocket connections: which one is spoken, and how a message names its channel. Pure.
//
// The first byte of a message (a digit in the base64 variants) is the channel. v5 adds a message on channel 255
// that closes one; v4 and v5 end with a Status on the error channel, older ones with words.
// Upstream: staging/src/k8s.io/streaming/pkg/httpstream/wsstream, kubelet/pkg/cri/streaming/remotecommand

export interface ChannelProtocol {
  /** As negotiated; '' when the client named none. */
  readonly name: string
  readonly isBase64: boolean
  /** 1, 4 or 5. */
  readonly version: number
}

const CLOSE = 255

const EXEC_PROTOCOLS: readonly ChannelProtocol[] = [
  { name: 'v5.channel.k8s.io', isBase64: false, version: 5 },
  { name: 'v4.channel.k8s.io', isBase64: false, version: 4 },
  { name: 'v4.base64.channel.k8s.io', isBase64: true, version: 4 },
  { name: 'channel.k8s.io', isBase64: false, version: 1 },
  { name: 'base64.channel.k8s.io', isBase64: true, version: 1 },
]

/** A client that names no protocol gets the first one there ever was; undefined when none of its own is known. */
export function chooseProtocol(header: string | undefined): ChannelProtocol | undefined {
  const offered = (header ?? '')
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '')
  if (offered.length === 0) return { name: '', isBase64: false, version: 1 }
  return EXEC_PROTOCOLS.find(({ name }) => offered.includes(name))
}

export function encodeMessage(protocol: ChannelProtocol, channel: number, data: Uint8Array): Buffer | string {
  if (protocol.isBase64) return String(channel) + Buffer.from(data).toString('base64')
  return Buffer.concat([Buffer.from([channel]), data])
}

export type ChannelMessage =
  | { readonly kind: 'data'; readonly channel: number; readonly data: Buffer }
  | { readonly kind: 'close'; readonly channel: number }

/** Undefined for an empty message. */
export function decodeMessage(protocol: ChannelProtocol, message: Buffer): ChannelMessage | undefined {
  const [first] = message
  if (first === undefined) return undefined
  if (protocol.isBase64) {
    return {
      kind: 'data',
      channel: first - 0x30,
      data: Buffer.from(message.subarray(1).toString('latin1'), 'base64'),
    }
  }
  if (protocol.version >= 5 && first === CLOSE) return { kind: 'close', channel: message[1] ?? 0 }
  return { kind: 'data', channel: first, data: message.subarray(1) }
}
