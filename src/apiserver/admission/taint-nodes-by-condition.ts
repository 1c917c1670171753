// TaintNodesByCondition: a new node takes no pods until the node lifecycle controller has seen it ready.
//
// Upstream: plugin/pkg/admission/nodetaint/admission.go

import type { Node } from '#api/types/core.ts'
import type { Draft } from '#api/types/wire.ts'
import type { AdmissionPlugin } from '#apiserver/admission/plugin.ts'
import { isFor, objectOf } from '#apiserver/admission/refuse.ts'

const NOT_READY = { key: 'node.kubernetes.io/not-ready', effect: 'NoSchedule' }

export const taintNodesByCondition: AdmissionPlugin = {
  name: 'TaintNodesByCondition',
  handles: (request) => isFor(request, '', 'nodes', ['CREATE']),
  async mutate(request) {
    const node = objectOf<Draft<Node>>(request)
    const taints = node.spec?.taints ?? []
    if (taints.some(({ key, effect }) => key === NOT_READY.key && effect === NOT_READY.effect)) return
    node.spec = { ...node.spec, taints: [...taints, { ...NOT_READY }] }
  },
}
