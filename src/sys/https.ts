// One HTTPS request to another service: an issuer of tokens, a webhook.
//
// Invariant: it ends. Connecting and answering share one time limit, and an answer is cut off at a size that no honest
// service reaches. Redirects are not followed: who is asked was written down by the administrator.

import https from 'node:https'
import type { Clock } from '#sys/clock.ts'

export interface HttpsTarget {
  readonly url: string
  /** PEM of the authorities to trust; absent: those that Node comes with. */
  readonly ca?: string
  /** PEM of a client certificate. */
  readonly cert?: string
  readonly key?: string
  /** The name that the certificate has to have, where it is not that of the URL. */
  readonly serverName?: string
  /** Trusts any certificate: `insecure-skip-tls-verify`. */
  readonly isInsecure?: boolean
  readonly headers?: Readonly<Record<string, string>>
  /** Where to connect, where that is not what the URL says: a pod behind a Service. */
  readonly address?: { readonly host: string; readonly port: number }
  /** Connections are kept in it; absent: one for this request. */
  readonly agent?: https.Agent
}

export interface HttpsAnswer {
  readonly code: number
  readonly text: string
  /** `Retry-After` in seconds; absent without one. */
  readonly retryAfterSeconds?: number
}

/** The service did not answer: the network, TLS, or the time limit. `code` as Node names it. */
export class UnreachableError extends Error {
  readonly code: string

  constructor(text: string, code: string, cause?: unknown) {
    super(text, { cause })
    this.code = code
  }
}

const MAX_ANSWER_BYTES = 4 << 20

/** Sends a GET, or a POST where there is a body (JSON). Throws UnreachableError. */
export function sendHttps(
  target: HttpsTarget,
  body: string | undefined,
  timeoutMs: number,
  clock: Clock,
): Promise<HttpsAnswer> {
  const method = body === undefined ? 'GET' : 'POST'
  return new Promise((resolve, reject) => {
    const fail = (text: string, code: string, cause?: unknown): void => {
      timer.cancel()
      reject(
        new UnreachableError(
          `${method === 'GET' ? 'Get' : 'Post'} ${JSON.stringify(target.url)}: ${text}`,
          code,
          cause,
        ),
      )
      request.destroy()
    }
    const request = https.request(target.url, {
      method,
      ...tlsOf(target),
      // `hostname`: it is what the URL sets, and wins over `host`
      ...(target.address && { hostname: target.address.host, port: target.address.port }),
      headers: headersOf(target, body),
    })
    const timer = clock.after(timeoutMs, () =>
      fail('context deadline exceeded (Client.Timeout exceeded while awaiting headers)', 'ETIMEDOUT'),
    )
    request.on('error', (error: NodeJS.ErrnoException) => fail(goWords(error), error.code ?? '', error))
    request.on('response', (response) => {
      const chunks: Buffer[] = []
      let size = 0
      response.on('data', (chunk: Buffer) => {
        size += chunk.length
        chunks.push(chunk)
        if (size > MAX_ANSWER_BYTES) fail('the answer is too large', 'EMSGSIZE')
      })
      response.on('error', (error: NodeJS.ErrnoException) => fail(goWords(error), error.code ?? '', error))
      response.on('end', () => {
        timer.cancel()
        const retryAfter = Number(response.headers['retry-after'])
        resolve({
          code: response.statusCode ?? 0,
          text: Buffer.concat(chunks).toString('utf8'),
          ...(Number.isFinite(retryAfter) && { retryAfterSeconds: retryAfter }),
        })
      })
    })
    request.end(body)
  })
}

function tlsOf({ ca, cert, key, serverName, isInsecure, agent }: HttpsTarget): https.RequestOptions {
  return {
    ...(ca !== undefined && { ca }),
    ...(cert !== undefined && { cert }),
    ...(key !== undefined && { key }),
    ...(serverName !== undefined && { servername: serverName }),
    ...(isInsecure && { rejectUnauthorized: false }),
    ...(agent && { agent }),
  }
}

function headersOf({ headers, url, address }: HttpsTarget, body: string | undefined): Record<string, string> {
  return {
    accept: 'application/json, */*',
    'user-agent': 'kube-apiserver',
    ...(body !== undefined && {
      'content-type': 'application/json',
      'content-length': String(Buffer.byteLength(body)),
    }),
    ...(address && { host: new URL(url).host }),
    ...headers,
  }
}

/** A refused connection as upstream's clients say it: it stands in what users are told of their webhooks. */
export function goWords({ message }: NodeJS.ErrnoException): string {
  const [, address] = /^connect ECONNREFUSED (\S+)$/.exec(message) ?? []
  return address === undefined ? message : `dial tcp ${address}: connect: connection refused`
}
