// One HTTP(S) GET for a probe or a lifecycle hook: no certificate checks, redirects on the same host only.
//
// Upstream: pkg/probe/http/{http,request}.go

import http from 'node:http'
import https from 'node:https'
import type { Container, HTTPGetAction } from '#api/types/core.ts'

export interface HttpTarget {
  readonly url: URL
  readonly headers: Readonly<Record<string, string>>
  readonly timeoutMs: number
}

export interface HttpAnswer {
  readonly code: number
  /** At most MAX_BODY bytes. */
  readonly body: string
  /** Redirected to another host, which is not followed. */
  readonly isForeignRedirect: boolean
}

const MAX_BODY = 10 * 1024
const MAX_REDIRECTS = 10

/** The number of a port that may be given by name; throws when the container has no such port. */
export function portNumber(container: Container, port: number | string): number {
  if (typeof port === 'number') return checked(port)
  const named = container.ports?.find(({ name }) => name === port)
  if (named) return checked(named.containerPort)
  if (!/^\d+$/.test(port)) throw new Error(`couldn't find port: ${JSON.stringify(port)} in container ports`)
  return checked(Number(port))
}

function checked(port: number): number {
  if (port > 0 && port < 65_536) return port
  throw new Error(`invalid port number: ${port}`)
}

/** `userAgent`: `probe` or `lifecycle`. */
export function httpTarget(
  action: HTTPGetAction,
  container: Container,
  podIP: string,
  userAgent: string,
  timeoutMs: number,
): HttpTarget {
  const host = action.host || podIP
  const port = portNumber(container, action.port)
  const scheme = (action.scheme ?? 'HTTP').toLowerCase()
  const at = host.includes(':') ? `[${host}]` : host
  const url = new URL(`${scheme}://${at}:${port}`)
  const [pathname = '/', query] = split(action.path ?? '/')
  url.pathname = pathname
  if (query !== undefined) url.search = query
  const headers: Record<string, string> = {
    'user-agent': `kube-${userAgent}/1.36`,
    accept: '*/*',
    connection: 'close',
  }
  for (const { name, value } of action.httpHeaders ?? []) {
    const key = name.toLowerCase()
    if (key === 'accept' && value === '') delete headers['accept']
    else headers[key] = value
  }
  return { url, headers, timeoutMs }
}

function split(pathAndQuery: string): readonly [string, string | undefined] {
  const mark = pathAndQuery.indexOf('?')
  return mark < 0 ? [pathAndQuery, undefined] : [pathAndQuery.slice(0, mark), pathAndQuery.slice(mark)]
}

/** Rejects when nobody answers in time. */
export async function httpGet(target: HttpTarget): Promise<HttpAnswer> {
  let current = target
  for (let redirects = 0; ; redirects++) {
    const answer = await getOnce(current)
    if (answer.location === undefined || redirects >= MAX_REDIRECTS)
      return { ...answer, isForeignRedirect: false }
    const next = new URL(answer.location, current.url)
    if (next.hostname !== target.url.hostname) return { ...answer, isForeignRedirect: true }
    current = { ...target, url: next }
  }
}

interface Once {
  readonly code: number
  readonly body: string
  readonly location: string | undefined
}

function getOnce({ url, headers, timeoutMs }: HttpTarget): Promise<Once> {
  const module = url.protocol === 'https:' ? https : http
  return new Promise((resolve, reject) => {
    const request = module.get(
      url,
      { headers, rejectUnauthorized: false, agent: false, signal: AbortSignal.timeout(timeoutMs) },
      (response) => {
        const chunks: Buffer[] = []
        let size = 0
        const code = response.statusCode ?? 0
        const isRedirect = code >= 300 && code < 400
        const finish = (): void =>
          resolve({
            code,
            body: Buffer.concat(chunks).toString('utf8'),
            location: isRedirect ? response.headers.location : undefined,
          })
        response.on('data', (chunk: Buffer) => {
          if (size >= MAX_BODY) return
          chunks.push(chunk.subarray(0, MAX_BODY - size))
          size += chunk.length
          if (size >= MAX_BODY) {
            finish()
            request.destroy()
          }
        })
        response.once('end', finish)
        response.once('error', reject)
      },
    )
    request.once('error', (error) => reject(described(error, url, timeoutMs)))
  })
}

/** The words of Go's client, which users know from events. */
function described(error: Error & { code?: string }, url: URL, timeoutMs: number): Error {
  const get = `Get "${url.href}"`
  if (error.name === 'TimeoutError' || error.name === 'AbortError') {
    return new Error(`${get}: context deadline exceeded (Client.Timeout exceeded while awaiting headers)`, {
      cause: new Error(`no answer within ${timeoutMs} ms`),
    })
  }
  const port = url.port || (url.protocol === 'https:' ? '443' : '80')
  if (error.code === 'ECONNREFUSED') {
    return new Error(`${get}: dial tcp ${url.hostname}:${port}: connect: connection refused`, {
      cause: error,
    })
  }
  if (error.code === 'EHOSTUNREACH') {
    return new Error(`${get}: dial tcp ${url.hostname}:${port}: connect: no route to host`, { cause: error })
  }
  return new Error(`${get}: ${error.message}`, { cause: error })
}
