// Two lists of tolerations as one, without those that another one makes needless. Pure.
//
// Upstream: pkg/util/tolerations/tolerations.go

import { semanticEqual } from '#api/meta/equality.ts'
import type { Toleration } from '#api/types/core.ts'

export function mergeTolerations(
  first: readonly Toleration[],
  second: readonly Toleration[],
): readonly Toleration[] {
  const all = [...first, ...second]
  const merged: Toleration[] = []
  for (const [index, toleration] of all.entries()) {
    const isCovered =
      merged.some((other) => covers(other, toleration)) ||
      all.slice(index + 1).some((other) => !semanticEqual(other, toleration) && covers(other, toleration))
    if (!isCovered) merged.push(toleration)
  }
  return merged
}

/** Whether `wide` tolerates all that `narrow` does. */
function covers(wide: Toleration, narrow: Toleration): boolean {
  if (semanticEqual(wide, narrow)) return true
  if ((narrow.key ?? '') !== (wide.key ?? '') && (wide.key || wide.operator !== 'Exists')) return false
  if ((narrow.effect ?? '') !== (wide.effect ?? '') && wide.effect) return false
  if (wide.effect === 'NoExecute') {
    if (wide.tolerationSeconds !== undefined) {
      if (narrow.tolerationSeconds === undefined || narrow.tolerationSeconds > wide.tolerationSeconds)
        return false
    }
  }
  switch (wide.operator || 'Equal') {
    case 'Equal':
      return (narrow.operator || 'Equal') === 'Equal' && (narrow.value ?? '') === (wide.value ?? '')
    case 'Exists':
      return true
    default:
      return false
  }
}
