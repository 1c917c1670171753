// Names outside the cluster: asked of the machine's own resolvers, and remembered for a while.
//
// UDP first, TCP when the answer was cut off; the next resolver when one is silent. The memory is bounded,
// keeps answers no longer than their time to live (at most 30 s, so that changes outside show soon), and
// keeps "no such name" too. Several askers of one name wait for one question.

import dgram from 'node:dgram'
import { readFileSync } from 'node:fs'
import net from 'node:net'
import * as packet from 'dns-packet'
import type { Clock } from '#sys/clock.ts'
import type { Random } from '#sys/random.ts'

export interface Forwarder {
  /** The resolver's answer; undefined when none of them gave one. */
  resolve(name: string, type: packet.RecordType): Promise<packet.DecodedPacket | undefined>
}

const TIMEOUT_MS = 2_000
const MAX_TTL_SECONDS = 30
const NEGATIVE_TTL_SECONDS = 5
const MEMORY = 10_000
const MAX_PENDING = 1_000
const UDP_SIZE = 1232

interface Remembered {
  readonly answer: packet.DecodedPacket
  readonly until: number
}

export function createForwarder(resolvers: readonly string[], clock: Clock, random: Random): Forwarder {
  const memory = new Map<string, Remembered>()
  const pending = new Map<string, Promise<packet.DecodedPacket | undefined>>()

  async function ask(name: string, type: packet.RecordType): Promise<packet.DecodedPacket | undefined> {
    const query: packet.Packet = {
      type: 'query',
      id: Math.floor(random.next() * 65_536),
      flags: packet.RECURSION_DESIRED,
      questions: [{ name, type, class: 'IN' }],
      additionals: [
        {
          type: 'OPT',
          name: '.',
          udpPayloadSize: UDP_SIZE,
          extendedRcode: 0,
          ednsVersion: 0,
          flags: 0,
          flag_do: false,
          options: [],
        },
      ],
    }
    for (const resolver of resolvers) {
      try {
        const answer = await askByUdp(resolver, query, clock)
        return answer.flag_tc ? await askByTcp(resolver, query, clock) : answer
      } catch {
        // Silent or broken: the next one may do better.
      }
    }
    return undefined
  }

  function remember(key: string, answer: packet.DecodedPacket): void {
    const ttls = (answer.answers ?? []).map((record) => ('ttl' in record ? (record.ttl ?? 0) : 0))
    const seconds = ttls.length > 0 ? Math.min(MAX_TTL_SECONDS, ...ttls) : NEGATIVE_TTL_SECONDS
    memory.delete(key)
    memory.set(key, { answer, until: clock.monotonic() + seconds * 1000 })
    if (memory.size > MEMORY) memory.delete(memory.keys().next().value ?? '')
  }

  return {
    resolve(name, type) {
      const key = `${type} ${name}`
      const known = memory.get(key)
      if (known && known.until > clock.monotonic()) return Promise.resolve(known.answer)
      const waiting = pending.get(key)
      if (waiting) return waiting
      if (pending.size >= MAX_PENDING) return Promise.resolve(undefined)
      const asked = ask(name, type)
        .then((answer) => {
          if (answer) remember(key, answer)
          return answer
        })
        .finally(() => pending.delete(key))
      pending.set(key, asked)
      return asked
    },
  }
}

function askByUdp(resolver: string, query: packet.Packet, clock: Clock): Promise<packet.DecodedPacket> {
  return new Promise((resolve, reject) => {
    const socket = dgram.createSocket(net.isIPv6(resolver) ? 'udp6' : 'udp4')
    const timer = clock.after(TIMEOUT_MS, () => finish(new Error(`${resolver} does not answer`)))
    function finish(result: Error | packet.DecodedPacket): void {
      timer.cancel()
      socket.close()
      if (result instanceof Error) reject(result)
      else resolve(result)
    }
    socket.once('error', finish)
    socket.on('message', (message) => {
      const answer = decode(message)
      // Whoever guesses the port must guess the id as well.
      if (answer && answer.id === query.id) finish(answer)
    })
    // A connected socket takes answers from its resolver only.
    socket.connect(53, resolver, () => socket.send(packet.encode(query)))
  })
}

function askByTcp(resolver: string, query: packet.Packet, clock: Clock): Promise<packet.DecodedPacket> {
  return new Promise((resolve, reject) => {
    const socket = net.connect(53, resolver)
    let received = Buffer.alloc(0)
    const timer = clock.after(TIMEOUT_MS, () => socket.destroy(new Error(`${resolver} does not answer`)))
    socket.once('close', () => {
      timer.cancel()
      reject(new Error(`${resolver} closed the connection`))
    })
    socket.once('error', reject)
    socket.once('connect', () => socket.write(packet.streamEncode(query)))
    socket.on('data', (chunk) => {
      received = Buffer.concat([received, chunk])
      if (received.length < 2 || received.length < received.readUInt16BE(0) + 2) return
      const answer = decode(received.subarray(2, received.readUInt16BE(0) + 2))
      if (answer && answer.id === query.id) resolve(answer)
      socket.destroy()
    })
  })
}

function decode(message: Buffer): packet.DecodedPacket | undefined {
  try {
    return packet.decode(message)
  } catch {
    return undefined
  }
}

/** The machine's resolvers, without ourselves. */
export function machineResolvers(ownAddress: string, file = '/etc/resolv.conf'): readonly string[] {
  try {
    return readFileSync(file, 'utf8')
      .split('\n')
      .map((line) => /^\s*nameserver\s+(\S+)/.exec(line)?.[1] ?? '')
      .filter((address) => address !== '' && address !== ownAddress)
  } catch {
    return []
  }
}
