import assert from 'node:assert/strict'
import http from 'node:http'
import type net from 'node:net'
import { after, before, test } from 'node:test'
import type { Probe } from '#api/types/core.ts'
import type { Runtime } from '#kubelet/cri/runtime.ts'
import { container } from '#kubelet/pods/fixtures.ts'
import { portNumber } from '#kubelet/probes/http-request.ts'
import { runProbe } from '#kubelet/probes/run-probe.ts'

let server: http.Server
let port: number

before(async () => {
  server = http.createServer((request, response) => {
    const { url = '/', headers } = request
    if (url === '/redirect') response.writeHead(302, { location: '/fine' })
    else if (url === '/away') response.writeHead(302, { location: 'http://example.invalid/' })
    else if (url === '/slow') return
    else response.writeHead(url === '/fine?x=1' || url === '/fine' ? 200 : 503)
    response.end(`${headers['x-probe'] ?? ''}`)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  port = (server.address() as net.AddressInfo).port
})

after(() => {
  server.closeAllConnections()
  server.close()
})

const runtime = {
  execSync: (_id: string, command: readonly string[]) =>
    Promise.resolve({
      exitCode: command[0] === 'true' ? 0 : 1,
      stdout: Buffer.from('out'),
      stderr: Buffer.from('err'),
    }),
} as unknown as Runtime

const run = (probe: Probe) =>
  runProbe(
    runtime,
    { timeoutSeconds: 1, ...probe },
    {
      container: container('main', { ports: [{ name: 'web', containerPort: port }] }),
      containerId: 'id',
      podIP: '127.0.0.1',
    },
  )

test('HTTP', async () => {
  const get = (path: string) =>
    run({ httpGet: { path, port: 'web', httpHeaders: [{ name: 'X-Probe', value: 'hi' }] } })
  assert.deepEqual(await get('/fine?x=1'), { result: 'success', output: 'hi' })
  assert.deepEqual(await get('/redirect'), { result: 'success', output: 'hi' })
  assert.deepEqual(await get('/bad'), { result: 'failure', output: 'HTTP probe failed with statuscode: 503' })
  assert.equal((await get('/away')).result, 'warning')
  assert.match((await get('/slow')).output, /context deadline exceeded/)
})

test('TCP', async () => {
  assert.equal((await run({ tcpSocket: { port } })).result, 'success')
  const refused = await run({ tcpSocket: { port: 1 } })
  assert.deepEqual(refused, {
    result: 'failure',
    output: 'dial tcp 127.0.0.1:1: connect: connection refused',
  })
})

test('exec', async () => {
  assert.deepEqual(await run({ exec: { command: ['true'] } }), { result: 'success', output: 'outerr' })
  assert.equal((await run({ exec: { command: ['false'] } })).result, 'failure')
})

test('gRPC to somebody who does not speak it', async () => {
  assert.match(
    (await run({ grpc: { port: 1 } })).output,
    /^timeout: failed to connect service "127\.0\.0\.1:1" within 1s/,
  )
})

test('ports by name', () => {
  const named = container('main', { ports: [{ name: 'web', containerPort: 80 }] })
  assert.equal(portNumber(named, 'web'), 80)
  assert.equal(portNumber(named, '81'), 81)
  assert.throws(() => portNumber(named, 'none'), {
    message: 'couldn\'t find port: "none" in container ports',
  })
})
