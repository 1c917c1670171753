// Whether a pod tolerates a taint: shared by the plugins that look at taints.
// Upstream: staging/src/k8s.io/component-helpers/scheduling/corev1/helpers.go

import type { Taint, Toleration } from '#api/types/core.ts'

/** An empty key with `Exists` tolerates everything, an empty effect all effects. */
export function tolerates(toleration: Toleration, taint: Taint): boolean {
  if (toleration.effect && toleration.effect !== taint.effect) return false
  if (toleration.key && toleration.key !== taint.key) return false
  switch (toleration.operator ?? 'Equal') {
    case '':
    case 'Equal':
      return (toleration.value ?? '') === (taint.value ?? '') && (toleration.key ?? '') !== ''
    case 'Exists':
      return true
    default:
      return false
  }
}

/** The first taint with one of `effects` that none of the tolerations covers. */
export function untolerated(
  taints: readonly Taint[],
  tolerations: readonly Toleration[],
  effects: readonly string[],
): Taint | undefined {
  return taints.find(
    (taint) =>
      effects.includes(taint.effect) && !tolerations.some((toleration) => tolerates(toleration, taint)),
  )
}
