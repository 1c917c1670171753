// Resources at pod level: what they are when only the containers say something, and the other way round.
//
// Upstream: defaultPodRequests and defaultHugePagePodLimits in pkg/apis/core/v1/defaults.go

import { isHugePages, isOvercommitAllowed } from '#api/kinds/core/resource-names.ts'
import { containerLimits, containerRequests, isPodLevelResource } from '#api/meta/pod-resources.ts'
import { formatQuantity } from '#api/meta/quantity.ts'
import type { Pod } from '#api/types/core.ts'
import type { Draft } from '#api/types/wire.ts'

export function podLevelDefaults(pod: Draft<Pod>): void {
  const resources = pod.spec?.resources
  if (!resources) return
  limitHugePages(pod)
  requestForThePod(pod)
}

/** Huge pages that containers limit are limited for the pod, unless it requests them itself. */
function limitHugePages(pod: Draft<Pod>): void {
  const resources = pod.spec!.resources!
  if (isEmpty(resources.limits) && isEmpty(resources.requests)) return
  const limits = { ...resources.limits }
  for (const [name, amount] of containerLimits(pod.spec!)) {
    if (!isHugePages(name) || resources.requests?.[name] !== undefined) continue
    limits[name] ??= formatQuantity(amount)
  }
  if (!isEmpty(limits)) resources.limits = limits
}

/** The pod requests what its containers request in sum, else what it limits. */
function requestForThePod(pod: Draft<Pod>): void {
  const resources = pod.spec!.resources!
  if (isEmpty(resources.limits)) return
  const requests = { ...resources.requests }
  for (const [name, amount] of containerRequests(pod.spec!)) {
    if (isPodLevelResource(name) && isOvercommitAllowed(name)) requests[name] ??= formatQuantity(amount)
  }
  for (const [name, limit] of Object.entries(resources.limits ?? {})) {
    if (isPodLevelResource(name)) requests[name] ??= limit
  }
  if (!isEmpty(requests)) resources.requests = requests
}

const isEmpty = (list: object | undefined): boolean => !list || Object.keys(list).length === 0
