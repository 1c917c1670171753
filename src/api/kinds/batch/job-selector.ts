// The labels by which a Job finds its pods: its UID, given by the server unless the Job chooses by itself.
//
// Upstream: generateSelector in pkg/registry/batch/job/strategy.go, validateGeneratedSelector in
// pkg/apis/batch/validation/validation.go

import { parsedSelector } from '#api/kinds/apps/workload.ts'
import { invalid, Path, required } from '#api/meta/field-error.ts'
import { matchesLabels } from '#api/meta/selectors.ts'
import type { FieldErrors } from '#api/meta/validation.ts'
import type { Job } from '#api/types/batch.ts'
import type { Draft } from '#api/types/wire.ts'

const OLD_UID_LABEL = 'controller-uid'
const OLD_NAME_LABEL = 'job-name'
const UID_LABEL = 'batch.kubernetes.io/controller-uid'
const NAME_LABEL = 'batch.kubernetes.io/job-name'

const SELECTOR = new Path('spec').child('selector')
const LABELS = new Path('spec').child('template', 'metadata', 'labels')

export function generateSelector(job: Draft<Job>): void {
  const { metadata, spec } = job
  if (!spec || spec.manualSelector) return
  const name = metadata?.name ?? ''
  const uid = metadata?.uid ?? ''
  spec.template.metadata ??= {}
  spec.template.metadata.labels ??= {}
  const { labels } = spec.template.metadata
  labels[OLD_NAME_LABEL] ??= name
  labels[NAME_LABEL] ??= name
  labels[OLD_UID_LABEL] ??= uid
  labels[UID_LABEL] ??= uid
  const { matchLabels } = spec.selector ?? {}
  spec.selector = { ...spec.selector, matchLabels: { [UID_LABEL]: uid, ...matchLabels } }
}

/** Nobody may change what the server gave. Jobs of old do not have the newer labels. */
export function* generatedSelector(job: Job, old: Job | undefined): FieldErrors {
  const { metadata, spec } = job
  if (!spec?.selector || spec.manualSelector) return
  const uid = metadata?.uid ?? ''
  const name = metadata?.name ?? ''
  if (uid === '') yield required(new Path('metadata').child('uid'))
  const oldLabels = old?.spec?.template.metadata?.labels ?? {}
  const hasNewLabels = !old || (NAME_LABEL in oldLabels && UID_LABEL in oldLabels)
  const expected: Record<string, string> = {
    [OLD_UID_LABEL]: uid,
    [OLD_NAME_LABEL]: name,
    ...(hasNewLabels && { [UID_LABEL]: uid, [NAME_LABEL]: name }),
  }
  const labels = spec.template?.metadata?.labels
  for (const [key, value] of Object.entries(expected)) {
    const text = `must be '${value}'`
    if (labels?.[key] === undefined) yield required(LABELS.key(key), text)
    else if (labels[key] !== value) yield invalid(LABELS.key(key), labels, text)
  }
  const selector = parsedSelector(spec.selector)
  if (selector && !matchesLabels(selector, expected)) {
    yield invalid(SELECTOR, spec.selector, '`selector` not auto-generated')
  }
}
