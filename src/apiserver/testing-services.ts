// Real services on loopback for tests of access: an issuer of tokens and a webhook, both over TLS.

import { createHash } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import https from 'node:https'
import type { AddressInfo } from 'node:net'
import { exportJWK, generateKeyPair, SignJWT } from 'jose'
import type { TestPki } from '#apiserver/testing-pki.ts'

export interface TestService {
  /** `https://127.0.0.1:PORT` */
  readonly url: string
  /** Paths of the requests, in order. */
  readonly requests: readonly string[]
  stop(): Promise<void>
}

type Answer = (path: string, body: string) => { readonly code?: number; readonly json: unknown }

/** `answer` may change what it says from call to call. */
export async function startTestService(pki: TestPki, answer: Answer): Promise<TestService> {
  const requests: string[] = []
  const server = https.createServer({ cert: pki.server.cert, key: pki.server.key }, (request, response) => {
    void reply(request, response, answer, requests)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `https://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    async stop() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

async function reply(
  request: IncomingMessage,
  response: ServerResponse,
  answer: Answer,
  requests: string[],
): Promise<void> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  requests.push(request.url ?? '')
  const { code = 200, json } = answer(request.url ?? '', Buffer.concat(chunks).toString('utf8'))
  response.writeHead(code, { 'content-type': 'application/json' }).end(JSON.stringify(json))
}

export interface TestIssuer extends TestService {
  /** A token of this issuer for audience `k8ts`, good for an hour, unless `claims` say otherwise. */
  token(claims: Readonly<Record<string, unknown>>): Promise<string>
  /** Signs with another key from now on, and publishes only that. */
  rotate(): Promise<void>
}

/** An OpenID Connect issuer: discovery, keys, and tokens signed with them. `now`: milliseconds. */
export async function startTestIssuer(pki: TestPki, now: () => number): Promise<TestIssuer> {
  const newKey = async () => {
    const { privateKey, publicKey } = await generateKeyPair('RS256', { extractable: true })
    const jwk = await exportJWK(publicKey)
    const kid = createHash('sha256').update(String(jwk.n)).digest('hex').slice(0, 8)
    return { privateKey, jwk: { ...jwk, kid, alg: 'RS256', use: 'sig' }, kid }
  }
  let key = await newKey()
  const service = await startTestService(pki, (path) =>
    path.endsWith('/keys')
      ? { json: { keys: [key.jwk] } }
      : { json: { issuer: service.url, jwks_uri: `${service.url}/keys` } },
  )
  return {
    ...service,
    token(claims) {
      const seconds = Math.floor(now() / 1000)
      const all = { iss: service.url, aud: 'k8ts', iat: seconds, exp: seconds + 3600, ...claims }
      return new SignJWT(all).setProtectedHeader({ alg: 'RS256', kid: key.kid }).sign(key.privateKey)
    },
    async rotate() {
      key = await newKey()
    },
  }
}
