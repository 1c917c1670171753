// DefaultTolerationSeconds: pods stay for five minutes on a node that stopped answering, unless they say otherwise.
//
// Upstream: plugin/pkg/admission/defaulttolerationseconds/admission.go

import type { Pod } from '#api/types/core.ts'
import type { Draft } from '#api/types/wire.ts'
import type { AdmissionPlugin } from '#apiserver/admission/plugin.ts'
import { isFor, objectOf } from '#apiserver/admission/refuse.ts'

const TAINTS = ['node.kubernetes.io/not-ready', 'node.kubernetes.io/unreachable']
const SECONDS = 300

export const defaultTolerationSeconds: AdmissionPlugin = {
  name: 'DefaultTolerationSeconds',
  handles: (request) => isFor(request, '', 'pods', ['CREATE', 'UPDATE']),
  async mutate(request) {
    const { spec } = objectOf<Draft<Pod>>(request)
    if (!spec) return
    const given = spec.tolerations ?? []
    const isTolerated = (taint: string) =>
      given.some(({ key, effect }) => (!key || key === taint) && (!effect || effect === 'NoExecute'))
    const added = TAINTS.filter((taint) => !isTolerated(taint)).map((key) => ({
      key,
      operator: 'Exists',
      effect: 'NoExecute',
      tolerationSeconds: SECONDS,
    }))
    if (added.length > 0) spec.tolerations = [...given, ...added]
  },
}
