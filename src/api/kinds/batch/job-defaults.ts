// What a Job means where it says nothing. Upstream: pkg/apis/batch/v1/{defaults,zz_generated.defaults}.go

import { defaultPodTemplate } from '#api/kinds/core/pod/defaults.ts'
import { MAX_INT32 } from '#api/meta/validation.ts'
import type { Job, JobSpec } from '#api/types/batch.ts'
import type { Draft } from '#api/types/wire.ts'

export function defaultJob(job: Draft<Job>): void {
  job.spec ??= { template: {} }
  const { spec } = job
  if (spec.completions === undefined && spec.parallelism === undefined) spec.completions = 1
  spec.parallelism ??= 1
  spec.backoffLimit ??= spec.backoffLimitPerIndex === undefined ? 6 : MAX_INT32
  spec.completionMode ??= 'NonIndexed'
  spec.suspend ??= false
  spec.podReplacementPolicy ??= spec.podFailurePolicy ? 'Failed' : 'TerminatingOrFailed'
  spec.manualSelector ??= false
  defaultLabels(job)
  defaultJobTemplate(spec)
}

/** A Job without labels has those of its template. */
function defaultLabels(job: Draft<Job>): void {
  const labels = job.spec?.template?.metadata?.labels
  job.metadata ??= {}
  // One and the same map on purpose: the labels that the server adds to the template become the Job's as well.
  if (labels && Object.keys(job.metadata.labels ?? {}).length === 0) job.metadata.labels = labels
}

/** What a CronJob's template gets too. */
export function defaultJobTemplate(spec: Draft<JobSpec>): void {
  for (const rule of spec.podFailurePolicy?.rules ?? []) {
    for (const pattern of rule.onPodConditions ?? []) pattern.status ||= 'True'
  }
  defaultPodTemplate(spec.template)
}
