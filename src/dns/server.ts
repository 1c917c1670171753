// The DNS server: questions by UDP and TCP, answered from the cluster or passed on.
//
// Bad packets are dropped, since an answer to a forged sender would make us a weapon; answers that do not fit
// are cut off with a mark, and the client comes back by TCP. TCP connections are bounded in number and time.

import dgram from 'node:dgram'
import net from 'node:net'
import * as packet from 'dns-packet'
import type { Forwarder } from '#dns/forwarder.ts'
import { answer, type ClusterNames, type LocalAnswer, reverseAnswer } from '#dns/records.ts'

export interface DnsServerOptions {
  readonly names: ClusterNames
  /** `cluster.local`. */
  readonly domain: string
  readonly forwarder: Forwarder
  readonly address: string
  readonly port: number
}

export interface DnsServer {
  close(): Promise<void>
}

const UDP_SIZE_WITHOUT_EDNS = 512
const UDP_SIZE_MAX = 4096
const TCP_IDLE_MS = 10_000
const TCP_CONNECTIONS = 200
const TCP_MESSAGE_BOUND = 4096
const NEGATIVE_TTL_SECONDS = 5

const NOERROR = 0
const SERVFAIL = 2
const NXDOMAIN = 3
const NOTIMP = 4
const QUERY = 0

/** Listens on both protocols; resolves when it does. */
export async function startDnsServer(options: DnsServerOptions): Promise<DnsServer> {
  const udp = dgram.createSocket('udp4')
  udp.on('message', (message, sender) => {
    void respond(options, message, 'udp').then((reply) => {
      if (reply) udp.send(reply, sender.port, sender.address, () => undefined)
    })
  })
  const tcp = net.createServer((socket) => serveTcp(options, socket))
  tcp.maxConnections = TCP_CONNECTIONS
  await new Promise<void>((resolve, reject) => {
    udp.once('error', reject)
    udp.bind(options.port, options.address, resolve)
  })
  await new Promise<void>((resolve, reject) => {
    tcp.once('error', reject)
    tcp.listen(options.port, options.address, resolve)
  })
  return {
    async close() {
      await new Promise<void>((resolve) => udp.close(() => resolve()))
      await new Promise<void>((resolve) => tcp.close(() => resolve()))
    },
  }
}

function serveTcp(options: DnsServerOptions, socket: net.Socket): void {
  let received = Buffer.alloc(0)
  socket.setTimeout(TCP_IDLE_MS, () => socket.destroy())
  socket.on('error', () => socket.destroy())
  socket.on('data', (chunk) => {
    received = Buffer.concat([received, chunk])
    while (received.length >= 2) {
      const size = received.readUInt16BE(0)
      if (size > TCP_MESSAGE_BOUND) {
        socket.destroy()
        return
      }
      if (received.length < size + 2) return
      const message = received.subarray(2, size + 2)
      received = received.subarray(size + 2)
      void respond(options, message, 'tcp').then((reply) => {
        if (!reply || socket.destroyed) return
        const length = Buffer.alloc(2)
        length.writeUInt16BE(reply.length)
        socket.write(Buffer.concat([length, reply]))
      })
    }
  })
}

/** The reply to one message; undefined for what is no question. */
export async function respond(
  options: DnsServerOptions,
  message: Buffer,
  protocol: 'udp' | 'tcp',
): Promise<Buffer | undefined> {
  let query: packet.DecodedPacket
  try {
    query = packet.decode(message)
  } catch {
    return undefined
  }
  const question = query.questions?.[0]
  if (query.type !== 'query' || !question) return undefined
  const result = opcodeOf(query) === QUERY ? await resolve(options, question) : { ...NOTHING, code: NOTIMP }
  const edns = (query.additionals ?? []).find((record) => record.type === 'OPT')
  const size =
    protocol === 'tcp'
      ? 65_535
      : Math.min(UDP_SIZE_MAX, Math.max(UDP_SIZE_WITHOUT_EDNS, edns?.udpPayloadSize ?? 0))
  return encode(query, question, result, edns !== undefined, size)
}

interface Result {
  readonly code: number
  readonly isAuthoritative: boolean
  readonly answers: readonly packet.Answer[]
  readonly authorities: readonly packet.Answer[]
  readonly additionals: readonly packet.Answer[]
}

const NOTHING: Result = {
  code: NOERROR,
  isAuthoritative: false,
  answers: [],
  authorities: [],
  additionals: [],
}

async function resolve(options: DnsServerOptions, question: packet.Question): Promise<Result> {
  const name = question.name.toLowerCase().replace(/\.$/, '')
  const { domain, names } = options
  if (name === domain || name.endsWith(`.${domain}`)) {
    return fromCluster(options, answer(names, domain, name, question.type), question.type)
  }
  if (name.endsWith('.in-addr.arpa')) {
    const local = reverseAnswer(names, domain, name)
    if (local)
      return fromCluster(options, question.type === 'PTR' ? local : { ...local, answers: [] }, question.type)
  }
  return forward(options, question.name, question.type)
}

async function fromCluster(
  options: DnsServerOptions,
  local: LocalAnswer,
  type: packet.RecordType,
): Promise<Result> {
  const answers = [...local.answers]
  const isAlias = local.external !== undefined && type !== 'CNAME'
  const target = isAlias ? await resolve(options, { name: local.external ?? '', type }) : NOTHING
  return {
    code: local.exists ? NOERROR : NXDOMAIN,
    isAuthoritative: true,
    answers: [...answers, ...target.answers],
    authorities: answers.length === 0 ? [startOfAuthority(options.domain)] : [],
    additionals: local.additionals,
  }
}

async function forward(
  { forwarder }: DnsServerOptions,
  name: string,
  type: packet.RecordType,
): Promise<Result> {
  const reply = await forwarder.resolve(name, type)
  if (!reply) return { ...NOTHING, code: SERVFAIL }
  return {
    code: (reply.flags ?? SERVFAIL) & 0xf,
    isAuthoritative: false,
    answers: reply.answers ?? [],
    authorities: reply.authorities ?? [],
    additionals: (reply.additionals ?? []).filter((record) => record.type !== 'OPT'),
  }
}

/** The kind of request: four bits of the flags, 0 for a standard query. */
const opcodeOf = (message: packet.DecodedPacket): number => ((message.flags ?? 0) >> 11) & 0xf

/** Tells resolvers how long they may remember that there was nothing. */
function startOfAuthority(domain: string): packet.Answer {
  return {
    type: 'SOA',
    name: domain,
    ttl: NEGATIVE_TTL_SECONDS,
    data: {
      mname: `ns.dns.${domain}`,
      rname: `hostmaster.${domain}`,
      serial: 1,
      refresh: 7200,
      retry: 1800,
      expire: 86_400,
      minimum: NEGATIVE_TTL_SECONDS,
    },
  }
}

function encode(
  query: packet.DecodedPacket,
  question: packet.Question,
  result: Result,
  hasEdns: boolean,
  size: number,
): Buffer {
  const flags =
    packet.RECURSION_AVAILABLE |
    (query.flag_rd ? packet.RECURSION_DESIRED : 0) |
    (result.isAuthoritative ? packet.AUTHORITATIVE_ANSWER : 0) |
    result.code
  const opt: packet.Answer[] = hasEdns
    ? [
        {
          type: 'OPT',
          name: '.',
          udpPayloadSize: UDP_SIZE_MAX,
          extendedRcode: 0,
          ednsVersion: 0,
          flags: 0,
          flag_do: false,
          options: [],
        },
      ]
    : []
  const whole: packet.Packet = {
    type: 'response',
    id: query.id ?? 0,
    flags,
    questions: [question],
    answers: [...result.answers],
    authorities: [...result.authorities],
    additionals: [...result.additionals, ...opt],
  }
  const bytes = packet.encode(whole)
  if (bytes.length <= size) return bytes
  return packet.encode({
    ...whole,
    flags: flags | packet.TRUNCATED_RESPONSE,
    answers: [],
    authorities: [],
    additionals: opt,
  })
}
