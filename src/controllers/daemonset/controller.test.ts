import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { controllerRevisions, daemonSets, events, nodes, pods } from '#api/resources.ts'
import type { DaemonSet } from '#api/types/apps.ts'
import { startTestApiServer, type TestApiServer } from '#apiserver/testing.ts'
import { startTestControllers, type TestControllers } from '#controllers/testing.ts'

let server: TestApiServer
let controllers: TestControllers

before(async () => {
  server = await startTestApiServer({ secured: true })
  for (const name of ['n1', 'n2']) await server.client.resource(nodes).create({ metadata: { name } })
  controllers = await startTestControllers(server.client, {
    controllers: ['serviceaccount-controller', 'daemonset-controller'],
    livePods: true,
    exitCode: ({ metadata }) => (metadata?.labels?.['app'] === 'broken' ? 1 : undefined),
  })
  for (const name of ['n1', 'n2']) await untaint(name)
})

after(async () => {
  await controllers.stop()
  await server.stop()
})

/** New nodes are not ready, which their taint says. */
async function untaint(name: string): Promise<void> {
  await server.client.resource(nodes).patch('', name, 'merge', { spec: { taints: null } })
}

const set = (name: string, more: object = {}): DaemonSet => ({
  metadata: { name, namespace: 'default' },
  spec: {
    selector: { matchLabels: { app: name } },
    template: { metadata: { labels: { app: name } }, spec: { containers: [{ name: 'c', image: 'i' }] } },
    ...more,
  },
})

const available = (name: string, count: number) =>
  controllers.until(
    daemonSets,
    `default/${name}`,
    (object) =>
      (object?.status?.numberAvailable ?? 0) === count &&
      object?.status?.desiredNumberScheduled === count &&
      (object.status.updatedNumberScheduled ?? 0) === count &&
      object.status.observedGeneration === object.metadata?.generation,
  )

const placesOf = async (app: string) => {
  const { items } = await server.client
    .resource(pods)
    .list({ namespace: 'default', labelSelector: `app=${app}` })
  return items.map(({ spec }) => spec?.nodeName).sort()
}

const image = (value: string) => ({
  spec: { template: { spec: { containers: [{ name: 'c', image: value }] } } },
})

test('a pod on each node, also on one that comes or fits later', async () => {
  await server.client.resource(daemonSets).create(set('logs'))
  await available('logs', 2)
  assert.deepEqual(await placesOf('logs'), ['n1', 'n2'])
  await server.client.resource(nodes).create({ metadata: { name: 'n3' }, spec: { unschedulable: true } })
  await untaint('n3')
  await available('logs', 3)
  assert.deepEqual(await placesOf('logs'), ['n1', 'n2', 'n3'])
  await server.client.resource(nodes).delete('', 'n3')
  await available('logs', 2)
})

test('an update replaces the pods, each state of the template is a revision', async () => {
  await server.client.resource(daemonSets).create(set('roll'))
  await available('roll', 2)
  await server.client.resource(daemonSets).patch('default', 'roll', 'strategic', image('j'))
  await available('roll', 2)
  const { items } = await server.client.resource(controllerRevisions).list({ namespace: 'default' })
  const numbers = items.filter(({ metadata }) => metadata?.labels?.['app'] === 'roll')
  assert.deepEqual(numbers.map(({ revision }) => revision).sort(), [1, 2])
  await server.client.resource(daemonSets).patch('default', 'roll', 'strategic', image('i'))
  await available('roll', 2)
  await controllers.untilAll(
    controllerRevisions,
    (all) =>
      all
        .filter(({ metadata }) => metadata?.labels?.['app'] === 'roll')
        .map(({ revision }) => revision)
        .sort()
        .join() === '2,3',
  )
})

test('an update with surge keeps the old pod until the new one is ready', async () => {
  const surge = { type: 'RollingUpdate', rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } }
  await server.client.resource(daemonSets).create(set('surge', { updateStrategy: surge }))
  await available('surge', 2)
  await server.client.resource(daemonSets).patch('default', 'surge', 'strategic', image('j'))
  await available('surge', 2)
  await controllers.untilAll(
    pods,
    (all) => all.filter(({ metadata }) => metadata?.labels?.['app'] === 'surge').length === 2,
  )
  assert.deepEqual(await placesOf('surge'), ['n1', 'n2'])
})

test('a pod that fails is replaced, which is told', async () => {
  await server.client.resource(daemonSets).create(set('broken'))
  await controllers.untilAll(events, (all) =>
    all.some(
      ({ reason, message, involvedObject }) =>
        involvedObject.name === 'broken' &&
        reason === 'FailedDaemonPod' &&
        /^Found failed daemon pod default\/broken-.* on node n[12], will try to kill it$/.test(message ?? ''),
    ),
  )
  await server.client.resource(daemonSets).delete('default', 'broken', { propagationPolicy: 'Orphan' })
})
