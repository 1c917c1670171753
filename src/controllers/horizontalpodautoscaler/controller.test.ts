import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { events, horizontalPodAutoscalers, replicaSets } from '#api/resources.ts'
import { startTestApiServer, type TestApiServer } from '#apiserver/testing.ts'
import { startTestControllers, type TestControllers } from '#controllers/testing.ts'
import { fakeClock } from '#sys/fake-clock.ts'

let server: TestApiServer
let controllers: TestControllers
const clock = fakeClock(Date.now())

before(async () => {
  server = await startTestApiServer({ secured: true })
  controllers = await startTestControllers(server.client, {
    controllers: ['horizontal-pod-autoscaler-controller'],
    clientFor: (account) =>
      server.clientAs({
        name: `system:serviceaccount:kube-system:${account}`,
        groups: ['system:serviceaccounts', 'system:authenticated'],
      }),
    clock,
  })
})

after(async () => {
  await controllers.stop()
  await server.stop()
})

const target = (name: string, kind = 'ReplicaSet') => ({ apiVersion: 'apps/v1', kind, name })

async function autoscale(name: string, kind = 'ReplicaSet'): Promise<void> {
  await server.client.resource(horizontalPodAutoscalers).create({
    metadata: { name, namespace: 'default' },
    spec: {
      minReplicas: 2,
      maxReplicas: 4,
      scaleTargetRef: target(name, kind),
      metrics: [
        {
          type: 'Resource',
          resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 50 } },
        },
      ],
    },
  })
}

const condition = (name: string, type: string, reason: string) =>
  controllers.until(
    horizontalPodAutoscalers,
    `default/${name}`,
    (object) => object?.status?.conditions?.find((each) => each.type === type)?.reason === reason,
  )

test('at least the least, and without metrics it says what it lacks', async () => {
  await server.client.resource(replicaSets).create({
    metadata: { name: 'web', namespace: 'default' },
    spec: {
      replicas: 1,
      selector: { matchLabels: { app: 'web' } },
      template: { metadata: { labels: { app: 'web' } }, spec: { containers: [{ name: 'c', image: 'i' }] } },
    },
  })
  await autoscale('web')
  const scaled = await condition('web', 'AbleToScale', 'SucceededRescale')
  assert.equal(scaled?.status?.desiredReplicas, 2)
  assert.ok(scaled?.status?.lastScaleTime)
  assert.equal((await server.client.resource(replicaSets).get('default', 'web')).spec?.replicas, 2)
  await clock.advance(15_000)
  const waiting = await condition('web', 'ScalingActive', 'FailedGetResourceMetric')
  const why =
    'failed to get cpu utilization: unable to get metrics for resource cpu: unable to fetch metrics from resource ' +
    'metrics API: the server could not find the requested resource (get pods.metrics.k8s.io)'
  assert.equal(
    waiting?.status?.conditions?.find(({ type }) => type === 'ScalingActive')?.message,
    `the HPA was unable to compute the replica count: ${why}`,
  )
  // Events wait a moment before they are written.
  await clock.advance(100)
  await controllers.untilAll(events, (all) =>
    all.some(
      ({ reason, message }) =>
        reason === 'FailedComputeMetricsReplicas' &&
        message ===
          `invalid metrics (1 invalid out of 1), first error is: failed to get cpu resource metric value: ${why}`,
    ),
  )
})

test('a target that is not there is told', async () => {
  await autoscale('nobody')
  await condition('nobody', 'AbleToScale', 'FailedGetScale')
  await autoscale('odd', 'Oddity')
  const odd = await condition('odd', 'AbleToScale', 'FailedGetScale')
  assert.match(odd?.status?.conditions?.[0]?.message ?? '', /no matches for kind "Oddity" in group "apps"/)
})
