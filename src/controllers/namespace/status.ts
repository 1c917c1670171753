// The conditions by which a namespace tells how its deletion goes. Pure.
//
// Upstream: pkg/controller/namespace/deletion/status_condition_utils.go

import type { NamespaceCondition } from '#api/types/core.ts'
import type { ContentLeft } from '#controllers/namespace/content.ts'
import { formatTime } from '#sys/clock.ts'

/** What came of one pass over the content. */
export interface DeletionOutcome {
  /** Why not all kinds of objects are known; undefined when they are. */
  readonly discoveryFailure: string | undefined
  readonly errors: readonly string[]
  /** What is left, by `<resource>.<group>`. */
  readonly left: readonly ContentLeft[]
  /** Pods go first; as long as there are some, nothing is said of the rest. */
  readonly isComplete: boolean
}

interface Verdict {
  readonly reason: string
  readonly message: string
}

/** In the order in which they are added, with what they say when all is well. */
const CONDITIONS: readonly { readonly type: string; readonly ok: Verdict }[] = [
  {
    type: 'NamespaceDeletionDiscoveryFailure',
    ok: { reason: 'ResourcesDiscovered', message: 'All resources successfully discovered' },
  },
  {
    type: 'NamespaceDeletionGroupVersionParsingFailure',
    ok: { reason: 'ParsedGroupVersions', message: 'All legacy kube types successfully parsed' },
  },
  {
    type: 'NamespaceDeletionContentFailure',
    ok: {
      reason: 'ContentDeleted',
      message: 'All content successfully deleted, may be waiting on finalization',
    },
  },
  {
    type: 'NamespaceContentRemaining',
    ok: { reason: 'ContentRemoved', message: 'All content successfully removed' },
  },
  {
    type: 'NamespaceFinalizersRemaining',
    ok: { reason: 'ContentHasNoFinalizers', message: 'All content-preserving finalizers finished' },
  },
]

/** The namespace's conditions after a pass; the very list that is there when nothing changed. */
export function deletionConditions(
  current: readonly NamespaceCondition[],
  outcome: DeletionOutcome,
  nowMs: number,
): readonly NamespaceCondition[] {
  const failures = failuresOf(outcome)
  const next = [...current]
  let isChanged = false
  for (const { type, ok } of CONDITIONS) {
    const failure = failures[type]
    const status = failure ? 'True' : 'False'
    const verdict = failure ?? ok
    const index = next.findIndex((condition) => condition.type === type)
    const old = next[index]
    if (old?.status === status && old.reason === verdict.reason && old.message === verdict.message) continue
    isChanged = true
    const lastTransitionTime = old?.status === status ? old.lastTransitionTime : formatTime(nowMs)
    const condition = { type, status, ...(lastTransitionTime && { lastTransitionTime }), ...verdict }
    if (index < 0) next.push(condition)
    else next[index] = condition
  }
  return isChanged ? next : current
}

function failuresOf(outcome: DeletionOutcome): Readonly<Record<string, Verdict | undefined>> {
  const { discoveryFailure, errors } = outcome
  return {
    NamespaceDeletionDiscoveryFailure:
      discoveryFailure === undefined ? undefined : { reason: 'DiscoveryFailed', message: discoveryFailure },
    NamespaceDeletionContentFailure:
      errors.length === 0
        ? undefined
        : {
            reason: 'ContentDeletionFailed',
            message: `Failed to delete all resource types, ${errors.length} remaining: ${[...errors].sort().join(', ')}`,
          },
    ...(outcome.isComplete && { NamespaceContentRemaining: contentRemaining(outcome.left) }),
    ...(outcome.isComplete && { NamespaceFinalizersRemaining: finalizersRemaining(outcome.left) }),
  }
}

function contentRemaining(left: readonly ContentLeft[]): Verdict | undefined {
  const parts = left
    .filter(({ count }) => count > 0)
    .map(({ name, count }) => `${name} has ${count} resource instances`)
  if (parts.length === 0) return undefined
  return {
    reason: 'SomeResourcesRemain',
    message: `Some resources are remaining: ${parts.sort().join(', ')}`,
  }
}

function finalizersRemaining(left: readonly ContentLeft[]): Verdict | undefined {
  const totals = new Map<string, number>()
  for (const { finalizers } of left) {
    for (const [name, count] of finalizers) totals.set(name, (totals.get(name) ?? 0) + count)
  }
  if (totals.size === 0) return undefined
  const parts = [...totals].map(([name, count]) => `${name} in ${count} resource instances`).sort()
  return {
    reason: 'SomeFinalizersRemain',
    message: `Some content in the namespace has finalizers remaining: ${parts.join(', ')}`,
  }
}
