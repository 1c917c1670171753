import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { configMaps, namespaces, pods, secrets, serviceAccounts } from '#api/resources.ts'
import { startTestApiServer, type TestApiServer } from '#apiserver/testing.ts'
import { ROOT_CA_NAME } from '#controllers/root-ca-publisher/plan.ts'
import { startTestControllers, type TestControllers } from '#controllers/testing.ts'

let server: TestApiServer
let controllers: TestControllers

before(async () => {
  server = await startTestApiServer({ secured: true })
  controllers = await startTestControllers(server.client, {
    controllers: [
      'namespace-controller',
      'serviceaccount-controller',
      'root-ca-certificate-publisher-controller',
    ],
    settings: { rootCA: 'PEM' },
    clientFor: (account) =>
      server.clientAs({
        name: `system:serviceaccount:kube-system:${account}`,
        groups: ['system:serviceaccounts', 'system:serviceaccounts:kube-system', 'system:authenticated'],
      }),
  })
})

after(async () => {
  await controllers.stop()
  await server.stop()
})

async function newNamespace(name: string): Promise<void> {
  await server.client.resource(namespaces).create({ metadata: { name } })
  await controllers.until(serviceAccounts, `${name}/default`, (account) => account !== undefined)
}

test('a new namespace gets its account and the root certificate, and gets them back', async () => {
  await newNamespace('new')
  const published = await controllers.until(configMaps, `new/${ROOT_CA_NAME}`, (map) => map !== undefined)
  assert.deepEqual(published?.data, { 'ca.crt': 'PEM' })
  await server.client.resource(serviceAccounts).delete('new', 'default')
  await controllers.until(serviceAccounts, 'new/default', (account) => account !== undefined)
  await server.client
    .resource(configMaps)
    .patch('new', ROOT_CA_NAME, 'merge', { data: { 'ca.crt': 'forged' } })
  await controllers.until(configMaps, `new/${ROOT_CA_NAME}`, (map) => map?.data?.['ca.crt'] === 'PEM')
})

test('a namespace is emptied, all kinds of it, and goes', async () => {
  await newNamespace('full')
  await server.client.resource(secrets).create({ metadata: { name: 's', namespace: 'full' } })
  await server.client.resource(namespaces).delete('', 'full')
  await controllers.until(namespaces, 'full', (namespace) => namespace === undefined)
  assert.deepEqual((await server.client.resource(secrets).list({ namespace: 'full' })).items, [])
  assert.deepEqual((await server.client.resource(configMaps).list({ namespace: 'full' })).items, [])
})

test('pods go before everything else, and the wait for them is told', async () => {
  await newNamespace('slow')
  await server.client.resource(secrets).create({ metadata: { name: 'kept', namespace: 'slow' } })
  await server.client.resource(pods).create({
    metadata: { name: 'p', namespace: 'slow', finalizers: ['example.com/wait'] },
    spec: { containers: [{ name: 'c', image: 'i' }] },
  })
  await server.client.resource(namespaces).delete('', 'slow')
  const waiting = await controllers.until(
    namespaces,
    'slow',
    (namespace) => (namespace?.status?.conditions ?? []).length > 0,
  )
  assert.equal(waiting?.status?.phase, 'Terminating')
  assert.equal((await server.client.resource(secrets).get('slow', 'kept')).metadata?.name, 'kept')
  await server.client.resource(pods).patch('slow', 'p', 'merge', { metadata: { finalizers: null } })
  await controllers.until(namespaces, 'slow', (namespace) => namespace === undefined)
})

test('what its finalizers hold back is told by kind and by finalizer', async () => {
  await newNamespace('held')
  await server.client
    .resource(configMaps)
    .create({ metadata: { name: 'm', namespace: 'held', finalizers: ['example.com/hold'] } })
  await server.client.resource(namespaces).delete('', 'held')
  const held = await controllers.until(namespaces, 'held', (namespace) =>
    (namespace?.status?.conditions ?? []).some(
      (condition) => condition.type === 'NamespaceContentRemaining' && condition.status === 'True',
    ),
  )
  const message = (type: string) =>
    held?.status?.conditions?.find((condition) => condition.type === type)?.message
  assert.equal(
    message('NamespaceContentRemaining'),
    'Some resources are remaining: configmaps. has 1 resource instances',
  )
  assert.equal(
    message('NamespaceFinalizersRemaining'),
    'Some content in the namespace has finalizers remaining: example.com/hold in 1 resource instances',
  )
  await server.client.resource(configMaps).patch('held', 'm', 'merge', { metadata: { finalizers: null } })
})
