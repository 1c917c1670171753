// Clients that mean harm or are broken: they get the answer that Kubernetes gives, the server's memory stays
// bounded, and the others notice nothing.

import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import http2 from 'node:http2'
import https from 'node:https'
import net from 'node:net'
import { after, before, test } from 'node:test'
import tls from 'node:tls'
import { configMaps } from '#api/resources.ts'
import { startTestApiServer, type TestApiServer } from '#apiserver/testing.ts'
import { createTestPki } from '#apiserver/testing-pki.ts'
import { systemRandom } from '#sys/random.ts'

let server: TestApiServer
let port: number
let admin: { readonly cert: string; readonly key: string }

before(async () => {
  server = await startTestApiServer({ tls: true, secured: true })
  port = server.server.address?.port ?? 0
  const { users } = JSON.parse(readFileSync(server.kubeconfig, 'utf8')) as {
    users: { user: Record<string, string> }[]
  }
  const decode = (name: string) => Buffer.from(users[0]?.user[`${name}-data`] ?? '', 'base64').toString()
  admin = { cert: decode('client-certificate'), key: decode('client-key') }
})

after(async () => {
  await server?.stop()
})

interface Answer {
  readonly code: number
  readonly body: { readonly reason?: string; readonly message?: string }
}

interface Ask {
  readonly method?: string
  readonly path: string
  readonly body?: string | Buffer
  readonly headers?: Readonly<Record<string, string>>
  readonly credentials?: { readonly cert?: string; readonly key?: string }
}

function ask({ method = 'GET', path, body, headers = {}, credentials = admin }: Ask): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const request = https.request(
      {
        host: '127.0.0.1',
        port,
        method,
        path,
        agent: false,
        ca: server.caCertificate,
        servername: 'localhost',
        headers: { 'content-type': 'application/json', ...headers },
        ...credentials,
      },
      (response) => {
        let text = ''
        response.on('data', (chunk) => (text += chunk))
        response.on('end', () =>
          resolve({
            code: response.statusCode ?? 0,
            body: text.startsWith('{') ? JSON.parse(text) : { message: text },
          }),
        )
      },
    )
    request.on('error', reject)
    request.end(body)
  })
}

const PODS = '/api/v1/namespaces/default/pods'

for (const [name, request, code, message] of [
  [
    'malformed JSON',
    { method: 'POST', path: PODS, body: '{"kind":' },
    400,
    /unexpected end of JSON input|unexpected EOF/,
  ],
  [
    'a body of 20 MB',
    { method: 'POST', path: PODS, body: Buffer.alloc(20 << 20, ' ') },
    413,
    /Request entity too large: limit is 3145728/,
  ],
  [
    'an unknown kind',
    { method: 'GET', path: '/api/v1/namespaces/default/gizmos' },
    404,
    /the server could not find the requested resource/,
  ],
  ['a path with ..', { method: 'GET', path: '/api/v1/../../etc/passwd' }, 404, /./],
  [
    'another kind in the body',
    { method: 'POST', path: PODS, body: '{"apiVersion":"v1","kind":"Secret","metadata":{"name":"x"}}' },
    400,
    /cannot be handled as a Pod/,
  ],
  ['an unknown method', { method: 'TRACE', path: PODS }, 405, /./],
] as const) {
  test(`${name} is refused as Kubernetes does`, async () => {
    const answer = await ask(request)
    assert.equal(answer.code, code)
    assert.match(answer.body.message ?? '', message)
  })
}

test('no credentials: anonymous may ask for health and version, and nothing else', async () => {
  const none = { credentials: {} }
  assert.equal((await ask({ path: '/version', ...none })).code, 200)
  assert.equal((await ask({ path: '/livez', ...none })).code, 200)
  const refused = await ask({ path: PODS, ...none })
  assert.equal(refused.code, 403)
  assert.match(
    refused.body.message ?? '',
    /^pods is forbidden: User "system:anonymous" cannot list resource "pods" in API group "" in the namespace "default"$/,
  )
})

test("another cluster's certificate and an invented token are 401", async () => {
  const foreign = createTestPki(systemRandom)
  const byCertificate = await ask({ path: PODS, credentials: foreign.admin })
  assert.deepEqual([byCertificate.code, byCertificate.body.message], [401, 'Unauthorized'])
  const byToken = await ask({
    path: PODS,
    credentials: {},
    headers: { authorization: 'Bearer nobody.knows.this' },
  })
  assert.deepEqual([byToken.code, byToken.body.reason], [401, 'Unauthorized'])
})

test('a thousand idle connections do not keep others out', { timeout: 60_000 }, async () => {
  const sockets = await Promise.all(
    Array.from(
      { length: 1000 },
      () =>
        new Promise<net.Socket>((resolve, reject) => {
          const socket = net.connect(port, '127.0.0.1', () => resolve(socket))
          socket.once('error', reject)
        }),
    ),
  )
  for (const socket of sockets) socket.on('error', () => undefined)
  try {
    assert.equal((await ask({ path: '/readyz' })).code, 200)
  } finally {
    for (const socket of sockets) socket.destroy()
  }
})

test('a client that sends its request byte by byte and never ends delays nobody', {
  timeout: 30_000,
}, async () => {
  const slow = tls.connect({
    port,
    host: '127.0.0.1',
    ca: server.caCertificate,
    servername: 'localhost',
    ...admin,
  })
  await new Promise<void>((resolve) => slow.once('secureConnect', resolve))
  slow.write(
    'POST /api/v1/namespaces/default/pods HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n\r\n{',
  )
  assert.equal((await ask({ path: '/readyz' })).code, 200)
  slow.destroy()
})

test('a watch that never reads is ended, and memory stays bounded', { timeout: 120_000 }, async () => {
  const session = http2.connect(`https://127.0.0.1:${port}`, {
    ca: server.caCertificate,
    servername: 'localhost',
    ...admin,
  })
  const stream = session.request({ ':path': '/api/v1/namespaces/default/configmaps?watch=1' })
  stream.on('error', () => undefined)
  session.on('error', () => undefined)
  stream.pause()
  await new Promise<void>((resolve) => stream.once('response', () => resolve()))
  const resource = server.client.resource(configMaps)
  const data = { filler: 'x'.repeat(200_000) }
  const created = await resource.create({ metadata: { namespace: 'default', name: 'big' }, data })
  globalThis.gc?.()
  const before = process.memoryUsage().rss
  for (let i = 0; i < 1000; i++) {
    await resource.patch('default', created.metadata?.name ?? '', 'merge', {
      data: { ...data, i: String(i) },
    })
  }
  const grown = (process.memoryUsage().rss - before) / 2 ** 20
  assert.ok(grown < 400, `memory grew by ${grown.toFixed(0)} MiB while 200 MB of events were not read`)
  session.destroy()
})
