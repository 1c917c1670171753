// When an indexed Job has succeeded before all of its indexes have. Pure.
//
// Upstream: pkg/controller/job/success_policy.go

import type { SuccessPolicy } from '#api/types/batch.ts'
import { IndexSet } from '#controllers/job/indexes.ts'

/** The message of the first rule that is met. */
export function metSuccessRule(
  policy: SuccessPolicy | undefined,
  completions: number,
  succeeded: IndexSet,
): string | undefined {
  if (succeeded.size === 0) return undefined
  const index = (policy?.rules ?? []).findIndex(({ succeededIndexes, succeededCount }) => {
    if (succeededIndexes === undefined)
      return succeededCount !== undefined && succeeded.size >= succeededCount
    const wanted = IndexSet.parse(succeededIndexes, completions)
    if (wanted.size === 0) return false
    const reached = wanted.overlap(succeeded)
    return reached === wanted.size || (succeededCount !== undefined && reached >= succeededCount)
  })
  return index < 0 ? undefined : `Matched rules at index ${index}`
}
