// DefaultStorageClass: a claim that names no class gets the default one; naming '' asks for none.
//
// Upstream: plugin/pkg/admission/storage/storageclass/setdefault/admission.go

import { storageClasses } from '#api/resources.ts'
import type { PersistentVolumeClaim } from '#api/types/core.ts'
import type { Draft } from '#api/types/wire.ts'
import type { ServerAccess } from '#apiserver/access.ts'
import { defaultClass } from '#apiserver/admission/default-class.ts'
import type { AdmissionPlugin } from '#apiserver/admission/plugin.ts'
import { isFor, objectOf } from '#apiserver/admission/refuse.ts'

const ANNOTATIONS = [
  'storageclass.kubernetes.io/is-default-class',
  'storageclass.beta.kubernetes.io/is-default-class',
]
const CLASS_ANNOTATION = 'volume.beta.kubernetes.io/storage-class'

export function defaultStorageClass(access: ServerAccess): AdmissionPlugin {
  const informer = access.informers.informer(storageClasses)
  return {
    name: 'DefaultStorageClass',
    handles: (request) => isFor(request, '', 'persistentvolumeclaims', ['CREATE']),
    async mutate(request) {
      const claim = objectOf<Draft<PersistentVolumeClaim>>(request)
      if (!claim.spec || claim.spec.storageClassName !== undefined) return
      if (claim.metadata?.annotations?.[CLASS_ANNOTATION] !== undefined) return
      const name = defaultClass(informer.list(), ANNOTATIONS)?.metadata?.name
      if (name !== undefined) claim.spec.storageClassName = name
    },
  }
}

/** The class of a claim, '' for none; old clients write it as an annotation. */
export function classOf(claim: PersistentVolumeClaim): string {
  return claim.metadata?.annotations?.[CLASS_ANNOTATION] ?? claim.spec?.storageClassName ?? ''
}
