// Hands out informers, one for each resource and selection, so that all controllers of a process share one
// watch and one copy. Upstream: client-go/informers (SharedInformerFactory)

import type { KubeObject } from '#api/meta/object.ts'
import type { ResourceType } from '#api/resources.ts'
import {
  createInformer,
  type Informer,
  type InformerDependencies,
  type InformerOptions,
  type RunnableInformer,
} from '#client/informer.ts'
import { untilAborted } from '#sys/abort.ts'

export interface InformerFactory {
  /** The shared informer of a resource; one that is asked for after `start` starts at once. */
  informer<T extends KubeObject>(type: ResourceType<T>, options?: InformerOptions): Informer<T>
  /** Runs until `signal` aborts; resolves when all watches have ended. */
  start(signal: AbortSignal): Promise<void>
  /** Resolves when every informer handed out so far has synced. */
  whenSynced(signal?: AbortSignal): Promise<void>
}

export function createInformerFactory(dependencies: InformerDependencies): InformerFactory {
  const informers = new Map<string, RunnableInformer<KubeObject>>()
  const running: Promise<void>[] = []
  let started: AbortSignal | undefined

  return {
    informer<T extends KubeObject>(type: ResourceType<T>, options: InformerOptions = {}): Informer<T> {
      const id = JSON.stringify([
        type.group,
        type.version,
        type.resource,
        options.namespace,
        options.labelSelector,
        options.fieldSelector,
      ])
      let informer = informers.get(id) as RunnableInformer<T> | undefined
      if (!informer) {
        informer = createInformer(type, options, dependencies)
        informers.set(id, informer as unknown as RunnableInformer<KubeObject>)
        if (started) running.push(informer.run(started))
      }
      return informer
    },

    async start(signal) {
      started = signal
      for (const informer of informers.values()) running.push(informer.run(signal))
      await untilAborted(signal)
      await Promise.all(running)
    },

    async whenSynced(signal) {
      await Promise.all([...informers.values()].map((informer) => informer.whenSynced(signal)))
    },
  }
}
