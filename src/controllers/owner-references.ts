// Who owns an object: reading and making owner references.
//
// At most one owner is the controller, the one who manages the object; the others only keep it alive for the
// garbage collector. Upstream: staging/src/k8s.io/apimachinery/pkg/apis/meta/v1/controller_ref.go

import { apiVersionOf, type KubeObject, type OwnerReference } from '#api/meta/object.ts'
import type { ResourceType } from '#api/resources.ts'

/** The reference to the object's controller, if it has one. */
export function controllerOf(object: KubeObject): OwnerReference | undefined {
  return object.metadata?.ownerReferences?.find((reference) => reference.controller === true)
}

export function isControlledBy(object: KubeObject, owner: KubeObject): boolean {
  const uid = controllerOf(object)?.uid
  return uid !== undefined && uid === owner.metadata?.uid
}

/** The reference that a controller puts on what it creates for `owner`. */
export function controllerReference(type: ResourceType, owner: KubeObject): OwnerReference {
  return {
    apiVersion: apiVersionOf(type.group, type.version),
    kind: type.kind,
    name: owner.metadata?.name ?? '',
    uid: owner.metadata?.uid ?? '',
    controller: true,
    blockOwnerDeletion: true,
  }
}
