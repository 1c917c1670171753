// PodTopologyLabels: a pod gets the zone and region of its node as labels, when it is bound.
//
// Upstream: plugin/pkg/admission/podtopologylabels/admission.go

import { nodes } from '#api/resources.ts'
import type { Binding, Pod } from '#api/types/core.ts'
import type { Draft } from '#api/types/wire.ts'
import type { ServerAccess } from '#apiserver/access.ts'
import type { AdmissionPlugin } from '#apiserver/admission/plugin.ts'
import { isFor, objectOf } from '#apiserver/admission/refuse.ts'

const LABELS = ['topology.kubernetes.io/zone', 'topology.kubernetes.io/region']

export function podTopologyLabels(access: ServerAccess): AdmissionPlugin {
  const informer = access.informers.informer(nodes)
  return {
    name: 'PodTopologyLabels',
    handles: (request) => isFor(request, '', 'pods', ['CREATE'], ['', 'binding']),
    async mutate(request) {
      const object = objectOf<Draft<Pod> & Draft<Binding>>(request)
      const isBinding = request.subresource === 'binding'
      if (isBinding && object.target.kind !== 'Node') return
      const node = informer.get((isBinding ? object.target.name : object.spec?.nodeName) ?? '')
      const found = LABELS.flatMap((label) => {
        const value = node?.metadata?.labels?.[label]
        return value === undefined ? [] : [[label, value]]
      })
      if (found.length === 0) return
      const labels = { ...object.metadata?.labels, ...Object.fromEntries(found) }
      object.metadata = { ...object.metadata, labels }
    },
  }
}
