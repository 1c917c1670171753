// What the scheduler knows of claims, volumes, classes and drivers, and which volumes it has promised to whom.
//
// Informers say what is; a promise counts from the decision on, before it is written. Changes are handed on as events, so
// that pods wake that wait for storage. Upstream: pkg/scheduler/framework/plugins/volumebinding/assume_cache.go

import { type KubeObject, keyOf, objectKey } from '#api/meta/object.ts'
import {
  csiDrivers,
  csiNodes,
  csiStorageCapacities,
  persistentVolumeClaims,
  persistentVolumes,
  storageClasses,
  volumeAttachments,
} from '#api/resources.ts'
import type { PersistentVolume, PersistentVolumeClaim } from '#api/types/core.ts'
import type {
  CSIDriver,
  CSINode,
  CSIStorageCapacity,
  StorageClass,
  VolumeAttachment,
} from '#api/types/storage.ts'
import type { Informer } from '#client/informer.ts'
import type { InformerFactory } from '#client/informer-factory.ts'
import type { ClusterEvent } from '#scheduler/cluster-events.ts'
import type { Storage } from '#scheduler/volumes.ts'

const NODE_INDEX = 'node'

export class StorageCache implements Storage {
  readonly #claims: Informer<PersistentVolumeClaim>
  readonly #volumes: Informer<PersistentVolume>
  readonly #classes: Informer<StorageClass>
  readonly #nodes: Informer<CSINode>
  readonly #drivers: Informer<CSIDriver>
  readonly #capacities: Informer<CSIStorageCapacity>
  readonly #attachments: Informer<VolumeAttachment>
  /** Volume → the claim that is to get it. */
  readonly #promised = new Map<string, string>()

  constructor(informers: InformerFactory) {
    this.#claims = informers.informer(persistentVolumeClaims)
    this.#volumes = informers.informer(persistentVolumes)
    this.#classes = informers.informer(storageClasses)
    this.#nodes = informers.informer(csiNodes)
    this.#drivers = informers.informer(csiDrivers)
    this.#capacities = informers.informer(csiStorageCapacities)
    this.#attachments = informers.informer(volumeAttachments)
    this.#attachments.addIndex(NODE_INDEX, ({ spec }) => [spec.nodeName])
  }

  async whenSynced(signal: AbortSignal): Promise<void> {
    const informers = [
      this.#claims,
      this.#volumes,
      this.#classes,
      this.#nodes,
      this.#drivers,
      this.#capacities,
      this.#attachments,
    ]
    await Promise.all(informers.map((informer) => informer.whenSynced(signal)))
  }

  /** Calls `handler` for what may help a waiting pod. */
  onEvent(handler: (event: ClusterEvent) => void): void {
    forward(this.#claims, (object, previous) => handler({ type: 'claim', object, previous }))
    forward(this.#volumes, (object, previous) => handler({ type: 'volume', object, previous }))
    forward(this.#classes, (object, previous) => handler({ type: 'storage-class', object, previous }))
    forward(this.#nodes, (object, previous) => handler({ type: 'csi-node', object, previous }))
    forward(this.#drivers, (object, previous) => handler({ type: 'csi-driver', object, previous }))
    forward(this.#capacities, (object, previous) => handler({ type: 'storage-capacity', object, previous }))
    this.#attachments.onChange(({ type }) => {
      if (type === 'deleted') handler({ type: 'attachment-deleted' })
    })
  }

  claim(namespace: string, name: string): PersistentVolumeClaim | undefined {
    return this.#claims.get(objectKey(namespace, name))
  }

  volume(name: string): PersistentVolume | undefined {
    return this.#volumes.get(name)
  }

  volumes(): readonly PersistentVolume[] {
    return this.#volumes.list()
  }

  storageClass(name: string): StorageClass | undefined {
    return this.#classes.get(name)
  }

  csiNode(name: string): CSINode | undefined {
    return this.#nodes.get(name)
  }

  csiDriver(name: string): CSIDriver | undefined {
    return this.#drivers.get(name)
  }

  capacities(): readonly CSIStorageCapacity[] {
    return this.#capacities.list()
  }

  attachmentsTo(node: string): readonly VolumeAttachment[] {
    return this.#attachments.byIndex(NODE_INDEX, node)
  }

  isPromised(volume: PersistentVolume, claim: PersistentVolumeClaim): boolean {
    const key = this.#promised.get(volume.metadata?.name ?? '')
    return key !== undefined && key !== keyOf(claim)
  }

  promise(volume: PersistentVolume, claim: PersistentVolumeClaim): void {
    this.#promised.set(volume.metadata?.name ?? '', keyOf(claim))
  }

  release(volume: PersistentVolume): void {
    this.#promised.delete(volume.metadata?.name ?? '')
  }
}

function forward<T extends KubeObject>(
  informer: Informer<T>,
  handler: (object: T, previous: T | undefined) => void,
): void {
  informer.onChange((change) => {
    if (change.type === 'updated') handler(change.object, change.previous)
    else if (change.type === 'added') handler(change.object, undefined)
  })
}
