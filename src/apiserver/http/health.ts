// Health: /livez, /readyz and /healthz with their checks, each also at a path of its own.
//
// A check passes when what it is named after works; who asks without `verbose` learns only `ok`, or which checks
// failed. Upstream: staging/src/k8s.io/apiserver/pkg/server/healthz/healthz.go

import { goQuote } from '#api/meta/field-error.ts'
import type { ApiResponse } from '#apiserver/exchange.ts'
import type { Handler } from '#apiserver/pipeline.ts'

export interface HealthCheck {
  readonly name: string
  /** Resolves with what is wrong, or nothing. */
  check(): Promise<string | undefined>
}

export interface HealthEndpoint {
  /** `livez` */
  readonly name: string
  readonly checks: readonly HealthCheck[]
}

/** The handler behind a path of an endpoint, or undefined: `/livez`, `/livez/etcd`. */
export function healthHandler(endpoints: readonly HealthEndpoint[], path: string): Handler | undefined {
  const [, name = '', ...rest] = path.split('/')
  const endpoint = endpoints.find((candidate) => candidate.name === name)
  if (!endpoint) return undefined
  if (rest.length === 0) return async ({ request }) => all(endpoint, request.head.query)
  const checkName = rest.join('/')
  const check = endpoint.checks.find((candidate) => candidate.name === checkName)
  return check && (async () => single(check))
}

const TEXT = 'text/plain; charset=utf-8'

async function all(endpoint: HealthEndpoint, query: URLSearchParams): Promise<ApiResponse> {
  const excluded = new Set(query.getAll('exclude'))
  const lines: string[] = []
  const failed: string[] = []
  for (const { name, check } of endpoint.checks) {
    if (excluded.delete(name)) {
      lines.push(`[+]${name} excluded: ok`)
    } else if ((await check()) === undefined) {
      lines.push(`[+]${name} ok`)
    } else {
      failed.push(name)
      lines.push(`[-]${name} failed: reason withheld`)
    }
  }
  if (excluded.size > 0) {
    const names = [...excluded].sort().map(goQuote).join(',')
    lines.push(`warn: some health checks cannot be excluded: no matches for ${names}`)
  }
  if (failed.length > 0) return text(500, `${lines.join('\n')}\n${endpoint.name} check failed\n`)
  const isVerbose = query.has('verbose')
  return text(200, isVerbose ? `${lines.join('\n')}\n${endpoint.name} check passed\n` : 'ok')
}

async function single({ check }: HealthCheck): Promise<ApiResponse> {
  const problem = await check()
  if (problem !== undefined) return text(500, `internal server error: ${problem}\n`)
  // upstream leaves the type of this one answer to be sniffed
  return { type: 'raw', code: 200, headers: { 'content-type': TEXT }, body: 'ok' }
}

function text(code: number, body: string): ApiResponse {
  const headers = { 'content-type': TEXT, 'x-content-type-options': 'nosniff' }
  return { type: 'raw', code, headers, body }
}
