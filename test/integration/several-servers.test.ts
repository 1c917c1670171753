// Several API servers on one etcd: what one writes the other shows at once; who dies is dropped; watches go on.

import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { after, before, test } from 'node:test'
import { isAlreadyExists } from '#api/meta/status.ts'
import { configMaps, endpointSlices, endpoints, leases, services } from '#api/resources.ts'
import type { Endpoints } from '#api/types/core.ts'
import { type Client, createClient } from '#client/client.ts'
import { createHttpsTransport, type HttpsTransport } from '#client/https-transport.ts'
import { createInformer } from '#client/informer.ts'
import { hasEtcd, startTestEtcd, type TestEtcd } from '#store/etcd/testing.ts'
import { systemClock } from '#sys/clock.ts'
import { silentLogger } from '#sys/log.ts'
import { freePort } from '#sys/ports.ts'
import { systemRandom } from '#sys/random.ts'

const skip = hasEtcd() ? false : 'etcd is not installed'
const LAUNCHER = path.resolve(import.meta.dirname, '../../../bin/k8ts.mjs')
const BASE = { clock: systemClock, random: systemRandom, log: silentLogger }
const ADDRESSES = ['192.0.2.1', '192.0.2.2'] as const

interface Server {
  readonly url: string
  readonly process: ChildProcess
  readonly client: Client
  readonly transport: HttpsTransport
}

let folder: string
let etcd: TestEtcd
let first: Server
let second: Server
const transports: HttpsTransport[] = []
const processes: ChildProcess[] = []

/** Starts one; resolves when it says that it answers, rejects with what it said when it ends before. */
async function startServer(flags: Readonly<Record<string, string>>): Promise<ChildProcess> {
  const args = Object.entries(flags).flatMap(([name, value]) => [`--${name}`, value])
  const command = ['--pdeathsig', 'KILL', process.execPath, LAUNCHER, 'apiserver', ...args]
  const child = spawn('setpriv', command, { stdio: ['ignore', 'pipe', 'pipe'] })
  processes.push(child)
  let said = ''
  await new Promise<void>((resolve, reject) => {
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (chunk: Buffer) => {
        said = (said + chunk.toString('utf8')).slice(-10_000)
        if (said.includes('API server answers')) resolve()
      })
    child.once('close', (code) => reject(new Error(`the API server ended with ${code}: ${said}`)))
  })
  return child
}

async function stopServer(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  child.kill('SIGTERM')
  await once(child, 'exit')
}

const sharing = (address: string, port: number) => ({
  'data-dir': path.join(folder, address),
  'pki-dir': path.join(folder, 'pki'),
  'etcd-servers': etcd.endpoint,
  'bind-address': '127.0.0.1',
  'advertise-address': address,
  port: String(port),
})

async function transportTo(...servers: readonly string[]): Promise<HttpsTransport> {
  const read = (name: string) => readFile(path.join(folder, 'pki', name), 'utf8')
  const [ca, cert, key] = await Promise.all([read('ca.crt'), read('admin.crt'), read('admin.key')])
  const credentials = () => ({ cert, key })
  const transport = createHttpsTransport({ servers, ca, credentials, userAgent: 'test', clock: systemClock })
  transports.push(transport)
  return transport
}

before(async () => {
  if (skip) return
  folder = await mkdtemp(path.join(tmpdir(), 'k8ts-servers-'))
  etcd = await startTestEtcd()
  // both at once, on an empty store and an empty folder of certificates
  const ports = await Promise.all(ADDRESSES.map(() => freePort()))
  const started = await Promise.all(
    ADDRESSES.map((address, index) => startServer(sharing(address, ports[index]!))),
  )
  const servers = await Promise.all(
    started.map(async (child, index): Promise<Server> => {
      const url = `https://127.0.0.1:${ports[index]}`
      const transport = await transportTo(url)
      return { url, process: child, transport, client: createClient(transport) }
    }),
  )
  first = servers[0]!
  second = servers[1]!
})

after(async () => {
  if (skip) return
  for (const transport of transports) transport.close()
  for (const child of processes) await stopServer(child)
  await etcd.stop()
  await rm(folder, { recursive: true, force: true })
})

test('what one server wrote, the other lists and gets at once', { skip, timeout: 60_000 }, async () => {
  for (let index = 0; index < 30; index++) {
    const [writer, reader] = index % 2 === 0 ? [first, second] : [second, first]
    const written = await writer.client
      .resource(configMaps)
      .create({ metadata: { namespace: 'default', name: `m-${index}` } })
    const read = await reader.client.resource(configMaps).get('default', `m-${index}`)
    assert.equal(read.metadata?.resourceVersion, written.metadata?.resourceVersion)
    const { items } = await reader.client.resource(configMaps).list({ namespace: 'default' })
    assert.ok(items.some(({ metadata }) => metadata?.name === `m-${index}`))
  }
})

test('a name, an address and a node port are given out once', { skip, timeout: 60_000 }, async () => {
  const outcomes = await Promise.allSettled(
    [first, second].map(({ client }) =>
      client.resource(configMaps).create({ metadata: { namespace: 'default', name: 'race' } }),
    ),
  )
  const failures = outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [outcome.reason] : []))
  assert.equal(failures.length, 1)
  assert.ok(isAlreadyExists(failures[0]))
  const made = await Promise.all(
    Array.from({ length: 40 }, (_unused, index) =>
      (index % 2 === 0 ? first : second).client.resource(services).create({
        metadata: { namespace: 'default', name: `s-${index}` },
        spec: { type: 'NodePort', ports: [{ port: 80 }] },
      }),
    ),
  )
  assert.equal(new Set(made.map(({ spec }) => spec?.clusterIP)).size, 40)
  assert.equal(new Set(made.map(({ spec }) => spec?.ports?.[0]?.nodePort)).size, 40)
})

test('both are endpoints of the kubernetes service, and each has its identity', {
  skip,
  timeout: 60_000,
}, async () => {
  await endpointsAre(first.client, ADDRESSES)
  const identities = await second.client
    .resource(leases)
    .list({ namespace: 'kube-system', labelSelector: 'apiserver.kubernetes.io/identity=kube-apiserver' })
  assert.equal(identities.items.length, 2)
  for (const { metadata, spec } of identities.items) {
    assert.match(metadata?.name ?? '', /^apiserver-[a-z2-7]{26}$/)
    assert.equal(spec?.leaseDurationSeconds, 3600)
  }
})

test('when one is killed, watches go on with the other, and the service forgets the dead', {
  skip,
  timeout: 90_000,
}, async () => {
  const client = createClient(await transportTo(first.url, second.url))
  const controller = new AbortController()
  const informer = createInformer(configMaps, { namespace: 'default' }, { client, ...BASE })
  const running = informer.run(controller.signal)
  await informer.whenSynced()
  const versions: number[] = []
  let deleted = 0
  const seen = new Promise<void>((resolve) => {
    informer.onChange(({ type, object }) => {
      if (type === 'deleted') deleted++
      if (!object.metadata?.name?.startsWith('after-')) return
      versions.push(Number(object.metadata.resourceVersion))
      if (object.metadata.name === 'after-19') resolve()
    })
  })
  first.process.kill('SIGKILL')
  await once(first.process, 'exit')
  for (let index = 0; index < 20; index++) {
    const metadata = { namespace: 'default', name: `after-${index}` }
    await second.client.resource(configMaps).create({ metadata })
  }
  await seen
  assert.equal(versions.length, 20)
  assert.deepEqual(
    versions,
    [...versions].sort((a, b) => a - b),
  )
  assert.equal(deleted, 0)
  controller.abort()
  await running
  const started = systemClock.monotonic()
  await endpointsAre(second.client, [ADDRESSES[1]])
  assert.ok(systemClock.monotonic() - started < 20_000)
  const slice = await second.client.resource(endpointSlices).get('default', 'kubernetes')
  assert.deepEqual(
    slice.endpoints?.flatMap(({ addresses }) => addresses),
    [ADDRESSES[1]],
  )
})

/** Watches `default/kubernetes` until its endpoints are these. */
async function endpointsAre(client: Client, addresses: readonly string[]): Promise<void> {
  const controller = new AbortController()
  const wanted = addresses.join(' ')
  let last = ''
  await client.resource(endpoints).watch(
    { namespace: 'default', fieldSelector: 'metadata.name=kubernetes' },
    ({ object }) => {
      last = ((object as Endpoints).subsets ?? [])
        .flatMap((subset) => (subset.addresses ?? []).map(({ ip }) => ip))
        .sort()
        .join(' ')
      if (last === wanted) controller.abort()
    },
    controller.signal,
  )
  assert.equal(last, wanted)
}

test('an embedded store is not shared: the second server says so and ends', { timeout: 60_000 }, async () => {
  const directory = await mkdtemp(path.join(tmpdir(), 'k8ts-embedded-'))
  const flags = async () => ({
    'data-dir': directory,
    'bind-address': '127.0.0.1',
    port: String(await freePort()),
  })
  const owner = await startServer(await flags())
  try {
    await assert.rejects(
      startServer(await flags()),
      /ended with 1: .*is in use by another process; .*several API servers share an etcd \(--etcd-servers\)/s,
    )
  } finally {
    await stopServer(owner)
    await rm(directory, { recursive: true, force: true })
  }
})
