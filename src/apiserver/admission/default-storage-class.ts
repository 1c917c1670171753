// DefaultStorageClass: a claim that names no class gets the default one; naming '' asks for none.
//
// Upstream: plugin/pkg/admission/storage/storageclass/setdefault/admission.go

import { defaultStorageClassOf, namesClass } from '#api/kinds/storage/claim-class.ts'
import { storageClasses } from '#api/resources.ts'
import type { PersistentVolumeClaim } from '#api/types/core.ts'
import type { Draft } from '#api/types/wire.ts'
import type { ServerAccess } from '#apiserver/access.ts'
import type { AdmissionPlugin } from '#apiserver/admission/plugin.ts'
import { isFor, objectOf } from '#apiserver/admission/refuse.ts'

export function defaultStorageClass(access: ServerAccess): AdmissionPlugin {
  const informer = access.informers.informer(storageClasses)
  return {
    name: 'DefaultStorageClass',
    handles: (request) => isFor(request, '', 'persistentvolumeclaims', ['CREATE']),
    async mutate(request) {
      const claim = objectOf<Draft<PersistentVolumeClaim>>(request)
      if (!claim.spec || namesClass(claim)) return
      const name = defaultStorageClassOf(informer.list())?.metadata?.name
      if (name !== undefined) claim.spec.storageClassName = name
    },
  }
}
