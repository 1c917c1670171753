// Starts a Job whenever a CronJob's schedule says so, and clears away the old ones.
//
//   CronJob, its Jobs ─▶ history limits ─▶ which are active? ─▶ is a start due? ─▶ create Job ─▶ status
//
// Invariant: the name of a Job follows from the time it is for, so a start makes one Job however often it is tried.
// Upstream: pkg/controller/cronjob. A schedule without a zone is meant in UTC; upstream takes the zone of the machine.
// Left out: the metrics.

import { CronError } from '#api/meta/cron.ts'
import { semanticEqual } from '#api/meta/equality.ts'
import { keyOf, type ObjectKey } from '#api/meta/object.ts'
import { isAlreadyExists, isNotFound } from '#api/meta/status.ts'
import { cronJobs, jobs } from '#api/resources.ts'
import type { CronJob, CronJobStatus, Job } from '#api/types/batch.ts'
import type { ObjectReference } from '#api/types/core.ts'
import type { Change } from '#client/informer.ts'
import type { Requeue } from '#client/work-queue.ts'
import {
  type Controller,
  type ControllerContext,
  controller,
  mapped,
  ownerKeys,
  type Watch,
} from '#controllers/controller.ts'
import { planStart, type StartPlan } from '#controllers/cronjob/plan.ts'
import { timetable, untilNextStart } from '#controllers/cronjob/starts.ts'
import { finishedCondition, reviewJobs, surplusJobs, withoutActive } from '#controllers/cronjob/status.ts'
import { controlledBy, indexByController } from '#controllers/owned-index.ts'
import { isControlledBy } from '#controllers/owner-references.ts'
import { PendingWrites } from '#controllers/pending-writes.ts'
import { messageOf } from '#controllers/pods/pod-control.ts'
import { formatTime } from '#sys/clock.ts'

const UNSETTLED_RETRY_MS = 300_000

export function cronJobController(context: ControllerContext): Controller {
  const { client, clock, informers } = context
  const cronJobInformer = informers.informer(cronJobs)
  const jobInformer = informers.informer(jobs)
  indexByController(jobInformer)
  const events = context.events('cronjob-controller')
  const pendingStatus = new PendingWrites<CronJob>(cronJobInformer, clock)
  const jobResource = client.resource(jobs)

  async function reconcile(key: ObjectKey): Promise<Requeue> {
    const cronJob = cronJobInformer.get(key)
    if (!cronJob) {
      pendingStatus.forget(key)
      return
    }
    if (!pendingStatus.isSettled(key)) return { afterMs: UNSETTLED_RETRY_MS }
    const owned = controlledBy(jobInformer, cronJob.metadata?.uid ?? '')
    const removed = await removeSurplus(cronJob, owned)
    const left = owned.filter((job) => !removed.has(job.metadata?.uid))
    const reviewed = await review(cronJob, left, removed)
    const plan = planStart({ ...cronJob, status: reviewed }, clock.now())
    for (const { type, reason, message } of plan.notices) events.event(cronJob, type, reason, message)
    let status = reviewed
    try {
      if (plan.start) status = await start(cronJob, reviewed, plan.start)
    } catch (error) {
      await writeStatus(key, cronJob, reviewed)
      throw error
    }
    await writeStatus(key, cronJob, status)
    return plan.afterMs === undefined ? undefined : { afterMs: plan.afterMs }
  }

  /** Gives the UIDs of those that are gone. */
  async function removeSurplus(
    cronJob: CronJob,
    owned: readonly Job[],
  ): Promise<ReadonlySet<string | undefined>> {
    const removed = new Set<string | undefined>()
    for (const job of surplusJobs(cronJob, owned)) {
      if (job.metadata?.deletionTimestamp !== undefined || (await remove(cronJob, job))) {
        removed.add(job.metadata?.uid)
      }
    }
    return removed
  }

  async function remove(cronJob: CronJob, { metadata }: Job): Promise<boolean> {
    try {
      await jobResource.delete(metadata?.namespace ?? '', metadata?.name ?? '', {
        propagationPolicy: 'Background',
      })
    } catch (error) {
      if (isNotFound(error)) return true
      events.event(cronJob, 'Warning', 'FailedDelete', `Deleted job: ${messageOf(error)}`)
      return false
    }
    events.event(cronJob, 'Normal', 'SuccessfulDelete', `Deleted job ${metadata?.name}`)
    return true
  }

  /** The status with those Jobs as active that are; what the cache alone says is verified first. */
  async function review(
    cronJob: CronJob,
    owned: readonly Job[],
    removed: ReadonlySet<string | undefined>,
  ): Promise<CronJobStatus> {
    const known = { ...cronJob, status: withoutActive(cronJob.status ?? {}, removed) }
    const { status, ended, unknown, missing } = reviewJobs(known, owned)
    for (const { metadata } of unknown) {
      const message = `Saw a job that the controller did not create or forgot: ${metadata?.name}`
      events.event(cronJob, 'Warning', 'UnexpectedJob', message)
    }
    for (const job of ended) {
      const message = `Saw completed job: ${job.metadata?.name}, condition: ${finishedCondition(job)}`
      events.event(cronJob, 'Normal', 'SawCompletedJob', message)
    }
    const gone = new Set<string | undefined>()
    for (const reference of missing) {
      if (await isThere(reference)) continue
      events.event(cronJob, 'Normal', 'MissingJob', `Active job went missing: ${reference.name}`)
      gone.add(reference.uid)
    }
    return withoutActive(status, gone)
  }

  async function isThere({ namespace = '', name = '' }: ObjectReference): Promise<boolean> {
    try {
      await jobResource.get(namespace, name)
      return true
    } catch (error) {
      if (isNotFound(error)) return false
      throw error
    }
  }

  /** Creates the Job; gives the status with it. */
  async function start(
    cronJob: CronJob,
    status: CronJobStatus,
    { job, atMs, replace }: NonNullable<StartPlan['start']>,
  ): Promise<CronJobStatus> {
    for (const reference of replace) {
      const { namespace = '', name = '' } = reference
      if (!(await remove(cronJob, { metadata: { namespace, name } }))) {
        throw new Error(`could not replace job ${namespace}/${name}`)
      }
    }
    const left = withoutActive(status, new Set(replace.map(({ uid }) => uid)))
    const created = await create(cronJob, job)
    if (!created) return left
    const { namespace = '', name = '', uid = '', resourceVersion = '' } = created.metadata ?? {}
    const reference = { apiVersion: 'batch/v1', kind: 'Job', name, namespace, uid, resourceVersion }
    return { ...left, active: [...(left.active ?? []), reference], lastScheduleTime: formatTime(atMs) }
  }

  /** A Job that is there already was created by us before; undefined when it belongs to somebody else. */
  async function create(cronJob: CronJob, job: Job): Promise<Job | undefined> {
    try {
      const created = await jobResource.create(job)
      events.event(cronJob, 'Normal', 'SuccessfulCreate', `Created job ${created.metadata?.name}`)
      return created
    } catch (error) {
      if (!isAlreadyExists(error)) {
        events.event(cronJob, 'Warning', 'FailedCreate', `Error creating job: ${messageOf(error)}`)
        throw error
      }
      const present = await jobResource.get(job.metadata?.namespace ?? '', job.metadata?.name ?? '')
      return isControlledBy(present, cronJob) ? present : undefined
    }
  }

  async function writeStatus(key: ObjectKey, cronJob: CronJob, status: CronJobStatus): Promise<void> {
    if (semanticEqual(cronJob.status ?? {}, status)) return
    pendingStatus.updated(key, await client.resource(cronJobs).updateStatus({ ...cronJob, status }))
  }

  /** A new schedule starts nothing for times before it was made. */
  const cronJobWatch: Watch = {
    ...mapped(cronJobInformer, () => []),
    start: (queue) =>
      cronJobInformer.onChange((change) => {
        const key = keyOf(change.object)
        if (!isRescheduled(change)) queue.add(key)
        else queue.addAfter(key, waitOf(change.object))
      }),
  }

  function waitOf(cronJob: CronJob): number {
    try {
      return untilNextStart(cronJob, timetable(cronJob), clock.now())
    } catch (error) {
      if (error instanceof CronError) return 0
      throw error
    }
  }

  return controller(context, 'cronjob-controller', {
    watches: [cronJobWatch, mapped(jobInformer, (change) => ownerKeys(change, 'CronJob'))],
    workers: 5,
    reconcile,
  })
}

function isRescheduled(change: Change<CronJob>): boolean {
  if (change.type !== 'updated') return false
  const { object, previous } = change
  return (
    object.spec?.schedule !== previous.spec?.schedule || object.spec?.timeZone !== previous.spec?.timeZone
  )
}
