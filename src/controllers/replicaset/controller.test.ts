import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { events, pods, replicaSets, replicationControllers } from '#api/resources.ts'
import type { ReplicaSet } from '#api/types/apps.ts'
import type { Event, Pod, ReplicationController } from '#api/types/core.ts'
import { startTestApiServer, type TestApiServer } from '#apiserver/testing.ts'
import { startTestControllers, type TestControllers } from '#controllers/testing.ts'

let server: TestApiServer
let controllers: TestControllers

before(async () => {
  server = await startTestApiServer({ secured: true })
  controllers = await startTestControllers(server.client, {
    controllers: ['serviceaccount-controller', 'replicaset-controller', 'replicationcontroller-controller'],
    livePods: true,
  })
})

after(async () => {
  await controllers.stop()
  await server.stop()
})

const template = (app: string) => ({
  metadata: { labels: { app } },
  spec: { containers: [{ name: 'c', image: 'i' }] },
})

const set = (name: string, replicas: number): ReplicaSet => ({
  metadata: { name, namespace: 'default' },
  spec: { replicas, selector: { matchLabels: { app: name } }, template: template(name) },
})

const lone = (name: string, app: string): Pod => ({
  metadata: { name, namespace: 'default', labels: { app } },
  spec: template(app).spec,
})

const available = (name: string, count: number) =>
  controllers.until(
    replicaSets,
    `default/${name}`,
    (object) =>
      (object?.status?.availableReplicas ?? 0) === count &&
      object?.status?.replicas === count &&
      object.status.observedGeneration === object.metadata?.generation,
  )

const podsOf = async (app: string) =>
  (await server.client.resource(pods).list({ namespace: 'default', labelSelector: `app=${app}` })).items

test('as many pods as wanted, up and down, each told in an event', async () => {
  await server.client.resource(replicaSets).create(set('some', 3))
  await available('some', 3)
  await server.client.resource(replicaSets).patch('default', 'some', 'merge', { spec: { replicas: 1 } })
  await available('some', 1)
  const told = (reason: string, all: readonly Event[]) =>
    all.filter((event) => event.involvedObject.name === 'some' && event.reason === reason).length
  await controllers.untilAll(
    events,
    (all) => told('SuccessfulCreate', all) === 3 && told('SuccessfulDelete', all) === 2,
  )
})

test('a pod that goes is replaced', async () => {
  await server.client.resource(replicaSets).create(set('again', 2))
  await available('again', 2)
  const [first] = await podsOf('again')
  await server.client.resource(pods).delete('default', first?.metadata?.name ?? '')
  await controllers.until(pods, `default/${first?.metadata?.name}`, (pod) => pod === undefined)
  await available('again', 2)
  assert.equal((await podsOf('again')).length, 2)
})

test('an orphan that matches is adopted, and one too many is deleted', async () => {
  await server.client.resource(pods).create(lone('stray', 'take'))
  await server.client.resource(replicaSets).create(set('take', 1))
  const adopted = await controllers.until(
    pods,
    'default/stray',
    (pod) => pod?.metadata?.ownerReferences !== undefined,
  )
  assert.deepEqual(
    adopted?.metadata?.ownerReferences?.map(({ name, controller, blockOwnerDeletion }) => [
      name,
      controller,
      blockOwnerDeletion,
    ]),
    [['take', true, true]],
  )
  await available('take', 1)
  assert.equal((await podsOf('take')).length, 1)
})

test('a pod whose labels change is let go and replaced', async () => {
  await server.client.resource(replicaSets).create(set('loose', 1))
  await available('loose', 1)
  const [first] = await podsOf('loose')
  const name = first?.metadata?.name ?? ''
  await server.client
    .resource(pods)
    .patch('default', name, 'merge', { metadata: { labels: { app: 'debug' } } })
  await controllers.until(
    pods,
    `default/${name}`,
    (pod) => pod !== undefined && !pod.metadata?.ownerReferences,
  )
  const { informers } = controllers
  const count = () =>
    informers
      .informer(pods)
      .list('default')
      .filter(({ metadata }) => metadata?.labels?.['app'] === 'loose').length
  await controllers.until(
    replicaSets,
    'default/loose',
    (object) => object?.status?.availableReplicas === 1 && count() === 1,
  )
})

test('a large set is filled without a pod too many', async () => {
  const created = new Set<string>()
  const stop = controllers.informers.informer(pods).onChange(({ object }) => {
    if (object.metadata?.labels?.['app'] === 'many') created.add(object.metadata.uid ?? '')
  })
  await server.client.resource(replicaSets).create(set('many', 60))
  await available('many', 60)
  stop()
  assert.equal(created.size, 60)
})

test('what cannot be created is told in a condition', async () => {
  const broken = set('broken', 1)
  const spec = { containers: [{ name: 'c', image: 'i' }], serviceAccountName: 'nobody' }
  await server.client.resource(replicaSets).create({
    ...broken,
    spec: {
      ...broken.spec,
      template: { metadata: { labels: { app: 'broken' } }, spec },
    } as ReplicaSet['spec'] & object,
  })
  const failed = await controllers.until(
    replicaSets,
    'default/broken',
    (object) => object?.status?.conditions !== undefined,
  )
  const [condition] = failed?.status?.conditions ?? []
  assert.deepEqual([condition?.type, condition?.reason], ['ReplicaFailure', 'FailedCreate'])
  assert.match(condition?.message ?? '', /serviceaccount "nobody" not found/)
})

test('a ReplicationController does the same', async () => {
  const controller: ReplicationController = {
    metadata: { name: 'rc', namespace: 'default' },
    spec: { replicas: 2, selector: { app: 'rc' }, template: template('rc') },
  }
  await server.client.resource(replicationControllers).create(controller)
  const done = await controllers.until(
    replicationControllers,
    'default/rc',
    (object) => object?.status?.availableReplicas === 2,
  )
  assert.deepEqual(done?.status, {
    replicas: 2,
    fullyLabeledReplicas: 2,
    readyReplicas: 2,
    availableReplicas: 2,
    observedGeneration: 1,
  })
})
