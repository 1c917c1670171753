// Whether a pod bears a node's taints. Pure.
//
// Upstream: staging/src/k8s.io/api/core/v1/toleration.go, component-helpers/scheduling/corev1/helpers.go

import type { Taint, Toleration } from '#api/types/core.ts'

/** An empty effect bears all effects, an empty key all keys. */
export function tolerates(toleration: Toleration, taint: Taint): boolean {
  if (toleration.effect && toleration.effect !== taint.effect) return false
  if (toleration.key && toleration.key !== taint.key) return false
  if (toleration.operator === 'Exists') return true
  const isEqual =
    toleration.operator === undefined || toleration.operator === '' || toleration.operator === 'Equal'
  return isEqual && (toleration.value ?? '') === (taint.value ?? '')
}

/** Whether each taint that has one of `effects` is borne. */
export function toleratesAll(
  tolerations: readonly Toleration[],
  taints: readonly Taint[],
  effects: readonly string[],
): boolean {
  return taints.every(
    (taint) =>
      !effects.includes(taint.effect) || tolerations.some((toleration) => tolerates(toleration, taint)),
  )
}
