// The kinds of the API group batch.

import { cronJob } from '#api/kinds/batch/cron-job.ts'
import { job } from '#api/kinds/batch/job.ts'
import type { KindDefinition } from '#api/kinds/kind.ts'

export const batchKinds: readonly KindDefinition[] = [cronJob, job]
