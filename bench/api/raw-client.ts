// HTTP/1.1 over kept-alive TLS connections, and nothing more: what a client costs should not be what is measured.

import type { IncomingMessage } from 'node:http'
import { Agent, request as send } from 'node:https'
import type { Connection } from '#bench/api/connection.ts'

export interface RawRequest {
  readonly method: string
  readonly path: string
  readonly accept?: string
  readonly contentType?: string
  readonly body?: Uint8Array | string
}

export interface RawAnswer {
  readonly code: number
  readonly sizeBytes: number
  /** Only where it was asked for, or when the code says that something went wrong. */
  readonly body: Buffer | undefined
}

const TIMEOUT_MS = 300_000

export class RawClient {
  readonly #agent: Agent
  readonly #host: string
  readonly #port: string

  constructor(connection: Connection, connections: number) {
    const { hostname, port } = new URL(connection.server)
    this.#host = hostname
    this.#port = port
    this.#agent = new Agent({
      keepAlive: true,
      maxSockets: connections,
      ca: connection.authority,
      cert: connection.certificate,
      key: connection.key,
    })
  }

  /** Sends and reads the whole answer; `keep` returns its bytes. Rejects only when the connection fails. */
  async request(request: RawRequest, keep = false): Promise<RawAnswer> {
    const response = await this.#send(request)
    const code = response.statusCode ?? 0
    const chunks: Buffer[] = []
    let sizeBytes = 0
    return new Promise((resolve, reject) => {
      response.on('data', (chunk: Buffer) => {
        sizeBytes += chunk.length
        if (keep || code >= 400) chunks.push(chunk)
      })
      response.once('error', reject)
      response.once('end', () =>
        resolve({ code, sizeBytes, body: chunks.length > 0 ? Buffer.concat(chunks) : undefined }),
      )
    })
  }

  /** As `request`; throws for any answer that is not a success. */
  async expect(request: RawRequest, keep = false): Promise<RawAnswer> {
    const answer = await this.request(request, keep)
    if (answer.code < 200 || answer.code > 299) {
      throw new Error(
        `${request.method} ${request.path}: ${answer.code} ${answer.body?.toString('utf8').slice(0, 300)}`,
      )
    }
    return answer
  }

  /** Opens an answer that does not end by itself; `onData` gets its bytes, `onEnd` hears if it ends all the same. */
  async stream(
    request: RawRequest,
    onData: (chunk: Buffer) => void,
    onEnd: (error: Error) => void,
  ): Promise<() => void> {
    const response = await this.#send(request)
    if (response.statusCode !== 200) throw new Error(`${request.path}: ${response.statusCode}`)
    response.on('data', onData)
    response.on('error', onEnd)
    response.on('close', () => onEnd(new Error(`${request.path}: the server ended it`)))
    return () => void response.destroy()
  }

  close(): void {
    this.#agent.destroy()
  }

  #send({ method, path, accept, contentType, body }: RawRequest): Promise<IncomingMessage> {
    return new Promise((resolve, reject) => {
      const outgoing = send({
        agent: this.#agent,
        host: this.#host,
        port: this.#port,
        method,
        path,
        timeout: TIMEOUT_MS,
        headers: {
          accept: accept ?? 'application/json',
          'user-agent': 'k8ts-bench',
          ...(body !== undefined && {
            'content-type': contentType ?? 'application/json',
            'content-length': Buffer.byteLength(body),
          }),
        },
      })
      outgoing.once('response', resolve)
      outgoing.once('error', reject)
      outgoing.end(body)
    })
  }
}
