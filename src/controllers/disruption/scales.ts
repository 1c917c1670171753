// How many pods the controllers of some pods want in all.
//
// A budget in percent is a share of what the controllers want, not of what happens to be there. Built-in controllers
// come from caches; any other kind is asked for its scale.
// Upstream: pkg/controller/disruption/disruption.go (finders, getExpectedScale)

import {
  type KubeObject,
  type ObjectKey,
  type OwnerReference,
  objectKey,
  parseApiVersion,
} from '#api/meta/object.ts'
import { isNotFound } from '#api/meta/status.ts'
import { deployments, replicaSets, replicationControllers, statefulSets } from '#api/resources.ts'
import type { Scale } from '#api/types/autoscaling.ts'
import type { Pod } from '#api/types/core.ts'
import { resourcePath } from '#client/client.ts'
import type { Informer } from '#client/informer.ts'
import { type ControllerContext, reads, type Watch } from '#controllers/controller.ts'
import { type DiscoveredResource, ServedKinds } from '#controllers/discovery.ts'
import { controllerOf } from '#controllers/owner-references.ts'

export interface ExpectedScale {
  readonly expected: number
  /** Names of pods that nobody controls. */
  readonly unmanaged: readonly string[]
}

interface Found {
  readonly uid: string
  readonly replicas: number
}

interface Scaled extends KubeObject {
  readonly spec?: { readonly replicas?: number }
}

export class Scales {
  readonly #context: ControllerContext
  readonly #replicaSets: Informer<Scaled>
  readonly #deployments: Informer<Scaled>
  readonly #statefulSets: Informer<Scaled>
  readonly #replicationControllers: Informer<Scaled>
  readonly #kinds: ServedKinds

  constructor(context: ControllerContext) {
    const { informers } = context
    this.#context = context
    this.#kinds = new ServedKinds(context.client)
    this.#replicaSets = informers.informer(replicaSets)
    this.#deployments = informers.informer(deployments)
    this.#statefulSets = informers.informer(statefulSets)
    this.#replicationControllers = informers.informer(replicationControllers)
  }

  /** The caches that have to be there before anybody asks. */
  get watches(): readonly Watch[] {
    return [this.#replicaSets, this.#deployments, this.#statefulSets, this.#replicationControllers].map(reads)
  }

  async of(pods: readonly Pod[]): Promise<ExpectedScale> {
    const byOwner = new Map<string, Found>()
    const unmanaged: string[] = []
    for (const pod of pods) {
      const owner = controllerOf(pod)
      if (!owner) {
        unmanaged.push(pod.metadata?.name ?? '')
        continue
      }
      if (byOwner.has(owner.uid)) continue
      const found = await this.#find(owner, pod.metadata?.namespace ?? '')
      if (!found) throw new Error(`found no controllers for pod ${JSON.stringify(pod.metadata?.name)}`)
      byOwner.set(owner.uid, found)
    }
    // Several ReplicaSets of one Deployment are one controller.
    const replicas = new Map([...byOwner.values()].map((found) => [found.uid, found.replicas]))
    return { expected: [...replicas.values()].reduce((sum, count) => sum + count, 0), unmanaged }
  }

  async #find(owner: OwnerReference, namespace: string): Promise<Found | undefined> {
    const key = objectKey(namespace, owner.name)
    const { group } = parseApiVersion(owner.apiVersion)
    switch (`${owner.kind}.${group}`) {
      case 'ReplicationController.':
        return fromCache(this.#replicationControllers, key, owner.uid)
      case 'StatefulSet.apps':
        return fromCache(this.#statefulSets, key, owner.uid)
      case 'ReplicaSet.apps':
        return this.#ofReplicaSet(key, owner.uid)
      default:
        return this.#ofScale(owner, namespace)
    }
  }

  #ofReplicaSet(key: ObjectKey, uid: string): Found | undefined {
    const set = this.#replicaSets.get(key)
    if (set?.metadata?.uid !== uid) return undefined
    const owner = controllerOf(set)
    if (owner?.kind !== 'Deployment') return fromCache(this.#replicaSets, key, uid)
    return fromCache(this.#deployments, objectKey(set.metadata.namespace, owner.name), owner.uid)
  }

  async #ofScale(owner: OwnerReference, namespace: string): Promise<Found | undefined> {
    const type = await this.#typeOf(owner)
    const id = type.group ? `${type.resource}.${type.group}` : type.resource
    if (!type.subresources.includes('scale'))
      throw new Error(`${id} does not implement the scale subresource`)
    try {
      const path = resourcePath(type, namespace, owner.name, 'scale')
      const scale = (await this.#context.client.request({
        method: 'GET',
        path,
        query: {},
      })) as unknown as Scale
      if (scale.metadata?.uid !== owner.uid) return undefined
      return { uid: owner.uid, replicas: scale.spec?.replicas ?? 0 }
    } catch (error) {
      if (isNotFound(error)) return undefined
      throw error
    }
  }

  async #typeOf(owner: OwnerReference): Promise<DiscoveredResource> {
    const { group, version } = parseApiVersion(owner.apiVersion)
    const type = await this.#kinds.find(group, owner.kind)
    if (!type) {
      const id = group ? `${group}/${version}` : version
      throw new Error(`no matches for kind ${JSON.stringify(owner.kind)} in version ${JSON.stringify(id)}`)
    }
    return type
  }
}

function fromCache(informer: Informer<Scaled>, key: ObjectKey, uid: string): Found | undefined {
  const found = informer.get(key)
  return found?.metadata?.uid === uid ? { uid, replicas: found.spec?.replicas ?? 1 } : undefined
}
