// An aggregated API from end to end: a client, this server, and another one behind a Service, all over TLS.

import assert from 'node:assert/strict'
import { once } from 'node:events'
import type { ClientRequest, IncomingMessage } from 'node:http'
import { request as httpsRequest } from 'node:https'
import { after, before, test } from 'node:test'
import type { TLSSocket } from 'node:tls'
import { WebSocket } from 'ws'
import type { JsonObject } from '#api/meta/object.ts'
import { apiServices, services } from '#api/resources.ts'
import type { APIService } from '#api/types/apiregistration.ts'
import {
  FLUNDERS,
  flunder,
  GROUP,
  startTestBackend,
  type TestBackend,
} from '#apiserver/aggregation/testing.ts'
import { startTestApiServer, type TestApiServer } from '#apiserver/testing.ts'
import { systemClock } from '#sys/clock.ts'

const NAME = `v1.${GROUP}`
const DOCUMENT_NAME = `apis/${GROUP}/v1`
const DOCUMENT = `/openapi/v3/${DOCUMENT_NAME}`
const JANE = { name: 'jane', groups: ['devs', 'system:masters'], extra: { 'Example.com/Team': ['a', 'b'] } }

let backend: TestBackend
let api: TestApiServer

before(async () => {
  backend = await startTestBackend(systemClock.now())
  const url = `${DOCUMENT}?hash=1`
  const paths = { [DOCUMENT_NAME]: { serverRelativeURL: url }, version: { serverRelativeURL: '/elsewhere' } }
  backend.documents.set('/openapi/v3', { paths })
  backend.documents.set(DOCUMENT, { openapi: '3.0.0', paths: {} })
  api = await startTestApiServer({ tls: true, secured: true, frontProxyTls: backend.frontProxyTls })
  await api.client.resource(services).create({
    metadata: { name: 'wardle', namespace: 'default' },
    spec: { type: 'ExternalName', externalName: 'localhost' },
  })
  await api.client.resource(apiServices).create({
    metadata: { name: NAME },
    spec: {
      group: GROUP,
      version: 'v1',
      groupPriorityMinimum: 1000,
      versionPriority: 10,
      caBundle: Buffer.from(backend.ca).toString('base64'),
      service: { namespace: 'default', name: 'wardle', port: backend.port },
    },
  })
  await untilAvailable('True')
})

after(async () => {
  await api.stop()
  await backend.stop()
})

/** Resolves when the APIService says so, with the reason. */
async function untilAvailable(status: 'True' | 'False'): Promise<string | undefined> {
  const found = new AbortController()
  let reason: string | undefined
  const look = (object: JsonObject): void => {
    const conditions = (object as APIService).status?.conditions
    const condition = conditions?.find(({ type }) => type === 'Available')
    if (condition?.status !== status) return
    reason = condition.reason
    found.abort()
  }
  const path = '/apis/apiregistration.k8s.io/v1/apiservices'
  const query = { watch: 'true', fieldSelector: `metadata.name=${NAME}` }
  await api.transport.watch({ method: 'GET', path, query, signal: found.signal }, ({ object }) =>
    look(object),
  )
  return reason
}

/** The server looks again when the Service changes. */
const touchService = (value: string) =>
  api.client
    .resource(services)
    .patch('default', 'wardle', 'merge', { metadata: { annotations: { touched: value } } })

/** Begins a request over TLS with the certificate of a user. */
function open(path: string, user: string, headers: Record<string, string>, method = 'GET'): ClientRequest {
  const options = { method, headers, ...api.sign(user, JANE.groups), ca: api.caCertificate, agent: false }
  return httpsRequest(`${api.url}${path}`, options)
}

async function answerTo(request: ClientRequest): Promise<{ code: number; object: JsonObject }> {
  const [answer] = (await once(request.end(), 'response')) as [IncomingMessage]
  const chunks: Buffer[] = []
  for await (const chunk of answer) chunks.push(chunk as Buffer)
  return { code: answer.statusCode ?? 0, object: JSON.parse(Buffer.concat(chunks).toString()) as JsonObject }
}

test('the other server is told who asks by the front proxy, and by nobody else', async () => {
  const { code, object } = await answerTo(
    open(`${FLUNDERS}/one?a=b`, 'jane', {
      'X-Remote-User': 'root',
      'X-Remote-Group': 'system:masters',
      'X-Remote-Extra-Scopes': 'all',
      'X-Remote-Uid': '0',
      'X-Custom': 'kept',
    }),
  )
  assert.equal(code, 200)
  assert.deepEqual(object, flunder('one'))
  const asked = backend.requests.at(-1)!
  assert.equal(asked.url, `${FLUNDERS}/one?a=b`)
  assert.equal(asked.peer, 'front-proxy-client')
  assert.equal(asked.headers['x-remote-user'], 'jane')
  assert.deepEqual(asked.headersDistinct['x-remote-group'], [...JANE.groups, 'system:authenticated'])
  assert.equal(asked.headers['x-remote-extra-scopes'], undefined)
  assert.notEqual(asked.headers['x-remote-uid'], '0')
  assert.equal(asked.headers['x-custom'], 'kept')
  assert.equal(asked.headers.host, 'wardle.default.svc')
})

test('extras and an impersonated user are passed on, the headers that asked for it are not', async () => {
  const { code } = await answerTo(
    open(FLUNDERS, 'jane', {
      'Impersonate-User': 'bob',
      'Impersonate-Group': 'system:masters',
      'Impersonate-Extra-Team': 'red',
    }),
  )
  assert.equal(code, 200)
  const { headers } = backend.requests.at(-1)!
  assert.deepEqual([headers['x-remote-user'], headers['x-remote-extra-team']], ['bob', 'red'])
  assert.deepEqual(
    Object.keys(headers).filter((name) => name.startsWith('impersonate-')),
    [],
  )
})

test('a watch streams: an event arrives before there is another', async () => {
  const request = open(`${FLUNDERS}?watch=true`, 'jane', {})
  const [answer] = (await once(request.end(), 'response')) as [IncomingMessage]
  for (const name of ['one', 'two']) {
    backend.emit('ADDED', name)
    const [chunk] = (await once(answer, 'data')) as [Buffer]
    assert.deepEqual(JSON.parse(chunk.toString()), { type: 'ADDED', object: flunder(name) })
  }
  request.destroy()
})

test('clients within the process get objects and events', async () => {
  const transport = api.server.transport(JANE, 'test')
  assert.deepEqual(
    await transport.request({ method: 'GET', path: `${FLUNDERS}/one`, query: {} }),
    flunder('one'),
  )
  const asked = backend.requests.at(-1)!
  assert.deepEqual(asked.headersDistinct['x-remote-extra-example.com%2fteam'], ['a', 'b'])
  const stop = new AbortController()
  const watched = backend.watched()
  const watching = transport.watch(
    { method: 'GET', path: FLUNDERS, query: { watch: 'true' }, signal: stop.signal },
    ({ object }) => {
      assert.deepEqual(object, flunder('seen'))
      stop.abort()
    },
  )
  await watched
  backend.emit('ADDED', 'seen')
  await watching.catch((error: unknown) => assert.ok(stop.signal.aborted, String(error)))
  assert.ok(stop.signal.aborted)
})

test('a WebSocket goes through, with the word of this server about who asks', async () => {
  const socket = new WebSocket(`${api.url}${FLUNDERS}/one/connect`.replace('https', 'wss'), {
    ca: api.caCertificate,
    headers: { 'X-Remote-User': 'root', 'X-Remote-Extra-Scopes': 'all' },
    ...api.sign('jane', JANE.groups),
  })
  await once(socket, 'open')
  socket.send('hello')
  const [message] = (await once(socket, 'message')) as [Buffer]
  assert.equal(message.toString(), 'hello')
  socket.close()
  await once(socket, 'close')
  const asked = backend.requests.at(-1)!
  assert.equal(asked.peer, 'front-proxy-client')
  assert.equal(asked.headers['x-remote-user'], 'jane')
  assert.equal(asked.headers['x-remote-extra-scopes'], undefined)
})

const SPDY = { Connection: 'Upgrade', Upgrade: 'SPDY/3.1' }

test('SPDY goes through: 101, and then raw bytes both ways', async () => {
  const request = open(`${FLUNDERS}/one/connect`, 'jane', SPDY, 'POST')
  const [answer, socket] = (await once(request.end(), 'upgrade')) as [IncomingMessage, TLSSocket]
  assert.deepEqual([answer.statusCode, answer.headers.upgrade], [101, 'SPDY/3.1'])
  for (const bytes of [Buffer.from([0, 255, 13, 10]), Buffer.from('more')]) {
    socket.write(bytes)
    const [echoed] = (await once(socket, 'data')) as [Buffer]
    assert.deepEqual(echoed, bytes)
  }
  socket.destroy()
})

test('who is refused an upgrade gets the answer of the other server', async () => {
  const request = open(`${FLUNDERS}/one/refuse`, 'jane', SPDY, 'POST')
  const [answer] = (await once(request.end(), 'response')) as [IncomingMessage]
  assert.equal(answer.statusCode, 403)
  let text = ''
  for await (const chunk of answer) text += String(chunk)
  assert.equal(text, 'no')
})

const indexOfDocuments = async () =>
  (await answerTo(open('/openapi/v3', 'jane', {}))).object['paths'] as Readonly<Record<string, unknown>>

test('its OpenAPI v3 document is listed here and answered there', async () => {
  const paths = await indexOfDocuments()
  assert.deepEqual(paths[DOCUMENT_NAME], { serverRelativeURL: `${DOCUMENT}?hash=1` })
  assert.match(JSON.stringify(paths['version']), /"\/openapi\/v3\/version\?hash=/)
  assert.deepEqual(await answerTo(open(`${DOCUMENT}?hash=1`, 'jane', {})), {
    code: 200,
    object: { openapi: '3.0.0', paths: {} },
  })
})

test('while the other server is away there is 503 and a condition that says why; then it is back', async () => {
  await backend.stop()
  await touchService('away')
  assert.equal(await untilAvailable('False'), 'FailedDiscoveryCheck')
  const away = await answerTo(open(FLUNDERS, 'jane', {}))
  assert.equal(away.code, 503)
  assert.equal((await indexOfDocuments())[DOCUMENT_NAME], undefined)
  await assert.rejects(api.transport.request({ method: 'GET', path: FLUNDERS, query: {} }), { code: 503 })
  await backend.start()
  await touchService('back')
  assert.equal(await untilAvailable('True'), 'Passed')
  assert.equal((await answerTo(open(FLUNDERS, 'jane', {}))).code, 200)
})
