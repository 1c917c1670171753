// StorageObjectInUseProtection: volumes and claims stay until nobody uses them: controllers take the finalizer away.
//
// Upstream: plugin/pkg/admission/storage/storageobjectinuseprotection/admission.go

import type { KubeObject } from '#api/meta/object.ts'
import type { Draft } from '#api/types/wire.ts'
import type { AdmissionPlugin } from '#apiserver/admission/plugin.ts'
import { isFor, objectOf } from '#apiserver/admission/refuse.ts'

const FINALIZERS: Readonly<Record<string, string>> = {
  persistentvolumes: 'kubernetes.io/pv-protection',
  persistentvolumeclaims: 'kubernetes.io/pvc-protection',
  volumeattributesclasses: 'kubernetes.io/vac-protection',
}

export const storageObjectInUseProtection: AdmissionPlugin = {
  name: 'StorageObjectInUseProtection',
  handles: (request) =>
    isFor(request, '', 'persistentvolumes', ['CREATE']) ||
    isFor(request, '', 'persistentvolumeclaims', ['CREATE']) ||
    isFor(request, 'storage.k8s.io', 'volumeattributesclasses', ['CREATE']),
  async mutate(request) {
    const object = objectOf<Draft<KubeObject>>(request)
    const finalizer = FINALIZERS[request.kind.resource]!
    const present = object.metadata?.finalizers ?? []
    if (present.includes(finalizer)) return
    object.metadata = { ...object.metadata, finalizers: [...present, finalizer] }
  },
}
