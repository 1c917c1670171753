// Carries out what was decided about a pod's volumes, before the pod is bound: volumes are given to claims, provisioners
// are told the node, and then it waits until the binder and the provisioner have done their parts.
//
// Invariant: from the decision on, a volume is promised to its claim, so that the next pod does not count on it.
// Upstream: pkg/scheduler/framework/plugins/volumebinding/binder.go (AssumePodVolumes, BindPodVolumes)

import { annotated, SELECTED_NODE, volumeBoundTo } from '#api/kinds/storage/volume-binding.ts'
import { keyOf } from '#api/meta/object.ts'
import { persistentVolumeClaims, persistentVolumes, pods } from '#api/resources.ts'
import type { Node, PersistentVolumeClaim, Pod } from '#api/types/core.ts'
import type { Client } from '#client/client.ts'
import type { Informer } from '#client/informer.ts'
import type { InformerFactory } from '#client/informer-factory.ts'
import type { StorageCache } from '#scheduler/storage-cache.ts'
import { claimsOf, isBound, planVolumes, type VolumePlan } from '#scheduler/volumes.ts'
import type { Clock } from '#sys/clock.ts'

/** A provisioner that takes longer has failed. */
const BIND_TIMEOUT_MS = 600_000

export class VolumeBinder {
  readonly #client: Client
  readonly #clock: Clock
  readonly #claims: Informer<PersistentVolumeClaim>
  readonly #pods: Informer<Pod>
  readonly #storage: StorageCache

  constructor(client: Client, informers: InformerFactory, clock: Clock, storage: StorageCache) {
    this.#client = client
    this.#clock = clock
    this.#claims = informers.informer(persistentVolumeClaims)
    this.#pods = informers.informer(pods)
    this.#storage = storage
  }

  /** Promises the pod its volumes on a node; undefined when nothing is to be done for it. */
  promise(pod: Pod, node: Node): VolumePlan | undefined {
    const found = claimsOf(pod, this.#storage)
    const plan = 'claims' in found ? planVolumes(found.claims, node, this.#storage) : undefined
    if (!plan || 'reason' in plan || plan.bind.length + plan.provision.length === 0) return undefined
    for (const { claim, volume } of plan.bind) this.#storage.promise(volume, claim)
    return plan
  }

  /** Resolves when all claims are bound; rejects when that fails or takes too long. Ends the promises. */
  async bind(plan: VolumePlan, pod: Pod, nodeName: string, signal: AbortSignal): Promise<void> {
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
      await this.#untilBound(
        [...plan.bind.map(({ claim }) => claim), ...plan.provision].map(keyOf),
        pod,
        signal,
      )
    } finally {
      for (const { volume } of plan.bind) this.#storage.release(volume)
    }
  }

  #untilBound(keys: readonly string[], pod: Pod, signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const end = (error?: Error): void => {
        timer.cancel()
        stop()
        stopWatchingPod()
        signal.removeEventListener('abort', onAbort)
        if (error) reject(error)
        else resolve()
      }
      const check = (): void => {
        const claims = keys.map((key) => this.#claims.get(key))
        if (claims.includes(undefined))
          end(new Error('binding volumes: a claim was deleted while it was bound'))
        else if (claims.every((claim) => claim && isBound(claim))) end()
      }
      const onAbort = (): void => end(new Error('the scheduler ends'))
      const timer = this.#clock.after(BIND_TIMEOUT_MS, () =>
        end(new Error('binding volumes: context deadline exceeded')),
      )
      const stop = this.#claims.onChange(() => queueMicrotask(check))
      const name = JSON.stringify(pod.metadata?.name)
      const stopWatchingPod = this.#pods.onChange(({ type, object }) => {
        if (type !== 'deleted' || object.metadata?.uid !== pod.metadata?.uid) return
        end(new Error(`binding volumes: pod does not exist any more: pod ${name} not found`))
      })
      signal.addEventListener('abort', onAbort, { once: true })
    })
  }
}
