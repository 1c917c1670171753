import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { JsonObject } from '#api/meta/object.ts'
import { StatusError } from '#api/meta/status.ts'
import { nodes, pods, serviceAccounts } from '#api/resources.ts'
import { startTestApiServer, type TestApiServer } from '#apiserver/testing.ts'
import { type Client, createClient } from '#client/client.ts'
import type { Meter } from '#metrics/meter.ts'
import { answerMetrics } from '#metrics/resource-metrics.ts'
import type { Measured } from '#metrics/usage.ts'

let server: TestApiServer
let client: Client

const AT = Date.UTC(2026, 0, 1, 12)
const usage = { cpuNanocores: 12_345_678.4, memoryBytes: 5_000 }
const measured: Measured = {
  atMs: AT,
  windowMs: 63_500,
  node: usage,
  pods: new Map([['default/web', new Map([['app', usage]])]]),
}
/** Of node-2 nothing is known. */
const meter: Meter = {
  of: async (node) => (node === 'node-1' ? measured : undefined),
  anew: async () => ({
    ...measured,
    pods: new Map([...measured.pods, ['default/young', new Map([['app', usage]])]]),
  }),
  keepOnly() {},
}

before(async () => {
  server = await startTestApiServer()
  client = createClient(server.transport)
  for (const name of ['node-1', 'node-2']) {
    await client.resource(nodes).create({ metadata: { name, labels: { zone: name } } })
  }
  await client.resource(serviceAccounts).create({ metadata: { namespace: 'default', name: 'default' } })
  for (const [name, nodeName] of [
    ['web', 'node-1'],
    ['new', 'node-1'],
    ['far', 'node-2'],
  ] as const) {
    const metadata = { namespace: 'default', name, labels: { app: name } }
    const created = await client
      .resource(pods)
      .create({ metadata, spec: { nodeName, containers: [{ name: 'app', image: 'app' }] } })
    await client.resource(pods).updateStatus({ ...created, status: { phase: 'Running' } })
  }
})

after(() => server.stop())

const ROOT = '/apis/metrics.k8s.io/v1beta1'
const answer = (path: string, query: Record<string, string> = {}): Promise<JsonObject | undefined> =>
  answerMetrics(client, meter, path, new URLSearchParams(query))

const namesIn = (list: JsonObject | undefined): readonly string[] =>
  ((list?.['items'] ?? []) as { metadata: { name: string } }[]).map(({ metadata }) => metadata.name)

test('a node has what it uses, when and over how long', async () => {
  assert.deepEqual(await answer(`${ROOT}/nodes/node-1`), {
    kind: 'NodeMetrics',
    apiVersion: 'metrics.k8s.io/v1beta1',
    metadata: { name: 'node-1', creationTimestamp: '2026-01-01T12:00:00Z', labels: { zone: 'node-1' } },
    timestamp: '2026-01-01T12:00:00Z',
    window: '1m3.5s',
    usage: { cpu: '12345678n', memory: '4Ki' },
  })
})

test('a pod has it for each container', async () => {
  const found = await answer(`${ROOT}/namespaces/default/pods/web`)
  assert.deepEqual(found?.['containers'], [{ name: 'app', usage: { cpu: '12345678n', memory: '4Ki' } }])
})

test('lists have what is known, and take selectors', async () => {
  assert.deepEqual(namesIn(await answer(`${ROOT}/nodes`)), ['node-1'])
  assert.deepEqual(namesIn(await answer(`${ROOT}/pods`)), ['web'])
  assert.deepEqual(namesIn(await answer(`${ROOT}/namespaces/default/pods`)), ['web'])
  assert.deepEqual(namesIn(await answer(`${ROOT}/namespaces/other/pods`)), [])
  assert.deepEqual(namesIn(await answer(`${ROOT}/pods`, { labelSelector: 'app=far' })), [])
  assert.deepEqual(namesIn(await answer(`${ROOT}/pods`, { fieldSelector: 'metadata.name=web' })), ['web'])
})

test('a pod that has begun since is measured anew', async () => {
  const metadata = { namespace: 'default', name: 'young' }
  const spec = { nodeName: 'node-1', containers: [{ name: 'app', image: 'app' }] }
  const created = await client.resource(pods).create({ metadata, spec })
  const startedAt = '2026-01-01T11:59:58Z'
  const app = { name: 'app', image: 'app', imageID: '', ready: true, restartCount: 0 }
  const containerStatuses = [{ ...app, state: { running: { startedAt } } }]
  await client.resource(pods).updateStatus({ ...created, status: { phase: 'Running', containerStatuses } })
  assert.equal((await answer(`${ROOT}/namespaces/default/pods/young`))?.['kind'], 'PodMetrics')
  assert.deepEqual(namesIn(await answer(`${ROOT}/pods`)), ['web', 'young'])
})

test('what is not there, or not known, is not found', async () => {
  for (const [path, message] of [
    ['/nodes/node-2', 'nodemetrics.metrics.k8s.io "node-2" not found'],
    ['/nodes/other', 'nodemetrics.metrics.k8s.io "other" not found'],
    ['/namespaces/default/pods/new', 'podmetrics.metrics.k8s.io "default/new" not found'],
    ['/namespaces/default/pods/other', 'podmetrics.metrics.k8s.io "default/other" not found'],
  ] as const) {
    await assert.rejects(answer(`${ROOT}${path}`), (error: unknown) => {
      assert.ok(error instanceof StatusError)
      assert.deepEqual([error.code, error.message], [404, message])
      return true
    })
  }
})

test('discovery says what there is, and other paths are nobody’s', async () => {
  const resources = (await answer(ROOT))?.['resources'] as { name: string }[]
  assert.deepEqual(
    resources.map(({ name }) => name),
    ['nodes', 'pods'],
  )
  for (const path of [
    '/apis/apps/v1',
    `${ROOT}/secrets`,
    `${ROOT}/nodes/a/b`,
    `${ROOT}/namespaces/a/nodes`,
  ]) {
    assert.equal(await answer(path), undefined, path)
  }
})
