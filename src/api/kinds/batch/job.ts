// Job: runs pods until a number of them has succeeded.
//
// Upstream: pkg/registry/batch/job/strategy.go, pkg/apis/batch/validation/validation.go

import { dropDisabledTemplateFields, nameWarnings } from '#api/kinds/apps/workload.ts'
import { hasCondition } from '#api/kinds/batch/job-conditions.ts'
import { defaultJob } from '#api/kinds/batch/job-defaults.ts'
import { generatedSelector, generateSelector } from '#api/kinds/batch/job-selector.ts'
import { isIndexed, JOB_SELECTOR_DESCRIPTION, validateJobSpec } from '#api/kinds/batch/job-spec.ts'
import { validateJobStatus } from '#api/kinds/batch/job-status.ts'
import { jobSpecUpdate } from '#api/kinds/batch/job-update.ts'
import { jobWarnings } from '#api/kinds/batch/job-warnings.ts'
import {
  ageColumn,
  column,
  field,
  humanDuration,
  nameColumn,
  selectorColumn,
  templateColumns,
} from '#api/kinds/columns.ts'
import { defineKind } from '#api/kinds/kind.ts'
import { metadataUpdate, namespacedMetadata } from '#api/kinds/metadata.ts'
import { keepField } from '#api/kinds/status-metadata.ts'
import { invalid, Path } from '#api/meta/field-error.ts'
import { isDNS1123Label } from '#api/meta/names.ts'
import { timeMs } from '#api/meta/time.ts'
import type { FieldErrors } from '#api/meta/validation.ts'
import type { Job } from '#api/types/batch.ts'
import type { Draft } from '#api/types/wire.ts'

const SPEC = new Path('spec')

export const job = defineKind<Draft<Job>>({
  group: 'batch',
  kind: 'Job',
  resource: 'jobs',
  singular: 'job',
  categories: ['all'],
  namespaced: true,
  versions: ['v1'],
  storageVersion: 'v1',
  hasGeneration: true,
  defaults: defaultJob,
  prepareForCreate(draft) {
    generateSelector(draft)
    draft.status = {}
    dropDisabledTemplateFields(draft.spec?.template, undefined)
  },
  prepareForUpdate(draft, old) {
    keepField(draft, old, 'status')
    dropDisabledTemplateFields(draft.spec?.template, old.spec?.template)
  },
  validate: (object) => validateJob(object, undefined),
  *validateUpdate(object, old) {
    yield* validateJob(object, old)
    yield* metadataUpdate(object, old)
    if (object.spec) yield* validateJobSpec(object.spec, old.spec, SPEC)
    yield* jobSpecUpdate(object, old)
  },
  warnings: (object) => [...nameWarnings(object.metadata?.name), ...jobWarnings(object.spec, SPEC)],
  warningsOnUpdate: (object, old) =>
    object.metadata?.generation === old.metadata?.generation ? [] : [...jobWarnings(object.spec, SPEC)],
  status: {
    prepareForUpdate: (draft, old) => keepField(draft, old, 'spec'),
    validateUpdate: validateJobStatus,
  },
  notSelectable: (field) => `field label ${JSON.stringify(field)} not supported for Job`,
  selectableFields: { 'status.successful': ({ status }) => String(status?.succeeded ?? 0) },
  columns: [
    nameColumn(),
    column('Status', 'Status of the job.', phaseOf),
    column('Completions', field('batch.v1.JobStatus', 'succeeded'), completionsText),
    column('Duration', 'Time required to complete the job.', durationText),
    ageColumn(),
    ...templateColumns<Draft<Job>>((object) => object.spec?.template),
    selectorColumn(JOB_SELECTOR_DESCRIPTION, ({ spec }) => spec?.selector),
  ],
})

function* validateJob(object: Job, old: Job | undefined): FieldErrors {
  yield* namespacedMetadata(object)
  yield* generatedSelector(object, old)
  const { spec } = object
  if (!spec) return
  yield* validateJobSpec(spec, old?.spec, SPEC)
  const { completions = 0 } = spec
  if (!isIndexed(spec) || completions <= 0) return
  const name = object.metadata?.name ?? ''
  const lastHostname = `${name}-${completions - 1}`
  if (isDNS1123Label(lastHostname).length === 0) return
  const text = `will not able to create pod with invalid DNS label: ${lastHostname}`
  yield invalid(new Path('metadata').child('name'), name, text)
}

function phaseOf(object: Job): string {
  if (hasCondition(object, 'Complete')) return 'Complete'
  if (hasCondition(object, 'Failed')) return 'Failed'
  if (object.metadata?.deletionTimestamp) return 'Terminating'
  const found = ['Suspended', 'FailureTarget', 'SuccessCriteriaMet'].find((type) =>
    hasCondition(object, type),
  )
  return found ?? 'Running'
}

/** `1/3`, or `0/1 of 5` where one of several pods is enough. */
function completionsText({ spec, status }: Job): string {
  const succeeded = status?.succeeded ?? 0
  const { completions, parallelism = 0 } = spec ?? {}
  if (completions !== undefined) return `${succeeded}/${completions}`
  return parallelism > 1 ? `${succeeded}/1 of ${parallelism}` : `${succeeded}/1`
}

function durationText({ status }: Job, now: number): string {
  const { startTime, completionTime } = status ?? {}
  if (!startTime) return ''
  return humanDuration((completionTime ? timeMs(completionTime) : now) - timeMs(startTime))
}
