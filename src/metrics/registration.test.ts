import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { isNotFound } from '#api/meta/status.ts'
import { apiServices, endpoints, services } from '#api/resources.ts'
import { startTestApiServer } from '#apiserver/testing.ts'
import { type Client, createClient } from '#client/client.ts'
import { NAME, NAMESPACE, register, withdraw } from '#metrics/registration.ts'

const API = 'v1beta1.metrics.k8s.io'
const own = { address: '192.0.2.1', port: 4443, certificate: 'PEM' }

async function started(context: TestContext): Promise<Client> {
  const server = await startTestApiServer()
  context.after(() => server.stop())
  return createClient(server.transport)
}

test('the API leads to the server, also when that comes back elsewhere', async (context) => {
  const client = await started(context)
  assert.equal(await register(client, own), true)
  assert.equal(await register(client, { ...own, port: 5443, certificate: 'OTHER' }), true)
  const { spec } = await client.resource(apiServices).get('', API)
  assert.equal(spec?.caBundle, Buffer.from('OTHER').toString('base64'))
  assert.deepEqual(spec?.service, { namespace: NAMESPACE, name: NAME, port: 443 })
  const { subsets } = await client.resource(endpoints).get(NAMESPACE, NAME)
  assert.deepEqual(subsets, [
    { addresses: [{ ip: '192.0.2.1' }], ports: [{ name: 'https', port: 5443, protocol: 'TCP' }] },
  ])
})

test('nothing is written when nothing has changed', async (context) => {
  const client = await started(context)
  await register(client, own)
  const before = await client.resource(apiServices).get('', API)
  await register(client, own)
  assert.equal(
    (await client.resource(apiServices).get('', API)).metadata?.resourceVersion,
    before.metadata?.resourceVersion,
  )
})

test('what was registered can be taken out, and only that', async (context) => {
  const client = await started(context)
  await withdraw(client)
  await register(client, own)
  await withdraw(client)
  await assert.rejects(client.resource(apiServices).get('', API), isNotFound)
  await assert.rejects(client.resource(services).get(NAMESPACE, NAME), isNotFound)
})

test('a metrics-server that somebody has installed stays', async (context) => {
  const client = await started(context)
  await client.resource(services).create({
    metadata: { namespace: NAMESPACE, name: NAME, labels: { 'k8s-app': NAME } },
    spec: { selector: { 'k8s-app': NAME }, ports: [{ port: 443, protocol: 'TCP' }] },
  })
  assert.equal(await register(client, own), false)
  await withdraw(client)
  assert.equal((await client.resource(services).get(NAMESPACE, NAME)).metadata?.name, NAME)
})
