// Whether an object has to do with a node: asked from the node's pods, not kept as a graph.
//
// Upstream keeps a graph of all pods and what they refer to, and walks from the object to the node. A node has about a
// hundred pods, which an index gives at once, so looking through those costs microseconds and nothing has to be kept
// up to date. Objects that only few pods have (volumes, attachments, slices) are read when they are asked for.
// Upstream: plugin/pkg/auth/authorizer/node/graph.go

import type { KubeObject } from '#api/meta/object.ts'
import type { PersistentVolume, PersistentVolumeClaim, Pod } from '#api/types/core.ts'
import {
  claimNames,
  configMapNames,
  isMirrorPod,
  resourceClaimNames,
  secretNames,
  volumeSecrets,
} from '#apiserver/authorization/pod-references.ts'

export type RelatedKind =
  | 'secrets'
  | 'configmaps'
  | 'persistentvolumeclaims'
  | 'persistentvolumes'
  | 'resourceclaims'
  | 'serviceaccounts'
  | 'pods'
  | 'volumeattachments'
  | 'resourceslices'
  | 'podcertificaterequests'

/** An object whose spec names a node. */
interface WithNodeName extends KubeObject {
  readonly spec?: { readonly nodeName?: string }
}

export interface NodeLookups {
  /** The pods bound to a node. */
  podsOf(node: string): readonly Pod[]
  claim(namespace: string, name: string): Promise<PersistentVolumeClaim | undefined>
  volume(name: string): Promise<PersistentVolume | undefined>
  attachment(name: string): Promise<WithNodeName | undefined>
  slice(name: string): Promise<WithNodeName | undefined>
  certificateRequest(namespace: string, name: string): Promise<WithNodeName | undefined>
}

/** Whether `kind` `namespace/name` is needed by, or belongs to, `node`. */
export async function isRelated(
  lookups: NodeLookups,
  node: string,
  kind: RelatedKind,
  namespace: string,
  name: string,
): Promise<boolean> {
  switch (kind) {
    case 'volumeattachments':
      return (await lookups.attachment(name))?.spec?.nodeName === node
    case 'resourceslices':
      return (await lookups.slice(name))?.spec?.nodeName === node
    case 'podcertificaterequests':
      return (await lookups.certificateRequest(namespace, name))?.spec?.nodeName === node
    case 'persistentvolumes':
      return isVolumeOfNode(lookups, node, await lookups.volume(name))
    case 'pods':
      return lookups
        .podsOf(node)
        .some((pod) => pod.metadata?.namespace === namespace && pod.metadata.name === name)
    default:
      if (podsWithRights(lookups, node, namespace).some((pod) => refersTo(pod, kind, name))) return true
      return kind === 'secrets' && isSecretOfVolume(lookups, node, namespace, name)
  }
}

/** Mirror pods are made by the node itself: they must not give it rights. */
function podsWithRights(lookups: NodeLookups, node: string, namespace?: string): readonly Pod[] {
  return lookups
    .podsOf(node)
    .filter((pod) => !isMirrorPod(pod) && (namespace === undefined || pod.metadata?.namespace === namespace))
}

function refersTo(pod: Pod, kind: RelatedKind, name: string): boolean {
  switch (kind) {
    case 'secrets':
      return secretNames(pod).has(name)
    case 'configmaps':
      return configMapNames(pod).has(name)
    case 'persistentvolumeclaims':
      return claimNames(pod).has(name)
    case 'resourceclaims':
      return resourceClaimNames(pod).has(name)
    case 'serviceaccounts':
      return pod.spec?.serviceAccountName === name
    default:
      return false
  }
}

function isVolumeOfNode(lookups: NodeLookups, node: string, volume: PersistentVolume | undefined): boolean {
  const { namespace, name } = volume?.spec?.claimRef ?? {}
  if (!namespace || !name) return false
  return podsWithRights(lookups, node, namespace).some((pod) => claimNames(pod).has(name))
}

async function isSecretOfVolume(
  lookups: NodeLookups,
  node: string,
  namespace: string,
  name: string,
): Promise<boolean> {
  for (const pod of podsWithRights(lookups, node)) {
    for (const claimName of claimNames(pod)) {
      const claim = await lookups.claim(pod.metadata?.namespace ?? '', claimName)
      const volume = claim?.spec?.volumeName ? await lookups.volume(claim.spec.volumeName) : undefined
      if (!volume || !volumeSecrets(volume).has(`${namespace}/${name}`)) continue
      if (isVolumeOfNode(lookups, node, volume)) return true
    }
  }
  return false
}
