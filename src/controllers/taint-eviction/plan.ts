// When a pod has to leave a node with NoExecute taints. Pure.
//
// Upstream: pkg/controller/tainteviction/taint_eviction.go, k8s.io/api/core/v1/toleration.go

import { tolerates } from '#api/meta/tolerations.ts'
import type { Taint, Toleration } from '#api/types/core.ts'

/** Never, or so many seconds after the taints were first seen (0: at once). */
export type Patience = 'forever' | number

/** For how long tolerations bear all of the taints: the shortest of those that are used counts. */
export function patienceOf(taints: readonly Taint[], tolerations: readonly Toleration[]): Patience {
  let patience: Patience = 'forever'
  for (const taint of taints) {
    const toleration = tolerations.find((candidate) => tolerates(candidate, taint))
    if (!toleration) return 0
    const seconds = toleration.tolerationSeconds
    if (seconds === undefined) continue
    const bounded = Math.max(0, seconds)
    patience = patience === 'forever' ? bounded : Math.min(patience, bounded)
  }
  return patience
}
