// Carries out what was decided about a pod's volumes, before the pod is bound: volumes are given to claims, provisioners
// are told the node, and then it waits until the binder and the provisioner have done their parts.
//
// Invariant: from the decision on, a volume is promised to its claim, so that the next pod does not count on it.
// Upstream: pkg/scheduler/framework/plugins/volumebinding/binder.go (AssumePodVolumes, BindPodVolumes)

import { annotated, SELECTED_NODE, volumeBoundTo } from '#api/kinds/storage/volume-binding.ts'
import { keyOf, objectKey } from '#api/meta/object.ts'
import { persistentVolumeClaims, persistentVolumes, storageClasses } from '#api/resources.ts'
import type { Node, PersistentVolume, PersistentVolumeClaim, Pod } from '#api/types/core.ts'
import type { StorageClass } from '#api/types/storage.ts'
import type { Client } from '#client/client.ts'
import type { Informer } from '#client/informer.ts'
import type { InformerFactory } from '#client/informer-factory.ts'
import { claimsOf, isBound, planVolumes, type Storage, type VolumePlan } from '#scheduler/volumes.ts'
import type { Clock } from '#sys/clock.ts'

/** A provisioner that takes longer has failed. */
const BIND_TIMEOUT_MS = 600_000

export class VolumeBinder implements Storage {
  readonly #client: Client
  readonly #clock: Clock
  readonly #claims: Informer<PersistentVolumeClaim>
  readonly #volumes: Informer<PersistentVolume>
  readonly #classes: Informer<StorageClass>
  /** Volume → the claim that is to get it. */
  readonly #promised = new Map<string, string>()

  constructor(client: Client, informers: InformerFactory, clock: Clock) {
    this.#client = client
    this.#clock = clock
    this.#claims = informers.informer(persistentVolumeClaims)
    this.#volumes = informers.informer(persistentVolumes)
    this.#classes = informers.informer(storageClasses)
  }

  async whenSynced(signal: AbortSignal): Promise<void> {
    const informers = [this.#claims, this.#volumes, this.#classes]
    await Promise.all(informers.map((informer) => informer.whenSynced(signal)))
  }

  /** Calls `handler` whenever storage has changed. */
  onChange(handler: () => void): void {
    for (const informer of [this.#claims, this.#volumes, this.#classes]) informer.onChange(handler)
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

  isPromised(volume: PersistentVolume, claim: PersistentVolumeClaim): boolean {
    const key = this.#promised.get(volume.metadata?.name ?? '')
    return key !== undefined && key !== keyOf(claim)
  }

  /** Promises the pod its volumes on a node; undefined when nothing is to be done for it. */
  promise(pod: Pod, node: Node): VolumePlan | undefined {
    const found = claimsOf(pod, this)
    const plan = 'claims' in found ? planVolumes(found.claims, node, this) : undefined
    if (!plan || 'reason' in plan || plan.bind.length + plan.provision.length === 0) return undefined
    for (const { claim, volume } of plan.bind) this.#promised.set(volume.metadata?.name ?? '', keyOf(claim))
    return plan
  }

  /** Resolves when all claims are bound; rejects when that fails or takes too long. Ends the promises. */
  async bind(plan: VolumePlan, nodeName: string, signal: AbortSignal): Promise<void> {
    try {
      for (const { claim, volume } of plan.bind) {
        const bound = volumeBoundTo(volume, claim)
        if (bound !== volume) await this.#client.resource(persistentVolumes).update(bound)
      }
      for (const claim of plan.provision) {
        if (claim.metadata?.annotations?.[SELECTED_NODE] === nodeName) continue
        await this.#client
          .resource(persistentVolumeClaims)
          .update(annotated(claim, { [SELECTED_NODE]: nodeName }))
      }
      await this.#untilBound([...plan.bind.map(({ claim }) => claim), ...plan.provision].map(keyOf), signal)
    } finally {
      for (const { volume } of plan.bind) this.#promised.delete(volume.metadata?.name ?? '')
    }
  }

  #untilBound(keys: readonly string[], signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const end = (error?: Error): void => {
        timer.cancel()
        stop()
        signal.removeEventListener('abort', onAbort)
        if (error) reject(error)
        else resolve()
      }
      const check = (): void => {
        const claims = keys.map((key) => this.#claims.get(key))
        if (claims.includes(undefined)) end(new Error('a claim was deleted while it was bound'))
        else if (claims.every((claim) => claim && isBound(claim))) end()
      }
      const onAbort = (): void => end(new Error('the scheduler ends'))
      const timer = this.#clock.after(BIND_TIMEOUT_MS, () =>
        end(new Error('binding volumes: context deadline exceeded')),
      )
      const stop = this.#claims.onChange(() => queueMicrotask(check))
      signal.addEventListener('abort', onAbort, { once: true })
    })
  }
}
