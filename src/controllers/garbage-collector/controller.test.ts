import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { KubeObject, OwnerReference } from '#api/meta/object.ts'
import { configMaps, events, namespaces, secrets } from '#api/resources.ts'
import type { ConfigMap, Event, Secret } from '#api/types/core.ts'
import { startTestApiServer, type TestApiServer } from '#apiserver/testing.ts'
import { startTestControllers, type TestControllers } from '#controllers/testing.ts'

let server: TestApiServer
let controllers: TestControllers

before(async () => {
  server = await startTestApiServer({ secured: true })
  controllers = await startTestControllers(server.client, { controllers: ['garbage-collector-controller'] })
})

after(async () => {
  await controllers.stop()
  await server.stop()
})

const ownerOf = (owner: KubeObject, more: Partial<OwnerReference> = {}): OwnerReference => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  name: owner.metadata?.name ?? '',
  uid: owner.metadata?.uid ?? '',
  ...more,
})

const map = (
  name: string,
  ownerReferences: OwnerReference[] = [],
  namespace = 'default',
): Promise<ConfigMap> =>
  server.client.resource(configMaps).create({ metadata: { name, namespace, ownerReferences } })

const secret = (
  name: string,
  ownerReferences: OwnerReference[],
  finalizers: string[] = [],
): Promise<Secret> =>
  server.client
    .resource(secrets)
    .create({ metadata: { name, namespace: 'default', ownerReferences, finalizers } })

const mapGone = (name: string) =>
  controllers.until(configMaps, `default/${name}`, (object) => object === undefined)
const secretGone = (name: string) =>
  controllers.until(secrets, `default/${name}`, (object) => object === undefined)
const remove = (name: string, propagationPolicy: 'Background' | 'Foreground' | 'Orphan') =>
  server.client.resource(configMaps).delete('default', name, { propagationPolicy })

test('what loses its only owner goes, over several steps', async () => {
  const top = await map('top')
  const middle = await map('middle', [ownerOf(top)])
  await secret('bottom', [ownerOf(middle)])
  await remove('top', 'Background')
  await secretGone('bottom')
  await mapGone('middle')
})

test('what has another owner stays, and forgets the one that went', async () => {
  const [a, b] = [await map('a'), await map('b')]
  await secret('shared', [ownerOf(a), ownerOf(b)])
  await remove('a', 'Background')
  const kept = await controllers.until(
    secrets,
    'default/shared',
    (object) => object?.metadata?.ownerReferences?.length === 1,
  )
  assert.equal(kept?.metadata?.ownerReferences?.[0]?.name, 'b')
})

test('foreground: the owner waits for those that block it', async () => {
  const owner = await map('last')
  await secret('first', [ownerOf(owner, { blockOwnerDeletion: true })], ['example.com/hold'])
  await remove('last', 'Foreground')
  await controllers.until(
    secrets,
    'default/first',
    (object) => object?.metadata?.deletionTimestamp !== undefined,
  )
  const waiting = await server.client.resource(configMaps).get('default', 'last')
  assert.deepEqual(waiting.metadata?.finalizers, ['foregroundDeletion'])
  await server.client.resource(secrets).patch('default', 'first', 'merge', { metadata: { finalizers: null } })
  await mapGone('last')
})

test('orphan: the dependents stay, without their owner', async () => {
  const owner = await map('parent')
  await secret('child', [ownerOf(owner, { blockOwnerDeletion: true })])
  // The collector has to know of the child before the parent asks for it to be let go.
  await controllers.until(secrets, 'default/child', (object) => object !== undefined)
  await remove('parent', 'Orphan')
  await mapGone('parent')
  const child = await server.client.resource(secrets).get('default', 'child')
  assert.equal(child.metadata?.ownerReferences, undefined)
})

test('a ring of owners can be deleted in the foreground', async () => {
  const one = await map('one')
  const two = await map('two', [ownerOf(one, { blockOwnerDeletion: true })])
  await server.client.resource(configMaps).patch('default', 'one', 'merge', {
    metadata: { ownerReferences: [ownerOf(two, { blockOwnerDeletion: true })] },
  })
  await controllers.until(
    configMaps,
    'default/one',
    (object) => object?.metadata?.ownerReferences !== undefined,
  )
  await remove('one', 'Foreground')
  await mapGone('one')
  await mapGone('two')
})

test('what is created with an owner that is gone goes', async () => {
  await secret('late', [
    { apiVersion: 'v1', kind: 'ConfigMap', name: 'never', uid: '00000000-0000-4000-8000-000000000000' },
  ])
  await secretGone('late')
})

test('an owner of the same name and another UID is not the owner', async () => {
  const real = await map('twin')
  await secret('fooled', [ownerOf(real, { uid: '00000000-0000-4000-8000-000000000001' })])
  await secretGone('fooled')
})

test('an owner in another namespace is none, and that is told', async () => {
  await server.client.resource(namespaces).create({ metadata: { name: 'other' } })
  const far = await map('far', [], 'other')
  await secret('near', [ownerOf(far)])
  await secretGone('near')
  const about = (all: readonly Event[]) => all.find(({ involvedObject }) => involvedObject.name === 'near')
  const told = about(await controllers.untilAll(events, (all) => about(all) !== undefined))
  assert.equal(told?.reason, 'OwnerRefInvalidNamespace')
  assert.equal(
    told?.message,
    `ownerRef [v1/ConfigMap, namespace: default, name: far, uid: ${far.metadata?.uid}] does not exist in namespace "default"`,
  )
})

test('an owner of a kind that nobody serves saves its dependent', async () => {
  await secret('kept', [{ apiVersion: 'example.com/v1', kind: 'Nothing', name: 'x', uid: 'x' }])
  const owner = await map('marker')
  await secret('after', [ownerOf(owner)])
  await remove('marker', 'Background')
  await secretGone('after')
  assert.ok(await server.client.resource(secrets).get('default', 'kept'))
})
