import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { cronJobs, events, jobs } from '#api/resources.ts'
import type { CronJob, CronJobSpec } from '#api/types/batch.ts'
import { startTestApiServer, type TestApiServer } from '#apiserver/testing.ts'
import { startTestControllers, type TestControllers } from '#controllers/testing.ts'

let server: TestApiServer
let controllers: TestControllers

before(async () => {
  server = await startTestApiServer({ secured: true })
  controllers = await startTestControllers(server.client, {
    controllers: ['serviceaccount-controller', 'cronjob-controller', 'job-controller'],
    clientFor: (account) =>
      server.clientAs({
        name: `system:serviceaccount:kube-system:${account}`,
        groups: ['system:serviceaccounts', 'system:authenticated'],
      }),
    livePods: true,
    exitCode: ({ metadata }) => (metadata?.labels?.['app'] === 'short' ? 0 : undefined),
  })
})

after(async () => {
  await controllers.stop()
  await server.stop()
})

/** A CronJob whose time has come: it was last served an hour ago. */
async function due(name: string, app: string, more: Partial<CronJobSpec> = {}): Promise<void> {
  const resource = server.client.resource(cronJobs)
  const created = await resource.create({
    metadata: { name, namespace: 'default' },
    spec: {
      schedule: '0 * * * *',
      suspend: true,
      ...more,
      jobTemplate: {
        spec: {
          template: {
            metadata: { labels: { app } },
            spec: { restartPolicy: 'Never', containers: [{ name: 'c', image: 'i' }] },
          },
        },
      },
    },
  })
  await resource.updateStatus(served(created))
  await resource.patch('default', name, 'merge', { spec: { suspend: false } })
}

const served = (cronJob: CronJob): CronJob => ({
  ...cronJob,
  status: { ...cronJob.status, lastScheduleTime: '2026-01-01T00:00:00Z' },
})

test('a missed start is made up for once; its end is told', async () => {
  await due('tick', 'short')
  const done = await controllers.until(
    cronJobs,
    'default/tick',
    (cronJob) => cronJob?.status?.lastSuccessfulTime !== undefined && !cronJob.status.active,
  )
  assert.ok(done?.status?.lastScheduleTime?.endsWith(':00:00Z'))
  const { items } = await server.client.resource(jobs).list({ namespace: 'default' })
  assert.equal(items.filter(({ metadata }) => metadata?.name?.startsWith('tick-')).length, 1)
  await controllers.untilAll(events, (all) => {
    const reasons = all
      .filter(({ involvedObject }) => involvedObject.name === 'tick')
      .map(({ reason }) => reason)
    return reasons.includes('SuccessfulCreate') && reasons.includes('SawCompletedJob')
  })
})

test('a Job that somebody has deleted is told, and is not active any more', async () => {
  await due('lost', 'long')
  const running = await controllers.until(
    cronJobs,
    'default/lost',
    (cronJob) => cronJob?.status?.active?.length === 1,
  )
  const name = running?.status?.active?.[0]?.name ?? ''
  await server.client.resource(jobs).delete('default', name, { propagationPolicy: 'Background' })
  await controllers.until(cronJobs, 'default/lost', (cronJob) => !cronJob?.status?.active)
  await controllers.untilAll(events, (all) =>
    all.some(
      ({ reason, message }) => reason === 'MissingJob' && message === `Active job went missing: ${name}`,
    ),
  )
})
