import assert from 'node:assert/strict'
import { createServer, type Server } from 'node:https'
import type { AddressInfo } from 'node:net'
import { after, before, test } from 'node:test'
import { WebSocket, WebSocketServer } from 'ws'
import { nodes, pods } from '#api/resources.ts'
import { startTestApiServer, type TestApiServer } from '#apiserver/testing.ts'
import { createTestPki } from '#apiserver/testing-pki.ts'
import { systemRandom } from '#sys/random.ts'

let kubelet: Server
let api: TestApiServer
/** What the kubelet was asked, in order. */
const asked: string[] = []

/** Echoes what comes over a WebSocket; answers logs; refuses /refused. */
function startKubelet(): Promise<Server> {
  const { server } = createTestPki(systemRandom)
  const sockets = new WebSocketServer({
    noServer: true,
    handleProtocols: (offered) => [...offered][0] ?? false,
  })
  const listening = createServer({ cert: server.cert, key: server.key }, (request, reply) => {
    asked.push(`${request.method} ${request.url}`)
    if (request.url?.includes('/gone/')) {
      reply.writeHead(404)
      reply.end('no such container')
      return
    }
    reply.write('line 1\n')
    reply.end('line 2\n')
  })
  listening.on('upgrade', (request, socket, head) => {
    asked.push(`${request.method} ${request.url}`)
    if (request.url?.includes('command=refuse')) {
      socket.end('HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\nConnection: close\r\n\r\nno')
      return
    }
    sockets.handleUpgrade(request, socket, head, (connection) => {
      connection.on('message', (data) => connection.send(data))
    })
  })
  return new Promise((resolve) => listening.listen(0, '127.0.0.1', () => resolve(listening)))
}

before(async () => {
  kubelet = await startKubelet()
  api = await startTestApiServer({ tls: true })
  const port = (kubelet.address() as AddressInfo).port
  await api.client.resource(nodes).create({ metadata: { name: 'n1' } })
  await api.client.resource(nodes).updateStatus({
    metadata: { name: 'n1' },
    status: {
      addresses: [{ type: 'InternalIP', address: '127.0.0.1' }],
      daemonEndpoints: { kubeletEndpoint: { Port: port } },
    },
  })
  for (const [name, nodeName] of [
    ['bound', 'n1'],
    ['gone', 'n1'],
    ['unbound', ''],
  ] as const) {
    await api.client.resource(pods).create({
      metadata: { name, namespace: 'default' },
      spec: { containers: [{ name: 'main', image: 'i' }], ...(nodeName !== '' && { nodeName }) },
    })
  }
})

after(async () => {
  await api.stop()
  kubelet.closeAllConnections()
  await new Promise((resolve) => kubelet.close(resolve))
})

const POD = '/api/v1/namespaces/default/pods'

function open(path: string): WebSocket {
  return new WebSocket(`${api.url}${path}`.replace('https', 'wss'), ['v5.channel.k8s.io'], {
    ca: api.caCertificate,
  })
}

test('exec ties the client to the kubelet, whatever they say to each other', async () => {
  const socket = open(`${POD}/bound/exec?command=sh&command=-c&stdin=true&stdout=true&tty=true`)
  await new Promise((resolve, reject) => socket.once('open', resolve).once('error', reject))
  assert.equal(socket.protocol, 'v5.channel.k8s.io')
  const echoed = new Promise<Buffer>((resolve) => socket.once('message', resolve))
  socket.send(Buffer.from('\0hello'))
  assert.equal((await echoed).toString(), '\0hello')
  const closed = new Promise((resolve) => socket.once('close', resolve))
  socket.close()
  await closed
  assert.equal(
    asked.at(-1),
    'GET /exec/default/bound/main?input=1&output=1&error=1&tty=1&command=sh&command=-c',
  )
})

test('portforward names its ports', async () => {
  const socket = open(`${POD}/bound/portforward?ports=80&ports=443`)
  await new Promise((resolve, reject) => socket.once('open', resolve).once('error', reject))
  socket.terminate()
  assert.equal(asked.at(-1), 'GET /portForward/default/bound?port=80%2C443')
})

const refusals: readonly [string, string, number][] = [
  ['a pod without a node', `${POD}/unbound/exec?command=sh`, 400],
  ['an unknown container', `${POD}/bound/exec?command=sh&container=other`, 400],
  ['an unknown pod', `${POD}/none/attach`, 404],
  ['a refusal of the kubelet', `${POD}/bound/exec?command=refuse`, 403],
]

for (const [name, path, code] of refusals) {
  test(`${name} is answered with ${code}`, async () => {
    const socket = open(path)
    const answered = await new Promise<number>((resolve, reject) => {
      socket.once('unexpected-response', (_request, answer) => {
        answer.resume()
        resolve(answer.statusCode ?? 0)
      })
      socket.once('open', () => reject(new Error('it was let in')))
    })
    assert.equal(answered, code)
  })
}

test('logs are passed on as they come', async () => {
  const read = async (path: string) => {
    const answer = await api.server.handle({
      head: {
        method: 'GET',
        path: path.split('?')[0]!,
        query: new URLSearchParams(path.split('?')[1]),
        headers: {},
        remoteAddress: '',
      },
      rawUrl: path,
      body: { type: 'none' },
      signal: new AbortController().signal,
    })
    return answer.response
  }
  const response = await read(`${POD}/bound/log?tailLines=5&follow=true`)
  assert.equal(response.type, 'stream')
  let text = ''
  if (response.type === 'stream') for await (const chunk of response.body) text += String(chunk)
  assert.equal(text, 'line 1\nline 2\n')
  assert.equal(asked.at(-1), 'GET /containerLogs/default/bound/main?follow=true&tailLines=5&stream=All')
  const unbound = await read(`${POD}/unbound/log`)
  assert.equal(unbound.type === 'raw' && unbound.code, 204)
  const gone = await read(`${POD}/gone/log`)
  assert.equal(gone.type === 'object' && gone.code, 404)
  const wrong = await read(`${POD}/bound/log?tailLines=-1`)
  assert.equal(wrong.type === 'object' && wrong.code, 422)
})
