// The small HTTP server of a component: /metrics, and /healthz, /livez and /readyz, which say that it runs.
//
// Without TLS or credentials, so it is bound to loopback unless somebody wishes otherwise.

import { createServer } from 'node:http'
import { isIPv6 } from 'node:net'
import type { Registry } from 'prom-client'
import { untilAborted } from '#sys/abort.ts'

const HEALTH = new Set(['/healthz', '/livez', '/readyz'])

export interface MetricsServerOptions {
  readonly registry: Registry
  readonly host: string
  readonly port: number
}

/** Serves until `signal` aborts; rejects when it cannot listen. */
export async function serveMetrics(
  { registry, host, port }: MetricsServerOptions,
  signal: AbortSignal,
): Promise<void> {
  const server = createServer((request, response) => {
    const path = (request.url ?? '').split('?')[0] ?? ''
    const answer = (code: number, type: string, body: string) =>
      void response.writeHead(code, { 'content-type': type }).end(body)
    if (HEALTH.has(path)) return answer(200, 'text/plain; charset=utf-8', 'ok')
    if (path !== '/metrics') return answer(404, 'text/plain; charset=utf-8', '404 page not found\n')
    registry.metrics().then(
      (text) => answer(200, registry.contentType, text),
      (error: unknown) => answer(500, 'text/plain; charset=utf-8', `${String(error)}\n`),
    )
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, host, resolve)
  })
  await untilAborted(signal)
  server.closeAllConnections()
  await new Promise((resolve) => server.close(resolve))
}

/** `127.0.0.1:10249`, `[::1]:10249` or `:10249`; undefined for what is no address and port. */
export function parseBindAddress(text: string): { readonly host: string; readonly port: number } | undefined {
  const [, bracketed, plain = '', digits = ''] = /^(?:\[([^\]]+)\]|([^:]*)):(\d{1,5})$/.exec(text) ?? []
  const port = Number(digits)
  if (digits === '' || port > 65_535) return undefined
  if (bracketed !== undefined) return isIPv6(bracketed) ? { host: bracketed, port } : undefined
  return { host: plain === '' ? '::' : plain, port }
}
