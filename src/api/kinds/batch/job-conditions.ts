// What a Job's conditions say about how it stands. Upstream: pkg/apis/batch/validation/validation.go

import type { Job } from '#api/types/batch.ts'

export const hasCondition = (job: Job, type: string, state = 'True'): boolean =>
  (job.status?.conditions ?? []).some((condition) => condition.type === type && condition.status === state)

export const isFinished = (job: Job): boolean => hasCondition(job, 'Complete') || hasCondition(job, 'Failed')
