import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { endpointSlices, endpoints, events, nodes, pods, services } from '#api/resources.ts'
import type { Pod, Service } from '#api/types/core.ts'
import type { EndpointSlice } from '#api/types/discovery.ts'
import { startTestApiServer, type TestApiServer } from '#apiserver/testing.ts'
import { startTestControllers, type TestControllers } from '#controllers/testing.ts'

let server: TestApiServer
let controllers: TestControllers

before(async () => {
  server = await startTestApiServer({ secured: true })
  controllers = await startTestControllers(server.client, {
    controllers: [
      'serviceaccount-controller',
      'endpoints-controller',
      'endpointslice-controller',
      'endpointslice-mirroring-controller',
      'garbage-collector-controller',
    ],
    livePods: true,
  })
  await server.client.resource(nodes).create({ metadata: { name: 'node-1' } })
  // Pods need the account of their namespace.
  const { serviceAccounts } = await import('#api/resources.ts')
  await controllers.until(serviceAccounts, 'default/default', (account) => account !== undefined)
})

after(async () => {
  await controllers.stop()
  await server.stop()
})

const service = (name: string, spec: object = {}): Service => ({
  metadata: { name, namespace: 'default' },
  spec: { selector: { app: name }, ports: [{ port: 80, targetPort: 8080 }], ...spec },
})

const pod = (name: string, app: string): Pod => ({
  metadata: { name, namespace: 'default', labels: { app } },
  spec: { containers: [{ name: 'c', image: 'i' }] },
})

/** The ready addresses of a Service's slices, sorted. */
function addresses(name: string): string[] {
  return slicesOf(name)
    .flatMap((slice) => slice.endpoints ?? [])
    .filter(({ conditions }) => conditions?.ready)
    .flatMap((endpoint) => endpoint.addresses)
    .sort()
}

const slicesOf = (name: string): readonly EndpointSlice[] =>
  controllers.informers
    .informer(endpointSlices)
    .list('default')
    .filter(({ metadata }) => metadata?.labels?.['kubernetes.io/service-name'] === name)

const slicesUntil = (holds: () => boolean) => controllers.untilAll(endpointSlices, holds)

test('pods that come and go are in the slices and in the Endpoints, once each', async () => {
  await server.client.resource(services).create(service('web'))
  for (const name of ['a', 'b', 'c']) await server.client.resource(pods).create(pod(name, 'web'))
  await slicesUntil(() => addresses('web').length === 3)
  assert.equal(slicesOf('web').length, 1)
  await controllers.until(endpoints, 'default/web', (object) => object?.subsets?.[0]?.addresses?.length === 3)
  await server.client.resource(pods).delete('default', 'b')
  await slicesUntil(() => addresses('web').length === 2)
  await controllers.until(endpoints, 'default/web', (object) => object?.subsets?.[0]?.addresses?.length === 2)
})

test('a Service without pods has an empty slice, and loses all with itself', async () => {
  await server.client.resource(services).create(service('none'))
  await slicesUntil(() => slicesOf('none').length === 1)
  await controllers.until(endpoints, 'default/none', (object) => object !== undefined)
  await server.client.resource(services).delete('default', 'none')
  await controllers.until(endpoints, 'default/none', (object) => object === undefined)
  await slicesUntil(() => slicesOf('none').length === 0)
})

test('a slice that somebody deletes or changes comes right again', async () => {
  await server.client.resource(services).create(service('fix'))
  await server.client.resource(pods).create(pod('f', 'fix'))
  await slicesUntil(() => addresses('fix').length === 1)
  const name = slicesOf('fix')[0]?.metadata?.name ?? ''
  await server.client.resource(endpointSlices).delete('default', name)
  await slicesUntil(() => addresses('fix').length === 1 && slicesOf('fix')[0]?.metadata?.name !== name)
  const again = slicesOf('fix')[0]?.metadata?.name ?? ''
  await server.client
    .resource(endpointSlices)
    .patch('default', again, 'merge', { endpoints: [{ addresses: ['10.9.9.9'] }] })
  await slicesUntil(() => addresses('fix').length === 1 && addresses('fix')[0] !== '10.9.9.9')
})

test('what has no selector is left alone, and its own Endpoints are mirrored', async () => {
  await server.client.resource(services).create(service('own', { selector: null }))
  const subsets = [
    { addresses: [{ ip: '10.1.2.3' }], notReadyAddresses: [{ ip: '10.1.2.4' }], ports: [{ port: 80 }] },
  ]
  await server.client.resource(endpoints).create({ metadata: { name: 'own', namespace: 'default' }, subsets })
  await slicesUntil(() => addresses('own').length === 1)
  const [slice] = slicesOf('own')
  assert.equal(
    slice?.metadata?.labels?.['endpointslice.kubernetes.io/managed-by'],
    'endpointslicemirroring-controller.k8s.io',
  )
  assert.deepEqual(slice?.ports, [{ name: '', port: 80, protocol: 'TCP' }])
  assert.deepEqual(
    slice?.endpoints?.map((endpoint) => [endpoint.addresses[0], endpoint.conditions?.ready]),
    [
      ['10.1.2.3', true],
      ['10.1.2.4', false],
    ],
  )
  const label = { metadata: { labels: { 'endpointslice.kubernetes.io/skip-mirror': 'true' } } }
  await server.client.resource(endpoints).patch('default', 'own', 'merge', label)
  await slicesUntil(() => slicesOf('own').length === 0)
})

test('many pods that come up at once bring no conflicts: what was written last is waited for', async () => {
  await server.client.resource(services).create(service('many'))
  await Promise.all(
    Array.from({ length: 20 }, (_, i) => server.client.resource(pods).create(pod(`many-${i}`, 'many'))),
  )
  await controllers.until(
    endpoints,
    'default/many',
    (object) => object?.subsets?.[0]?.addresses?.length === 20,
  )
  const { items } = await server.client.resource(events).list({ namespace: 'default' })
  assert.deepEqual(
    items.filter(({ reason }) => reason === 'FailedToUpdateEndpoint').map(({ message }) => message),
    [],
  )
})
