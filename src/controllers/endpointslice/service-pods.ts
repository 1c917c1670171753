// Which pods stand behind which Services, and which changes of a pod matter to them. Pure.
//
// Upstream: staging/src/k8s.io/endpointslice/util/controller_utils.go

import { semanticEqual } from '#api/meta/equality.ts'
import { keyOf, type ObjectKey } from '#api/meta/object.ts'
import { matchesLabels, selectorOfLabels } from '#api/meta/selectors.ts'
import type { Pod, Service } from '#api/types/core.ts'
import type { Change, Informer } from '#client/informer.ts'
import { isPodReady, isPodTerminal } from '#controllers/pods/pod-state.ts'

/** A pod that has an address and has not ended; one that is being deleted only where `terminating` counts. */
export function isEndpoint(pod: Pod, terminating: boolean): boolean {
  if (isPodTerminal(pod)) return false
  if (!pod.status?.podIP && (pod.status?.podIPs ?? []).length === 0) return false
  return terminating || pod.metadata?.deletionTimestamp === undefined
}

/** The pod asked for a name of its own under the Service. */
export function hasHostname(pod: Pod, service: Service): boolean {
  return (
    !!pod.spec?.hostname &&
    pod.spec.subdomain === service.metadata?.name &&
    pod.metadata?.namespace === service.metadata?.namespace
  )
}

/** Whether a Service's endpoints are for the controllers to make: by selector, and not just another name. */
export function isManaged(service: Service): boolean {
  return service.spec?.type !== 'ExternalName' && service.spec?.selector !== undefined
}

/** The pods that the Service selects. */
export function podsOfService(service: Service, pods: Informer<Pod>): readonly Pod[] {
  const selector = selectorOfLabels(service.spec?.selector)
  return pods
    .list(service.metadata?.namespace ?? '')
    .filter((pod) => matchesLabels(selector, pod.metadata?.labels))
}

/** The Services whose endpoints a change of a pod may change. */
export function servicesOfPod(change: Change<Pod>, services: Informer<Service>): readonly ObjectKey[] {
  const after = selecting(change.object, services)
  if (change.type !== 'updated') return [...after]
  const { object, previous } = change
  const isChanged = endpointChanged(previous, object)
  const isMoved =
    !semanticEqual(previous.metadata?.labels, object.metadata?.labels) || namesChanged(previous, object)
  if (!isMoved) return isChanged ? [...after] : []
  const before = selecting(previous, services)
  const all = [...new Set([...after, ...before])]
  return isChanged || namesChanged(previous, object)
    ? all
    : all.filter((key) => after.has(key) !== before.has(key))
}

function selecting(pod: Pod, services: Informer<Service>): ReadonlySet<ObjectKey> {
  const keys = services
    .list(pod.metadata?.namespace ?? '')
    .filter(
      ({ spec }) =>
        spec?.selector !== undefined && matchesLabels(selectorOfLabels(spec.selector), pod.metadata?.labels),
    )
    .map(keyOf)
  return new Set(keys)
}

function endpointChanged(before: Pod, after: Pod): boolean {
  return (
    before.metadata?.deletionTimestamp !== after.metadata?.deletionTimestamp ||
    isPodReady(before) !== isPodReady(after) ||
    isPodTerminal(before) !== isPodTerminal(after) ||
    !semanticEqual(before.status?.podIPs, after.status?.podIPs)
  )
}

function namesChanged(before: Pod, after: Pod): boolean {
  return before.spec?.hostname !== after.spec?.hostname || before.spec?.subdomain !== after.spec?.subdomain
}

/** A Service of its own address; the others are headless. */
export function hasClusterIP(service: Service): boolean {
  const ip = service.spec?.clusterIP ?? ''
  return ip !== '' && ip !== 'None'
}
