import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { CronJob, CronJobSpec, CronJobStatus, Job } from '#api/types/batch.ts'
import { planStart, SCHEDULED_AT } from '#controllers/cronjob/plan.ts'
import { reviewJobs, surplusJobs } from '#controllers/cronjob/status.ts'
import { eachState, LATER, skip } from '#controllers/recorded-states.ts'

const NOW = Date.parse('2026-01-01T12:00:10Z')

const cronJob = (spec: Partial<CronJobSpec>, status: CronJobStatus = {}): CronJob => ({
  metadata: { name: 'c', namespace: 'n', uid: 'u', creationTimestamp: '2026-01-01T11:59:30Z' },
  spec: { schedule: '* * * * *', jobTemplate: {}, ...spec },
  status,
})

const RUNNING = { apiVersion: 'batch/v1', kind: 'Job', namespace: 'n', name: 'other', uid: 'r' }

const rows: readonly {
  name: string
  job: CronJob
  starts?: string
  replaces?: readonly string[]
  reasons?: readonly string[]
  afterMs?: number
}[] = [
  { name: 'a time has come', job: cronJob({}), starts: 'c-29454480', afterMs: 50_100 },
  { name: 'no time has come yet', job: cronJob({ schedule: '30 12 * * *' }), afterMs: 1_790_100 },
  { name: 'suspended', job: cronJob({ suspend: true }) },
  {
    name: 'the time has been served',
    job: cronJob({}, { lastScheduleTime: '2026-01-01T12:00:00Z' }),
    afterMs: 50_100,
  },
  {
    name: 'only the last of several missed times is made up for',
    job: cronJob({ schedule: '*/5 * * * *' }, { lastScheduleTime: '2026-01-01T11:00:00Z' }),
    starts: 'c-29454480',
    afterMs: 290_100,
  },
  {
    name: 'so many missed times are told',
    job: cronJob({}, { lastScheduleTime: '2026-01-01T01:00:00Z' }),
    starts: 'c-29454480',
    reasons: ['TooManyMissedTimes'],
    afterMs: 50_100,
  },
  {
    name: 'a time before the deadline is not made up for',
    job: cronJob(
      { schedule: '55 11 * * *', startingDeadlineSeconds: 60 },
      { lastScheduleTime: '2025-12-31T11:55:00Z' },
    ),
    afterMs: 86_090_100,
  },
  {
    name: 'another runs and must not be joined',
    job: cronJob({ concurrencyPolicy: 'Forbid' }, { active: [RUNNING] }),
    reasons: ['JobAlreadyActive'],
    afterMs: 50_100,
  },
  {
    name: 'another runs and is replaced',
    job: cronJob({ concurrencyPolicy: 'Replace' }, { active: [RUNNING] }),
    starts: 'c-29454480',
    replaces: ['other'],
    afterMs: 50_100,
  },
  { name: 'an unknown zone', job: cronJob({ timeZone: 'Mars/Base' }), reasons: ['UnknownTimeZone'] },
  { name: 'no schedule', job: cronJob({ schedule: 'often' }), reasons: ['UnparseableSchedule'] },
  {
    name: 'a schedule without times',
    job: cronJob({ schedule: '0 0 31 2 *' }),
    reasons: ['InvalidSchedule'],
  },
  {
    name: 'a zone in the schedule works and is told',
    job: cronJob({ schedule: 'TZ=Europe/Berlin 0 13 * * *' }),
    starts: 'c-29454480',
    reasons: ['UnsupportedSchedule'],
    afterMs: 86_390_100,
  },
]

for (const { name, job, starts, replaces = [], reasons = [], afterMs } of rows) {
  test(name, () => {
    const plan = planStart(job, NOW)
    assert.equal(plan.start?.job.metadata?.name, starts)
    assert.deepEqual(plan.start?.replace.map((reference) => reference.name) ?? [], replaces)
    assert.deepEqual(
      plan.notices.map(({ reason }) => reason),
      reasons,
    )
    assert.equal(plan.afterMs, afterMs)
  })
}

test('a Job tells the time that it is for, in the zone of its CronJob', () => {
  const plan = planStart(cronJob({ timeZone: 'America/New_York' }), NOW)
  assert.equal(plan.start?.job.metadata?.annotations?.[SCHEDULED_AT], '2026-01-01T07:00:00-05:00')
  const utc = planStart(cronJob({}), NOW)
  assert.equal(utc.start?.job.metadata?.annotations?.[SCHEDULED_AT], '2026-01-01T12:00:00Z')
})

const finished = (name: string, type: string, at: string): Job => ({
  metadata: { name, namespace: 'n', uid: name },
  status: { startTime: at, completionTime: at, conditions: [{ type, status: 'True' }] },
})

test('a Job that has ended is not active any more, and its success is remembered', () => {
  const active = ['a', 'b', 'gone'].map((name) => ({ name, namespace: 'n', uid: name }))
  const jobs = [finished('a', 'Complete', '2026-01-01T10:00:00Z'), { metadata: { name: 'b', uid: 'b' } }]
  const review = reviewJobs(cronJob({}, { active }), jobs)
  assert.deepEqual(
    review.status.active?.map(({ name }) => name),
    ['b', 'gone'],
  )
  assert.equal(review.status.lastSuccessfulTime, '2026-01-01T10:00:00Z')
  assert.deepEqual(
    review.missing.map(({ name }) => name),
    ['gone'],
  )
})

test('of finished Jobs the oldest go, successes and failures apart', () => {
  const jobs = [
    finished('new', 'Complete', '2026-01-01T10:00:00Z'),
    finished('old', 'Complete', '2026-01-01T09:00:00Z'),
    finished('bad', 'Failed', '2026-01-01T08:00:00Z'),
  ]
  const names = (spec: Partial<CronJobSpec>) =>
    surplusJobs(cronJob(spec), jobs).map(({ metadata }) => metadata?.name)
  assert.deepEqual(names({ successfulJobsHistoryLimit: 1, failedJobsHistoryLimit: 1 }), ['old'])
  assert.deepEqual(names({ failedJobsHistoryLimit: 0 }), ['bad'])
})

test('a recorded CronJob is left as it is until its next time', { skip }, () => {
  const count = eachState((state, name) => {
    const all = state.all<CronJob>('CronJob')
    for (const recorded of all) {
      const owned = state.controlledBy<Job>('Job', recorded)
      const review = reviewJobs(recorded, owned)
      assert.deepEqual(review.status, recorded.status, name)
      assert.deepEqual(surplusJobs(recorded, owned), [], name)
      const soon = Date.parse(recorded.status?.lastScheduleTime ?? '') + 30_000
      assert.equal(planStart(recorded, soon).start, undefined, name)
      assert.ok(planStart(recorded, LATER).start, name)
    }
    return all.length
  })
  assert.ok(count > 0)
})
