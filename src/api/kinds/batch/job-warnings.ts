// What is allowed in a Job but hardly meant. Upstream: pkg/api/job/warnings.go

import { isIndexed } from '#api/kinds/batch/job-spec.ts'
import { podTemplateWarnings } from '#api/kinds/core/pod/warnings.ts'
import type { Path } from '#api/meta/field-error.ts'
import type { JobSpec } from '#api/types/batch.ts'

const MANY_COMPLETIONS = 100_000
const MANY_PODS = 10_000

const TOO_MANY =
  'In Indexed Jobs with a number of completions higher than 10^5 and a parallelism higher than 10^4, Kubernetes might not be able to track completedIndexes when a big number of indexes fail'

export function* jobWarnings(spec: JobSpec | undefined, path: Path): Generator<string, void, undefined> {
  const { completions = 0, parallelism = 0 } = spec ?? {}
  if (isIndexed(spec) && completions > MANY_COMPLETIONS && parallelism > MANY_PODS)
    yield `${path}: ${TOO_MANY}`
  yield* podTemplateWarnings(spec?.template, path.child('template'))
}
