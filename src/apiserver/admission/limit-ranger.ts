// LimitRanger: containers without requests and limits get those of the namespace's LimitRanges, and pods and claims
// that ask for too little or too much are refused.
//
// Upstream: plugin/pkg/admission/limitranger/admission.go

import { containerLimits, containerRequests, isPodLevelResource } from '#api/meta/pod-resources.ts'
import { limitRanges } from '#api/resources.ts'
import type { Container, LimitRange, LimitRangeItem, PersistentVolumeClaim, Pod } from '#api/types/core.ts'
import type { Draft } from '#api/types/wire.ts'
import type { ServerAccess } from '#apiserver/access.ts'
import { type Amounts, amountsOf, itemFaults } from '#apiserver/admission/limit-range-constraints.ts'
import type { AdmissionPlugin } from '#apiserver/admission/plugin.ts'
import { isFor, objectOf, refuse } from '#apiserver/admission/refuse.ts'

const ANNOTATION = 'kubernetes.io/limit-ranger'

export function limitRanger(access: ServerAccess): AdmissionPlugin {
  const informer = access.informers.informer(limitRanges)
  return {
    name: 'LimitRanger',
    handles: (request) =>
      isFor(request, '', 'pods', ['CREATE']) ||
      isFor(request, '', 'pods', ['UPDATE'], ['resize']) ||
      isFor(request, '', 'persistentvolumeclaims', ['CREATE', 'UPDATE']),
    async mutate(request) {
      if (request.kind.resource !== 'pods' || request.operation !== 'CREATE') return
      const pod = objectOf<Draft<Pod>>(request)
      for (const range of informer.list(request.namespace)) fillIn(pod, range)
    },
    async validate(request) {
      for (const range of informer.list(request.namespace)) {
        const all =
          request.kind.resource === 'pods'
            ? podFaults(objectOf<Pod>(request), range)
            : claimFaults(objectOf<PersistentVolumeClaim>(request), range)
        // containers that are alike fail alike: it is said once
        const faults = [...new Set(all)]
        if (faults.length > 0) {
          throw refuse(request, faults.length === 1 ? faults[0]! : `[${faults.join(', ')}]`)
        }
      }
    },
  }
}

const itemsOf = (range: LimitRange, type: string): readonly LimitRangeItem[] =>
  (range.spec?.limits ?? []).filter((item) => item.type === type)

function fillIn(pod: Draft<Pod>, range: LimitRange): void {
  const items = itemsOf(range, 'Container')
  const requests = Object.assign({}, ...items.map((item) => item.defaultRequest ?? {})) as Record<
    string,
    string
  >
  const limits = Object.assign({}, ...items.map((item) => item.default ?? {})) as Record<string, string>
  const notes = [
    ...(pod.spec?.containers ?? []).flatMap((container) =>
      complete(container, requests, limits, 'container'),
    ),
    ...(pod.spec?.initContainers ?? []).flatMap((container) =>
      complete(container, requests, limits, 'init container'),
    ),
  ]
  if (notes.length === 0) return
  const annotations = {
    ...pod.metadata?.annotations,
    [ANNOTATION]: `LimitRanger plugin set: ${notes.join('; ')}`,
  }
  pod.metadata = { ...pod.metadata, annotations }
}

/** Gives notes of what was set. */
function complete(
  container: Draft<Container>,
  requests: Readonly<Record<string, string>>,
  limits: Readonly<Record<string, string>>,
  word: string,
): string[] {
  const own = container.resources ?? {}
  const missing = (
    wanted: Readonly<Record<string, string>>,
    present: Readonly<Record<string, string>> = {},
  ) =>
    Object.keys(wanted)
      .filter((name) => !(name in present))
      .sort()
  const [newRequests, newLimits] = [missing(requests, own.requests), missing(limits, own.limits)]
  if (newRequests.length + newLimits.length === 0) return []
  container.resources = {
    ...own,
    ...(newLimits.length > 0 && { limits: { ...limits, ...own.limits } }),
    ...(newRequests.length > 0 && { requests: { ...requests, ...own.requests } }),
  }
  return [
    ...(newRequests.length > 0 ? [`${newRequests.join(', ')} request for ${word} ${container.name}`] : []),
    ...(newLimits.length > 0 ? [`${newLimits.join(', ')} limit for ${word} ${container.name}`] : []),
  ]
}

function podFaults(pod: Pod, range: LimitRange): string[] {
  const { spec } = pod
  if (!spec) return []
  const containers = [...(spec.containers ?? []), ...(spec.initContainers ?? [])]
  return (range.spec?.limits ?? []).flatMap((item) => {
    if (item.type === 'Container') {
      return containers.flatMap(({ resources }) =>
        itemFaults(item, amountsOf(resources?.requests), amountsOf(resources?.limits)),
      )
    }
    if (item.type !== 'Pod') return []
    return itemFaults(
      item,
      withPodLevel(containerRequests(spec), spec.resources?.requests),
      withPodLevel(containerLimits(spec), spec.resources?.limits),
    )
  })
}

function withPodLevel(sum: Amounts, podLevel: Readonly<Record<string, string>> | undefined): Amounts {
  const own = [...amountsOf(podLevel)].filter(([name]) => isPodLevelResource(name))
  return new Map([...sum, ...own])
}

function claimFaults(claim: PersistentVolumeClaim, range: LimitRange): string[] {
  const requests = amountsOf(claim.spec?.resources?.requests)
  return itemsOf(range, 'PersistentVolumeClaim').flatMap((item) => itemFaults(item, requests, undefined))
}
