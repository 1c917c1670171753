import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { isTooManyRequests } from '#api/meta/status.ts'
import { events, podDisruptionBudgets, pods, replicaSets } from '#api/resources.ts'
import type { PodDisruptionBudgetSpec } from '#api/types/policy.ts'
import { startTestApiServer, type TestApiServer } from '#apiserver/testing.ts'
import { startTestControllers, type TestControllers } from '#controllers/testing.ts'

let server: TestApiServer
let controllers: TestControllers

before(async () => {
  server = await startTestApiServer({ secured: true })
  controllers = await startTestControllers(server.client, {
    controllers: ['serviceaccount-controller', 'replicaset-controller', 'disruption-controller'],
    clientFor: (account) =>
      server.clientAs({
        name: `system:serviceaccount:kube-system:${account}`,
        groups: ['system:serviceaccounts', 'system:authenticated'],
      }),
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

async function guarded(app: string, spec: PodDisruptionBudgetSpec): Promise<void> {
  await server.client.resource(podDisruptionBudgets).create({
    metadata: { name: app, namespace: 'default' },
    spec: { selector: { matchLabels: { app } }, ...spec },
  })
}

const status = (name: string, allowed: number, healthy: number) =>
  controllers.until(
    podDisruptionBudgets,
    `default/${name}`,
    (budget) =>
      budget?.status?.disruptionsAllowed === allowed &&
      budget.status.currentHealthy === healthy &&
      Object.keys(budget.status.disruptedPods ?? {}).length === 0,
  )

const evict = (name: string) =>
  server.client.resource(pods).createSubresource('default', name, 'eviction', {
    apiVersion: 'policy/v1',
    kind: 'Eviction',
    metadata: { name, namespace: 'default' },
  })

test('as many pods are evicted as the budget has, and it recovers with their successors', async () => {
  await guarded('web', { maxUnavailable: '34%' })
  await server.client.resource(replicaSets).create({
    metadata: { name: 'web', namespace: 'default' },
    spec: { replicas: 3, selector: { matchLabels: { app: 'web' } }, template: template('web') },
  })
  await status('web', 2, 3)
  const { items } = await server.client.resource(pods).list({ labelSelector: 'app=web' })
  await evict(items[0]?.metadata?.name ?? '')
  await status('web', 2, 3)
  await server.client.resource(podDisruptionBudgets).patch('default', 'web', 'merge', {
    spec: { maxUnavailable: 0 },
  })
  await status('web', 0, 3)
  const left = await server.client.resource(pods).list({ labelSelector: 'app=web' })
  await assert.rejects(evict(left.items[0]?.metadata?.name ?? ''), isTooManyRequests)
})

test('pods that nobody controls have no share, which is told', async () => {
  await server.client.resource(pods).create({
    ...template('bare'),
    metadata: { name: 'bare', namespace: 'default', labels: { app: 'bare' } },
  })
  await guarded('bare', { minAvailable: '50%' })
  await controllers.untilAll(events, (all) =>
    all.some(
      ({ reason, message }) =>
        reason === 'UnmanagedPods' &&
        message?.includes('MatchLabels:map[string]string{app: bare,},MatchExpressions:[]') === true,
    ),
  )
  await status('bare', 0, 1)
})

test('when a controller has no scale nothing may be disrupted', async () => {
  await server.client.resource(pods).create({
    ...template('odd'),
    metadata: {
      name: 'odd',
      namespace: 'default',
      labels: { app: 'odd' },
      ownerReferences: [{ apiVersion: 'batch/v1', kind: 'Job', name: 'j', uid: 'u', controller: true }],
    },
  })
  await guarded('odd', { maxUnavailable: 1 })
  const budget = await controllers.until(
    podDisruptionBudgets,
    'default/odd',
    (object) => object?.status?.conditions?.[0]?.reason === 'SyncFailed',
  )
  assert.equal(
    budget?.status?.conditions?.[0]?.message,
    'jobs.batch does not implement the scale subresource',
  )
})

test('a pod of several budgets is told of, and all of them are kept', async () => {
  await guarded('twice', { maxUnavailable: 1 })
  await server.client.resource(podDisruptionBudgets).create({
    metadata: { name: 'other', namespace: 'default' },
    spec: { selector: { matchLabels: { app: 'twice' } }, minAvailable: 1 },
  })
  await status('other', 0, 0)
  await server.client.resource(replicaSets).create({
    metadata: { name: 'twice', namespace: 'default' },
    spec: { replicas: 2, selector: { matchLabels: { app: 'twice' } }, template: template('twice') },
  })
  await status('other', 1, 2)
  await status('twice', 1, 2)
  await controllers.untilAll(events, (all) =>
    all.some(
      ({ reason, message }) =>
        reason === 'MultiplePodDisruptionBudgets' &&
        /^Pod "default"\/"twice-\w+" matches multiple PodDisruptionBudgets\. {2}Chose "(twice|other)" arbitrarily\.$/.test(
          message ?? '',
        ),
    ),
  )
})
