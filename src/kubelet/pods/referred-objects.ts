// ConfigMaps and Secrets that pods of this node refer to: each watched by its name, while some pod needs it.
//
// A node may see only what its pods use, so there is one small watch an object rather than one for all. Pods of
// the same object share it, and when it changes they are told. Services are watched as a whole, for their links.
// Upstream: pkg/kubelet/util/manager/watch_based_manager.go

import { type KubeObject, objectKey } from '#api/meta/object.ts'
import { notFound } from '#api/meta/status.ts'
import { configMaps, type ResourceType, secrets } from '#api/resources.ts'
import type { ConfigMap, Pod, Secret, Service } from '#api/types/core.ts'
import type { RuntimeClass } from '#api/types/node.ts'
import { createInformer, type InformerDependencies, type RunnableInformer } from '#client/informer.ts'
import type { ReferredObjects } from '#kubelet/pods/pod-context.ts'
import { allContainers } from '#kubelet/pods/pod-spec.ts'

export interface ObjectWatches extends ReferredObjects {
  /** Ends all watches. */
  stop(): Promise<void>
}

export interface ObjectWatchesOptions extends InformerDependencies {
  services(): readonly Service[]
  /** An object that this pod refers to has come, changed or gone. */
  onChange(uid: string): void
}

const runtimeClasses: ResourceType<RuntimeClass> = {
  group: 'node.k8s.io',
  version: 'v1',
  resource: 'runtimeclasses',
  kind: 'RuntimeClass',
  namespaced: false,
}

/** How long a pod waits for the first answer about an object. */
const SYNC_MS = 10_000

interface Watch {
  readonly informer: RunnableInformer<KubeObject>
  readonly pods: Set<string>
  readonly stop: AbortController
  readonly done: Promise<void>
}

export function createObjectWatches(options: ObjectWatchesOptions): ObjectWatches {
  const { client, clock } = options
  const watches = new Map<string, Watch>()
  const referredBy = new Map<string, ReadonlySet<string>>()

  function watch(id: string, uid: string): void {
    const present = watches.get(id)
    if (present) {
      present.pods.add(uid)
      return
    }
    const [resource = '', namespace = '', name = ''] = id.split('/')
    const type = (resource === 'configmaps' ? configMaps : secrets) as ResourceType
    const informer = createInformer(type, { namespace, fieldSelector: `metadata.name=${name}` }, options)
    const stop = new AbortController()
    const pods = new Set([uid])
    informer.onChange(() => {
      if (!informer.hasSynced()) return
      for (const pod of pods) options.onChange(pod)
    })
    watches.set(id, { informer, pods, stop, done: informer.run(stop.signal) })
  }

  function release(id: string, uid: string): void {
    const held = watches.get(id)
    held?.pods.delete(uid)
    if (held?.pods.size !== 0) return
    held.stop.abort()
    watches.delete(id)
  }

  async function get<T>(type: ResourceType, singular: string, namespace: string, name: string): Promise<T> {
    const held = watches.get(`${type.resource}/${namespace}/${name}`)
    if (!held) throw new Error(`object "${namespace}"/"${name}" not registered`)
    if (!held.informer.hasSynced()) {
      const timeout = new AbortController()
      const timer = clock.after(SYNC_MS, () =>
        timeout.abort(new Error('timed out waiting for the condition')),
      )
      try {
        await held.informer.whenSynced(timeout.signal)
      } catch (error) {
        throw new Error(`failed to sync ${singular} cache: timed out waiting for the condition`, {
          cause: error,
        })
      } finally {
        timer.cancel()
      }
    }
    const found = held.informer.get(objectKey(namespace, name))
    if (!found) throw notFound({ group: '', resource: singular }, name)
    return found as T
  }

  return {
    register(pod) {
      const uid = pod.metadata?.uid ?? ''
      const before = referredBy.get(uid) ?? new Set<string>()
      const now = referencesOf(pod)
      referredBy.set(uid, now)
      for (const id of now) if (!before.has(id)) watch(id, uid)
      for (const id of before) if (!now.has(id)) release(id, uid)
    },
    unregister(uid) {
      for (const id of referredBy.get(uid) ?? []) release(id, uid)
      referredBy.delete(uid)
    },
    configMap: (namespace, name) => get<ConfigMap>(configMaps, 'configmap', namespace, name),
    secret: (namespace, name) => get<Secret>(secrets, 'secret', namespace, name),
    services: () => options.services(),
    async runtimeHandler(pod) {
      const name = pod.spec?.runtimeClassName
      if (!name) return ''
      return (await client.resource(runtimeClasses).get('', name)).handler
    },
    async stop() {
      const all = [...watches.values()]
      for (const { stop } of all) stop.abort()
      watches.clear()
      await Promise.all(all.map(({ done }) => done))
    },
  }
}

/** `configmaps/<namespace>/<name>` of all that a pod's spec names. */
export function referencesOf(pod: Pod): ReadonlySet<string> {
  const namespace = pod.metadata?.namespace ?? ''
  const ids = new Set<string>()
  const configMap = (name: string | undefined) => name && ids.add(`configmaps/${namespace}/${name}`)
  const secret = (name: string | undefined) => name && ids.add(`secrets/${namespace}/${name}`)
  for (const { name } of pod.spec?.imagePullSecrets ?? []) secret(name)
  for (const container of allContainers(pod)) {
    for (const source of container.envFrom ?? []) {
      configMap(source.configMapRef?.name)
      secret(source.secretRef?.name)
    }
    for (const { valueFrom } of container.env ?? []) {
      configMap(valueFrom?.configMapKeyRef?.name)
      secret(valueFrom?.secretKeyRef?.name)
    }
  }
  for (const volume of pod.spec?.volumes ?? []) {
    configMap(volume.configMap?.name)
    secret(volume.secret?.secretName)
    for (const projection of volume.projected?.sources ?? []) {
      configMap(projection.configMap?.name)
      secret(projection.secret?.name)
    }
  }
  return ids
}
