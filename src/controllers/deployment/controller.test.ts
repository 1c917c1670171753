import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { deployments, events, pods, replicaSets } from '#api/resources.ts'
import type { Deployment } from '#api/types/apps.ts'
import type { Event } from '#api/types/core.ts'
import { startTestApiServer, type TestApiServer } from '#apiserver/testing.ts'
import { startTestControllers, type TestControllers } from '#controllers/testing.ts'

let server: TestApiServer
let controllers: TestControllers

before(async () => {
  server = await startTestApiServer({ secured: true })
  controllers = await startTestControllers(server.client, {
    controllers: [
      'serviceaccount-controller',
      'deployment-controller',
      'replicaset-controller',
      'garbage-collector-controller',
    ],
    livePods: true,
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

function deployment(name: string, spec: object = {}): Deployment {
  return {
    metadata: { name, namespace: 'default' },
    spec: {
      replicas: 2,
      selector: { matchLabels: { app: name } },
      template: { metadata: { labels: { app: name } }, spec: { containers: [{ name: 'c', image: 'i' }] } },
      ...spec,
    },
  } as Deployment
}

const image = (name: string) => ({
  spec: { template: { spec: { containers: [{ name: 'c', image: name }] } } },
})

const patch = (name: string, body: object) =>
  server.client.resource(deployments).patch('default', name, 'strategic', body)

const reasonOf = (object: Deployment | undefined, type: string): string | undefined =>
  object?.status?.conditions?.find((condition) => condition.type === type)?.reason

function rolledOut(name: string, generation: number): Promise<Deployment | undefined> {
  return controllers.until(
    deployments,
    `default/${name}`,
    (object) =>
      object?.status?.observedGeneration === generation &&
      reasonOf(object, 'Progressing') === 'NewReplicaSetAvailable' &&
      (object.status.replicas ?? 0) === object.spec?.replicas &&
      object.status.updatedReplicas === object.spec.replicas &&
      (object.status.unavailableReplicas ?? 0) === 0,
  )
}

const setsOf = async (name: string) =>
  (await server.client.resource(replicaSets).list({ namespace: 'default', labelSelector: `app=${name}` }))
    .items

/** Resolves with the messages of the events about a Deployment when `last` is among them. */
async function messagesUntil(name: string, last: string): Promise<string[]> {
  const about = (all: readonly Event[]) =>
    all
      .filter(({ involvedObject }) => involvedObject.kind === 'Deployment' && involvedObject.name === name)
      .map(({ message = '' }) => message)
  return about(await controllers.untilAll(events, (all) => about(all).includes(last)))
}

test('a rollout goes step by step within surge and availability, and is told in events', async () => {
  const strategy = { type: 'RollingUpdate', rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } }
  await server.client.resource(deployments).create(deployment('web', { strategy }))
  await rolledOut('web', 1)
  const [first] = await setsOf('web')
  await patch('web', image('j'))
  const done = await rolledOut('web', 2)
  assert.equal(done?.metadata?.annotations?.['deployment.kubernetes.io/revision'], '2')
  const [a, b] = [
    first?.metadata?.name,
    (await setsOf('web')).find((set) => set.metadata?.uid !== first?.metadata?.uid)?.metadata?.name,
  ]
  assert.deepEqual(await messagesUntil('web', `Scaled down replica set ${a} from 1 to 0`), [
    `Scaled up replica set ${a} from 0 to 2`,
    `Scaled up replica set ${b} from 0 to 1`,
    `Scaled down replica set ${a} from 2 to 1`,
    `Scaled up replica set ${b} from 1 to 2`,
    `Scaled down replica set ${a} from 1 to 0`,
  ])
})

test('going back to an old template uses its ReplicaSet again and remembers its revisions', async () => {
  await server.client.resource(deployments).create(deployment('back'))
  await rolledOut('back', 1)
  await patch('back', image('j'))
  await rolledOut('back', 2)
  await patch('back', image('i'))
  await rolledOut('back', 3)
  const sets = await setsOf('back')
  assert.equal(sets.length, 2)
  const revisions = sets.map(({ metadata, spec }) => [
    spec?.replicas,
    metadata?.annotations?.['deployment.kubernetes.io/revision'],
    metadata?.annotations?.['deployment.kubernetes.io/revision-history'],
  ])
  assert.deepEqual(revisions.sort(), [
    [0, '2', undefined],
    [2, '3', '1'],
  ])
})

test('the annotation that asks for a rollback is answered and taken off', async () => {
  await server.client.resource(deployments).create(deployment('undo'))
  await rolledOut('undo', 1)
  await patch('undo', image('j'))
  await rolledOut('undo', 2)
  await patch('undo', { metadata: { annotations: { 'deprecated.deployment.rollback.to': '0' } } })
  const done = await rolledOut('undo', 4)
  assert.equal(done?.spec?.template.spec?.containers[0]?.image, 'i')
  assert.equal(done?.metadata?.annotations?.['deprecated.deployment.rollback.to'], undefined)
  await messagesUntil('undo', 'Rolled back deployment "undo" to revision 1')
})

test('Recreate has no old pod left before the first new one', async () => {
  await server.client.resource(deployments).create(deployment('anew', { strategy: { type: 'Recreate' } }))
  await rolledOut('anew', 1)
  let most = 0
  const stop = controllers.informers.informer(pods).onChange(() => {
    const all = controllers.informers
      .informer(pods)
      .list('default')
      .filter(({ metadata }) => metadata?.labels?.['app'] === 'anew')
    most = Math.max(most, new Set(all.map(({ metadata }) => metadata?.labels?.['pod-template-hash'])).size)
  })
  await patch('anew', image('j'))
  await rolledOut('anew', 2)
  stop()
  assert.equal(most, 1)
})

test('a paused Deployment takes new templates without rolling out, and scales', async () => {
  await server.client.resource(deployments).create(deployment('rest'))
  await rolledOut('rest', 1)
  await patch('rest', { spec: { paused: true } })
  await patch('rest', image('j'))
  await patch('rest', { spec: { replicas: 3 } })
  await controllers.until(
    deployments,
    'default/rest',
    (object) => object?.status?.observedGeneration === 4 && object.status.availableReplicas === 3,
  )
  assert.equal((await setsOf('rest')).length, 1)
  assert.equal(
    reasonOf(await server.client.resource(deployments).get('default', 'rest'), 'Progressing'),
    'DeploymentPaused',
  )
  await patch('rest', { spec: { paused: false } })
  await rolledOut('rest', 5)
  assert.equal((await setsOf('rest')).length, 2)
})

test('a name that another ReplicaSet has counts as a collision, and another one is found', async () => {
  await server.client.resource(deployments).create(deployment('clash', { paused: true }))
  await controllers.until(deployments, 'default/clash', (object) => object?.status?.observedGeneration === 1)
  const { newReplicaSet } = await import('#controllers/deployment/revisions.ts')
  const { metadata, spec } = newReplicaSet(
    await server.client.resource(deployments).get('default', 'clash'),
    0,
    1n,
  )
  await server.client.resource(replicaSets).create({
    metadata: { name: metadata?.name ?? '', namespace: 'default' },
    spec: {
      ...spec,
      selector: { matchLabels: { app: 'other' } },
      template: { ...spec?.template, metadata: { labels: { app: 'other' } } },
    },
  })
  await patch('clash', { spec: { paused: false } })
  const done = await rolledOut('clash', 2)
  assert.equal(done?.status?.collisionCount, 1)
})

test('only so many old ReplicaSets are kept as the history limit says', async () => {
  await server.client.resource(deployments).create(deployment('short', { revisionHistoryLimit: 1 }))
  await rolledOut('short', 1)
  for (const [i, name] of ['j', 'k', 'l'].entries()) {
    await patch('short', image(name))
    await rolledOut('short', i + 2)
  }
  const gone = (await setsOf('short')).find(
    ({ metadata }) => metadata?.annotations?.['deployment.kubernetes.io/revision'] === '2',
  )
  if (gone) await controllers.until(replicaSets, `default/${gone.metadata?.name}`, (set) => set === undefined)
  assert.deepEqual(
    (await setsOf('short'))
      .map(({ metadata }) => metadata?.annotations?.['deployment.kubernetes.io/revision'])
      .sort(),
    ['3', '4'],
  )
})

test('at rest nothing is written', async () => {
  await server.client.resource(deployments).create(deployment('calm'))
  await rolledOut('calm', 1)
  const before = await setsOf('calm')
  // A change that means nothing to anybody wakes the controller up; its own writes would follow.
  await patch('calm', { metadata: { annotations: { 'deployment.kubernetes.io/revision': '1' } } })
  const touched = await patch('calm', { metadata: { labels: { seen: 'yes' } } })
  await controllers.until(
    deployments,
    'default/calm',
    (object) => object?.metadata?.labels?.['seen'] === 'yes',
  )
  await server.client.resource(deployments).create(deployment('after'))
  await rolledOut('after', 1)
  assert.equal(
    (await server.client.resource(deployments).get('default', 'calm')).metadata?.resourceVersion,
    touched.metadata?.resourceVersion,
  )
  assert.deepEqual(
    (await setsOf('calm')).map(({ metadata }) => metadata?.resourceVersion),
    before.map(({ metadata }) => metadata?.resourceVersion),
  )
})
