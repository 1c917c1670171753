import assert from 'node:assert/strict'
import { type ClientHttp2Session, connect, type IncomingHttpHeaders } from 'node:http2'
import { request as httpsRequest } from 'node:https'
import { after, before, test } from 'node:test'
import { gunzipSync } from 'node:zlib'
import { WebSocket } from 'ws'
import type { JsonObject } from '#api/meta/object.ts'
import { configMaps } from '#api/resources.ts'
import { startTestApiServer, type TestApiServer } from '#apiserver/testing.ts'
import { fakeClock } from '#sys/fake-clock.ts'

let api: TestApiServer
let session: ClientHttp2Session

before(async () => {
  api = await startTestApiServer({ tls: true })
  session = connect(api.url, { ca: api.caCertificate })
})

after(async () => {
  session.destroy()
  await api.stop()
})

const PATH = '/api/v1/namespaces/default/configmaps'

interface Answer {
  readonly code: number
  readonly headers: IncomingHttpHeaders
  readonly body: Buffer
}

/** One exchange over HTTP/2. */
async function http2(
  method: string,
  path: string,
  headers: Record<string, string> = {},
  body?: string | Buffer,
): Promise<Answer> {
  const stream = session.request({ ':method': method, ':path': path, ...headers })
  stream.end(body)
  const answered = new Promise<IncomingHttpHeaders>((resolve, reject) =>
    stream.once('response', resolve).once('error', reject),
  )
  const answer = await answered
  const chunks: Buffer[] = []
  for await (const chunk of stream) chunks.push(chunk as Buffer)
  return { code: Number(answer[':status']), headers: answer, body: Buffer.concat(chunks) }
}

/** One exchange over HTTP/1.1. */
function http1(
  method: string,
  path: string,
  headers: Record<string, string> = {},
  body?: string,
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const request = httpsRequest(
      `${api.url}${path}`,
      { method, headers, ca: api.caCertificate, agent: false },
      (answer) => {
        const chunks: Buffer[] = []
        answer.on('data', (chunk: Buffer) => chunks.push(chunk))
        answer.on('end', () =>
          resolve({ code: answer.statusCode ?? 0, headers: answer.headers, body: Buffer.concat(chunks) }),
        )
      },
    )
    request.on('error', reject)
    request.end(body)
  })
}

const json = (answer: Answer): JsonObject => JSON.parse(answer.body.toString()) as JsonObject

/** The revision that a list has now. */
async function newest(): Promise<string> {
  const list = json(await http2('GET', PATH))
  return (list['metadata'] as { resourceVersion: string }).resourceVersion
}

test('one port speaks HTTP/2 and HTTP/1.1', async () => {
  assert.equal(session.alpnProtocol ?? 'h2', 'h2')
  for (const exchange of [http2, http1]) {
    const { code, headers, body } = await exchange('GET', '/readyz')
    assert.deepEqual([code, body.toString()], [200, 'ok'])
    assert.match(String(headers['audit-id']), /^[0-9a-f-]{36}$/)
    assert.equal(headers['cache-control'], 'no-cache, private')
  }
})

test('a body over the limit is refused with 413, and the connection lives on', async () => {
  const big = JSON.stringify({ metadata: { name: 'big' }, data: { a: 'x'.repeat(4 << 20) } })
  for (const exchange of [http2, http1]) {
    const answer = await exchange('POST', PATH, { 'content-type': 'application/json' }, big)
    assert.equal(answer.code, 413)
    assert.equal(json(answer)['message'], 'Request entity too large: limit is 3145728')
  }
  assert.equal((await http2('GET', '/livez')).code, 200)
})

test('malformed JSON, a malformed path and an unknown media type get the errors of Kubernetes', async () => {
  const broken = await http2('POST', PATH, { 'content-type': 'application/json' }, '{bad')
  assert.equal(broken.code, 400)
  assert.match(
    String(json(broken)['message']),
    /invalid character 'b' looking for beginning of object key string/,
  )
  assert.equal((await http2('GET', '/api/v1/%zz')).code, 400)
  assert.equal((await http2('POST', PATH, { 'content-type': 'text/plain' }, 'x')).code, 415)
  assert.equal((await http2('GET', PATH, { accept: 'text/html' })).code, 406)
  assert.equal((await http2('GET', '/nothing')).body.toString(), '404 page not found\n')
})

test('large lists are compressed for whom wants that, small ones are not', async () => {
  const data = { a: 'y'.repeat(100_000) }
  for (let i = 0; i < 6; i++) {
    await api.client
      .resource(configMaps)
      .create({ metadata: { name: `large-${i}`, namespace: 'default' }, data })
  }
  const packed = await http2('GET', PATH, { 'accept-encoding': 'gzip' })
  assert.equal(packed.headers['content-encoding'], 'gzip')
  assert.equal((JSON.parse(gunzipSync(packed.body).toString()) as { items: unknown[] }).items.length, 6)
  const plain = await http2('GET', PATH)
  assert.equal(plain.headers['content-encoding'], undefined)
  assert.deepEqual(json(plain), JSON.parse(gunzipSync(packed.body).toString()))
  const one = await http2('GET', '/version', { 'accept-encoding': 'gzip' })
  assert.equal(one.headers['content-encoding'], undefined)
})

test('a list of bytes is the list of objects', async () => {
  await api.client
    .resource(configMaps)
    .create({ metadata: { name: 'same', namespace: 'default' }, data: { k: 'ü' } })
  const compact = json(await http2('GET', `${PATH}?fieldSelector=metadata.name%3Dsame`))
  const pretty = json(await http2('GET', `${PATH}?fieldSelector=metadata.name%3Dsame&pretty=true`))
  assert.deepEqual(compact, pretty)
  const [item] = compact['items'] as JsonObject[]
  assert.deepEqual(Object.keys(item ?? {}), ['metadata', 'data'])
})

test('the first bytes of a watch come at once, and its events as they happen', async () => {
  const stream = session.request({
    ':path': `${PATH}?watch=true&resourceVersion=${await newest()}&timeoutSeconds=20&labelSelector=flushed`,
  })
  const headers = await new Promise<IncomingHttpHeaders>((resolve) => stream.once('response', resolve))
  assert.equal(headers[':status'], 200)
  await api.client
    .resource(configMaps)
    .create({ metadata: { name: 'flushed', namespace: 'default', labels: { flushed: '' } } })
  const chunk = await new Promise<Buffer>((resolve) => stream.once('data', resolve))
  const event = JSON.parse(chunk.toString()) as { type: string; object: JsonObject }
  assert.equal(event.type, 'ADDED')
  stream.close()
})

test('a watch over a WebSocket is one message an event', async () => {
  const path = `${PATH}?watch=true&resourceVersion=${await newest()}&labelSelector=browsed`
  const socket = new WebSocket(`${api.url}${path}`.replace('https', 'wss'), { ca: api.caCertificate })
  await new Promise((resolve, reject) => socket.once('open', resolve).once('error', reject))
  const first = new Promise<Buffer>((resolve) => socket.once('message', resolve))
  const metadata = { name: 'browsed', namespace: 'default', labels: { browsed: '' } }
  await api.client.resource(configMaps).create({ metadata })
  const event = JSON.parse((await first).toString()) as { type: string; object: JsonObject }
  assert.deepEqual([event.type, event.object['kind']], ['ADDED', 'ConfigMap'])
  const closed = new Promise((resolve) => socket.once('close', resolve))
  socket.close()
  await closed
})

test('a watch that has nothing to see ends after its timeout', async () => {
  const answer = await http2(
    'GET',
    `${PATH}?watch=true&resourceVersion=${await newest()}&timeoutSeconds=1&fieldSelector=metadata.name%3Dnobody`,
  )
  assert.deepEqual([answer.code, answer.body.length], [200, 0])
})

test('a watch from a revision that is too new waits and is refused', async () => {
  const answer = await http2('GET', `${PATH}?resourceVersion=99999999`)
  assert.equal(answer.code, 504)
  assert.match(
    String(json(answer)['message']),
    /^Timeout: Too large resource version: 99999999, current: \d+$/,
  )
})

test('discovery in both generations, with an etag', async () => {
  const groups = json(await http2('GET', '/apis'))
  assert.equal(groups['kind'], 'APIGroupList')
  const accept = 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,application/json'
  const aggregated = await http2('GET', '/apis', { accept })
  assert.equal(json(aggregated)['kind'], 'APIGroupDiscoveryList')
  assert.match(String(aggregated.headers['content-type']), /as=APIGroupDiscoveryList/)
  const again = await http2('GET', '/apis', { accept, 'if-none-match': String(aggregated.headers.etag) })
  assert.equal(again.code, 304)
})

test('who shuts down becomes unready, ends watches, and closes', async () => {
  const other = await startTestApiServer({ tls: true })
  const client = connect(other.url, { ca: other.caCertificate })
  const stream = client.request({ ':path': `${PATH}?watch=true` })
  await new Promise((resolve) => stream.once('response', resolve))
  stream.resume()
  const ended = new Promise((resolve) => stream.once('close', resolve))
  await other.stop()
  await ended
  client.destroy()
})

test('a client that does not read its answer for a minute is let go', async (t) => {
  const clock = fakeClock()
  const slow = await startTestApiServer({ tls: true, clock })
  t.after(() => slow.stop())
  for (const name of ['a', 'b', 'c'])
    await slow.client
      .resource(configMaps)
      .create({ metadata: { namespace: 'default', name }, data: { k: 'x'.repeat(900_000) } })
  const connection = connect(slow.url, { ca: slow.caCertificate })
  t.after(() => connection.destroy())
  const stream = connection.request({ ':path': PATH })
  const ended = new Promise<void>((resolve) => stream.once('error', () => resolve()).once('close', resolve))
  await new Promise((resolve) => stream.once('response', resolve))
  await clock.advance(59_000)
  assert.equal(stream.closed, false)
  await clock.advance(1_000)
  stream.resume()
  await ended
})
