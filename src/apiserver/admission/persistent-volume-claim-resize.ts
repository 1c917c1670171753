// PersistentVolumeClaimResize: a claim grows only when it is bound and its class allows that.
//
// Upstream: plugin/pkg/admission/storage/persistentvolume/resize/admission.go

import { classOf } from '#api/kinds/storage/claim-class.ts'
import { compareQuantities, parseQuantity } from '#api/meta/quantity.ts'
import { storageClasses } from '#api/resources.ts'
import type { PersistentVolumeClaim } from '#api/types/core.ts'
import type { ServerAccess } from '#apiserver/access.ts'
import type { AdmissionPlugin } from '#apiserver/admission/plugin.ts'
import { isFor, objectOf, oldObjectOf, refuse } from '#apiserver/admission/refuse.ts'

export function persistentVolumeClaimResize(access: ServerAccess): AdmissionPlugin {
  const informer = access.informers.informer(storageClasses)
  return {
    name: 'PersistentVolumeClaimResize',
    handles: (request) => isFor(request, '', 'persistentvolumeclaims', ['UPDATE']),
    async validate(request) {
      const claim = objectOf<PersistentVolumeClaim>(request)
      const old = oldObjectOf<PersistentVolumeClaim>(request)
      if (compareQuantities(sizeOf(claim), sizeOf(old)) <= 0) return
      if (old.status?.phase !== 'Bound')
        throw refuse(request, 'Only bound persistent volume claims can be expanded')
      const name = classOf(claim)
      if (name !== '' && name === classOf(old) && informer.get(name)?.allowVolumeExpansion) return
      throw refuse(
        request,
        'only dynamically provisioned pvc can be resized and the storageclass that provisions the pvc must support resize',
      )
    },
  }
}

const sizeOf = (claim: PersistentVolumeClaim) =>
  parseQuantity(claim.spec?.resources?.requests?.['storage'] ?? '0')
