// CronJob: starts a Job at given times.
//
// Upstream: pkg/registry/batch/cronjob/strategy.go

import { dropDisabledTemplateFields, nameWarnings } from '#api/kinds/apps/workload.ts'
import { validateCronJobSpec } from '#api/kinds/batch/cron-job-spec.ts'
import { defaultJobTemplate } from '#api/kinds/batch/job-defaults.ts'
import { JOB_SELECTOR_DESCRIPTION } from '#api/kinds/batch/job-spec.ts'
import { jobWarnings } from '#api/kinds/batch/job-warnings.ts'
import {
  ageColumn,
  boolean,
  column,
  field,
  integer,
  nameColumn,
  selectorColumn,
  since,
  templateColumns,
} from '#api/kinds/columns.ts'
import { defineKind } from '#api/kinds/kind.ts'
import { metadataUpdate, namespacedMetadata } from '#api/kinds/metadata.ts'
import { keepField } from '#api/kinds/status-metadata.ts'
import { invalid, Path } from '#api/meta/field-error.ts'
import type { FieldErrors } from '#api/meta/validation.ts'
import type { CronJob } from '#api/types/batch.ts'
import type { PodTemplateSpec } from '#api/types/core.ts'
import type { Draft } from '#api/types/wire.ts'

const JOB_SPEC = new Path('spec').child('jobTemplate', 'spec')
/** The names of its Jobs end with `-` and ten digits. */
const MAX_NAME_LENGTH = 52

const ofSpec = (name: string) => field('batch.v1.CronJobSpec', name)
const ofStatus = (name: string) => field('batch.v1.CronJobStatus', name)

const templateOf = (object: Draft<CronJob>): Draft<PodTemplateSpec> | undefined =>
  object.spec?.jobTemplate?.spec?.template

export const cronJob = defineKind<Draft<CronJob>>({
  group: 'batch',
  kind: 'CronJob',
  resource: 'cronjobs',
  singular: 'cronjob',
  shortNames: ['cj'],
  categories: ['all'],
  namespaced: true,
  versions: ['v1'],
  storageVersion: 'v1',
  hasGeneration: true,
  defaults,
  prepareForCreate(draft) {
    draft.status = {}
    dropDisabledTemplateFields(templateOf(draft), undefined)
  },
  prepareForUpdate(draft, old) {
    keepField(draft, old, 'status')
    dropDisabledTemplateFields(templateOf(draft), templateOf(old))
  },
  *validate(object) {
    yield* namespacedMetadata(object)
    if (object.spec) yield* validateCronJobSpec(object.spec, undefined)
    yield* shortName(object.metadata?.name ?? '')
  },
  *validateUpdate(object, old) {
    yield* metadataUpdate(object, old)
    if (object.spec) yield* validateCronJobSpec(object.spec, old.spec)
  },
  warnings: (object) => [
    ...nameWarnings(object.metadata?.name),
    ...jobWarnings(object.spec?.jobTemplate?.spec, JOB_SPEC),
  ],
  warningsOnUpdate,
  status: { prepareForUpdate: (draft, old) => keepField(draft, old, 'spec') },
  columns: [
    nameColumn(),
    column('Schedule', ofSpec('schedule'), ({ spec }) => spec?.schedule ?? ''),
    column('Timezone', ofSpec('timeZone'), ({ spec }) => spec?.timeZone ?? '<none>'),
    column('Suspend', ofSpec('suspend'), ({ spec }) => suspendText(spec?.suspend), boolean),
    column('Active', ofStatus('active'), ({ status }) => (status?.active ?? []).length, integer),
    column('Last Schedule', ofStatus('lastScheduleTime'), ({ status }, now) =>
      status?.lastScheduleTime ? since(status.lastScheduleTime, now) : '<none>',
    ),
    ageColumn(),
    ...templateColumns<Draft<CronJob>>(templateOf),
    selectorColumn(JOB_SELECTOR_DESCRIPTION, ({ spec }) => spec?.jobTemplate?.spec?.selector),
  ],
})

function defaults(draft: Draft<CronJob>): void {
  const { spec } = draft
  if (!spec) return
  spec.concurrencyPolicy ||= 'Allow'
  spec.suspend ??= false
  spec.successfulJobsHistoryLimit ??= 3
  spec.failedJobsHistoryLimit ??= 1
  if (spec.jobTemplate?.spec) defaultJobTemplate(spec.jobTemplate.spec)
}

function* shortName(name: string): FieldErrors {
  if (Buffer.byteLength(name) <= MAX_NAME_LENGTH) return
  yield invalid(
    new Path('metadata').child('name'),
    name,
    `must be no more than ${MAX_NAME_LENGTH} characters`,
  )
}

function warningsOnUpdate(object: CronJob, old: CronJob): string[] {
  const isChanged = object.metadata?.generation !== old.metadata?.generation
  const warnings = isChanged ? [...jobWarnings(object.spec?.jobTemplate?.spec, JOB_SPEC)] : []
  if (object.spec?.schedule?.includes('TZ')) {
    warnings.push(
      'cannot use TZ or CRON_TZ in spec.spec.schedule, use timeZone instead, see https://kubernetes.io/docs/concepts/workloads/controllers/cron-jobs/ for more details',
    )
  }
  return warnings
}

function suspendText(isSuspended: boolean | undefined): string {
  if (isSuspended === undefined) return '<unset>'
  return isSuspended ? 'True' : 'False'
}
