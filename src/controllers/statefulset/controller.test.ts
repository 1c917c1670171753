import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { controllerRevisions, events, persistentVolumeClaims, pods, statefulSets } from '#api/resources.ts'
import type { StatefulSet, StatefulSetSpec } from '#api/types/apps.ts'
import { startTestApiServer, type TestApiServer } from '#apiserver/testing.ts'
import { startTestControllers, type TestControllers } from '#controllers/testing.ts'

let server: TestApiServer
let controllers: TestControllers

before(async () => {
  server = await startTestApiServer({ secured: true })
  controllers = await startTestControllers(server.client, {
    controllers: [
      'serviceaccount-controller',
      'statefulset-controller',
      'garbage-collector-controller',
      'persistentvolumeclaim-protection-controller',
    ],
    livePods: true,
  })
})

after(async () => {
  await controllers.stop()
  await server.stop()
})

const set = (name: string, spec: Partial<StatefulSetSpec> = {}): StatefulSet => ({
  metadata: { name, namespace: 'default' },
  spec: {
    replicas: 3,
    serviceName: name,
    selector: { matchLabels: { app: name } },
    template: { metadata: { labels: { app: name } }, spec: { containers: [{ name: 'c', image: 'i' }] } },
    ...spec,
  },
})

const available = (name: string, count: number) =>
  controllers.until(
    statefulSets,
    `default/${name}`,
    (object) =>
      (object?.status?.availableReplicas ?? 0) === count &&
      object?.status?.replicas === count &&
      (object.status.updatedReplicas ?? 0) === count &&
      object.status.observedGeneration === object.metadata?.generation,
  )

const podsOf = async (app: string) =>
  (await server.client.resource(pods).list({ namespace: 'default', labelSelector: `app=${app}` })).items

const patch = (name: string, spec: object) =>
  server.client.resource(statefulSets).patch('default', name, 'merge', { spec })

const image = (name: string) => ({
  template: { metadata: { labels: { app: name } }, spec: { containers: [{ name: 'c', image: 'j' }] } },
})

test('pods come in order, are updated from the top, and go from the top', async () => {
  await server.client.resource(statefulSets).create(set('db'))
  await available('db', 3)
  const created = await podsOf('db')
  const times = created.map(({ metadata }) => Number(metadata?.resourceVersion))
  assert.equal(new Set(times).size, 3)

  await patch('db', image('db'))
  const updated = await available('db', 3)
  assert.equal(updated?.status?.currentRevision, updated?.status?.updateRevision)
  assert.ok((await podsOf('db')).every(({ spec }) => spec?.containers[0]?.image === 'j'))

  await patch('db', { replicas: 1 })
  await available('db', 1)
  assert.deepEqual(
    (await podsOf('db')).map(({ metadata }) => metadata?.name),
    ['db-0'],
  )
  const texts = [
    'Create Pod db-0 in StatefulSet db successful',
    'Create Pod db-2 in StatefulSet db successful',
    'Delete Pod db-2 in StatefulSet db successful',
  ]
  await controllers.untilAll(events, (all) =>
    texts.every((text) => all.some(({ message }) => message === text)),
  )
})

test('going back makes the old revision the newest', async () => {
  await server.client.resource(statefulSets).create(set('back', { replicas: 1 }))
  const first = await available('back', 1)
  await patch('back', image('back'))
  await available('back', 1)
  await patch('back', { template: set('back').spec?.template })
  const third = await controllers.until(
    statefulSets,
    'default/back',
    (object) =>
      object?.status?.currentRevision === first?.status?.currentRevision &&
      object?.status?.observedGeneration === 3 &&
      object.status.availableReplicas === 1,
  )
  const { items } = await server.client.resource(controllerRevisions).list({ namespace: 'default' })
  const numbers = items
    .filter(({ metadata }) => metadata?.labels?.['app'] === 'back')
    .map(({ metadata, revision }) => [metadata?.name === third?.status?.currentRevision, revision])
  assert.deepEqual(
    numbers.sort((a, b) => Number(a[1]) - Number(b[1])),
    [
      [false, 2],
      [true, 3],
    ],
  )
})

test('old revisions are forgotten', async () => {
  await server.client
    .resource(statefulSets)
    .create(set('short', { replicas: 0, revisionHistoryLimit: 1, podManagementPolicy: 'Parallel' }))
  for (const value of ['a', 'b', 'c', 'd']) {
    const { metadata } = await patch('short', {
      template: { metadata: { annotations: { value }, labels: { app: 'short' } } },
    })
    await controllers.until(
      statefulSets,
      'default/short',
      (object) => object?.status?.observedGeneration === metadata?.generation,
    )
  }
  await controllers.untilAll(
    controllerRevisions,
    (all) => all.filter(({ metadata }) => metadata?.labels?.['app'] === 'short').length === 2,
  )
})

test('each pod has its claims, which go when the policy says so', async () => {
  const claim = {
    metadata: { name: 'data' },
    spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } },
  }
  await server.client.resource(statefulSets).create(
    set('disk', {
      replicas: 2,
      podManagementPolicy: 'Parallel',
      volumeClaimTemplates: [claim],
      persistentVolumeClaimRetentionPolicy: { whenScaled: 'Delete', whenDeleted: 'Retain' },
    }),
  )
  await available('disk', 2)
  const volumes = (await podsOf('disk')).map(
    ({ spec }) => spec?.volumes?.[0]?.persistentVolumeClaim?.claimName,
  )
  assert.deepEqual(volumes.sort(), ['data-disk-0', 'data-disk-1'])
  await patch('disk', { replicas: 1 })
  await controllers.until(persistentVolumeClaims, 'default/data-disk-1', (object) => object === undefined)
  await patch('disk', { replicas: 2 })
  await available('disk', 2)
  const again = await server.client.resource(persistentVolumeClaims).get('default', 'data-disk-1')
  assert.equal(again.metadata?.ownerReferences, undefined)
})
