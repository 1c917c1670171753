// DefaultIngressClass: an Ingress that names no class gets the default one.
//
// Upstream: plugin/pkg/admission/network/defaultingressclass/admission.go

import { defaultClass } from '#api/kinds/default-class.ts'
import { ingressClasses } from '#api/resources.ts'
import type { Ingress } from '#api/types/networking.ts'
import type { Draft } from '#api/types/wire.ts'
import type { ServerAccess } from '#apiserver/access.ts'
import type { AdmissionPlugin } from '#apiserver/admission/plugin.ts'
import { isFor, objectOf } from '#apiserver/admission/refuse.ts'

const DEFAULT_ANNOTATION = 'ingressclass.kubernetes.io/is-default-class'
const OLD_ANNOTATION = 'kubernetes.io/ingress.class'

export function defaultIngressClass(access: ServerAccess): AdmissionPlugin {
  const informer = access.informers.informer(ingressClasses)
  return {
    name: 'DefaultIngressClass',
    handles: (request) => isFor(request, 'networking.k8s.io', 'ingresses', ['CREATE']),
    async mutate(request) {
      const ingress = objectOf<Draft<Ingress>>(request)
      if (ingress.spec?.ingressClassName !== undefined) return
      if (ingress.metadata?.annotations?.[OLD_ANNOTATION] !== undefined) return
      const name = defaultClass(informer.list(), [DEFAULT_ANNOTATION])?.metadata?.name
      if (name !== undefined) ingress.spec = { ...ingress.spec, ingressClassName: name }
    },
  }
}
