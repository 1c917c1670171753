// PodResizeValidator: a pod on a node is not resized beyond what that node has.
//
// Upstream: plugin/pkg/admission/podresize/admission.go

import { type Amounts, podRequests } from '#api/meta/pod-resources.ts'
import { compareQuantities, parseQuantity, toMillis, toValue } from '#api/meta/quantity.ts'
import { StatusError } from '#api/meta/status.ts'
import { nodes } from '#api/resources.ts'
import type { Node, Pod } from '#api/types/core.ts'
import type { ServerAccess } from '#apiserver/access.ts'
import type { AdmissionPlugin, AdmissionRequest } from '#apiserver/admission/plugin.ts'
import { isFor, objectOf, oldObjectOf, refuse } from '#apiserver/admission/refuse.ts'

const OS_LABEL = 'kubernetes.io/os'

export function podResize(access: ServerAccess): AdmissionPlugin {
  const informer = access.informers.informer(nodes)
  return {
    name: 'PodResizeValidator',
    handles: (request) => isFor(request, '', 'pods', ['UPDATE'], ['resize']),
    async validate(request) {
      const pod = objectOf<Pod>(request)
      const nodeName = pod.spec?.nodeName ?? ''
      if (nodeName === '' || oldObjectOf<Pod>(request).metadata?.generation === pod.metadata?.generation)
        return
      const node = informer.get(nodeName)
      if (!node) throw refuse(request, `node ${JSON.stringify(nodeName)} not found`)
      const os = node.metadata?.labels?.[OS_LABEL] ?? 'linux'
      if (os !== 'linux') {
        const why = `pod resize is only supported on linux nodes, node ${JSON.stringify(nodeName)} is ${JSON.stringify(os)}`
        throw refuseFor(request, why, 'UnsupportedPlatform')
      }
      const missing = beyond(podRequests(pod), node)
      if (missing.length > 0) {
        const why = `node didn't have enough allocatable resources: ${missing.join('; ')}`
        throw refuseFor(request, why, 'NodeCapacity')
      }
    },
  }
}

/** What of `requests` the node does not have: CPU in millis, memory in bytes. */
export function beyond(requests: Amounts, node: Pick<Node, 'status'>): string[] {
  const shown = { cpu: toMillis, memory: toValue }
  return (['cpu', 'memory'] as const).flatMap((name) => {
    const wanted = requests.get(name)
    const there = parseQuantity(node.status?.allocatable?.[name] ?? '0')
    if (!wanted || compareQuantities(wanted, there) <= 0) return []
    return [`${name}, requested: ${shown[name](wanted)}, allocatable: ${shown[name](there)}`]
  })
}

function refuseFor(request: AdmissionRequest, why: string, reason: string): StatusError {
  const { status } = refuse(request, why)
  return new StatusError({ ...status, details: { ...status.details, causes: [{ reason }] } })
}
