// What tests of controllers share: controllers on a given client, pods that come alive without a kubelet, and
// waiting by watching.

import { setMaxListeners } from 'node:events'
import { type KubeObject, keyOf, type ObjectKey } from '#api/meta/object.ts'
import { isConflict, isNotFound } from '#api/meta/status.ts'
import { pods, type ResourceType } from '#api/resources.ts'
import type { Pod } from '#api/types/core.ts'
import type { Client } from '#client/client.ts'
import type { Informer } from '#client/informer.ts'
import { createInformerFactory, type InformerFactory } from '#client/informer-factory.ts'
import type { ControllerSettings } from '#controllers/controller.ts'
import { targetNodeOf } from '#controllers/daemonset/placement.ts'
import { runControllerManager } from '#controllers/run.ts'
import { type Clock, formatTime, systemClock } from '#sys/clock.ts'
import { silentLogger } from '#sys/log.ts'
import { systemRandom } from '#sys/random.ts'

export interface TestControllers {
  /** Resolves with the object when `holds` does; fails after ten seconds with what it was last. */
  until<T extends KubeObject>(
    type: ResourceType<T>,
    key: ObjectKey,
    holds: (object: T | undefined) => boolean,
  ): Promise<T | undefined>
  /** The same for all objects of a kind in namespace `default`. */
  untilAll<T extends KubeObject>(
    type: ResourceType<T>,
    holds: (objects: readonly T[]) => boolean,
  ): Promise<readonly T[]>
  readonly informers: InformerFactory
  stop(): Promise<void>
}

export interface TestControllerOptions {
  /** Upstream's names. */
  readonly controllers: readonly string[]
  /** The client of a service account; absent: all write as the given client. */
  clientFor?(serviceAccount: string): Client
  readonly settings?: Partial<ControllerSettings>
  readonly clock?: Clock
  /** Pods get a node (the one that they are made for, or `node-1`), an address and readiness at once, and go as soon as they are deleted. */
  readonly livePods?: boolean
  /** With `livePods`: the exit code with which a pod ends right after its start; undefined lets it run. */
  exitCode?(pod: Pod): number | undefined
}

const PATIENCE_MS = 10_000

/** Starts controllers; the caller stops them before the server. */
export async function startTestControllers(
  client: Client,
  options: TestControllerOptions,
): Promise<TestControllers> {
  const clock = options.clock ?? systemClock
  const stop = new AbortController()
  setMaxListeners(0, stop.signal)
  const dependencies = { client, clock, random: systemRandom, log: silentLogger }
  const informers = createInformerFactory(dependencies)
  const running = [
    informers.start(stop.signal),
    runControllerManager(
      {
        ...dependencies,
        controllers: options.controllers,
        ...(options.clientFor && { clientFor: options.clientFor }),
        settings: { clusterCIDRs: [], ...options.settings },
      },
      stop.signal,
    ),
  ]
  if (options.livePods) {
    liven(client, informers, clock, (pod) => options.exitCode?.(pod), stop.signal)
  }
  return {
    informers,
    until: (type, key, holds) => {
      const informer = informers.informer(type)
      return until(informer, () => informer.get(key), holds)
    },
    untilAll: (type, holds) => {
      const informer = informers.informer(type)
      return until(informer, () => informer.list('default'), holds)
    },
    async stop() {
      stop.abort()
      await Promise.all(running)
    },
  }
}

/** Looks at what `see` gives after each change, until `holds` does. */
function until<T extends KubeObject, V>(
  informer: Informer<T>,
  see: () => V,
  holds: (seen: V) => boolean,
): Promise<V> {
  return new Promise((resolve, reject) => {
    const check = (): void => {
      const seen = see()
      if (!informer.hasSynced() || !holds(seen)) return
      end()
      resolve(seen)
    }
    const timer = systemClock.after(PATIENCE_MS, () => {
      end()
      const withoutFields = (name: string, value: unknown) => (name === 'managedFields' ? undefined : value)
      const seen = JSON.stringify(see(), withoutFields, 1)
      reject(new Error(`${informer.type.resource} did not become what was waited for: ${seen}`))
    })
    const stopWatching = informer.onChange(() => queueMicrotask(check))
    const end = (): void => {
      timer.cancel()
      stopWatching()
    }
    informer.whenSynced().then(check, reject)
  })
}

/** A kubelet for nothing: it says that pods run, and lets go of those that are deleted. */
function liven(
  client: Client,
  informers: InformerFactory,
  clock: Clock,
  exitCode: (pod: Pod) => number | undefined,
  signal: AbortSignal,
): void {
  const resource = client.resource(pods)
  let addresses = 1
  async function step(pod: Pod): Promise<void> {
    const { namespace = '', name = '', deletionTimestamp, uid } = pod.metadata ?? {}
    if (deletionTimestamp !== undefined) {
      await resource.delete(namespace, name, { gracePeriodSeconds: 0, preconditions: { uid: uid ?? '' } })
    } else if (!pod.spec?.nodeName) {
      await resource.createSubresource(namespace, name, 'binding', {
        apiVersion: 'v1',
        kind: 'Binding',
        metadata: { name, namespace },
        target: { kind: 'Node', name: targetNodeOf(pod) ?? 'node-1' },
      })
    } else if (pod.status?.phase === 'Pending' && !pod.status.podIP) {
      const ip = `10.0.0.${addresses++}`
      const now = formatTime(clock.now())
      const condition = (type: string) => ({ type, status: 'True', lastTransitionTime: now })
      await resource.updateStatus({
        ...pod,
        status: {
          ...pod.status,
          phase: 'Running',
          podIP: ip,
          podIPs: [{ ip }],
          conditions: ['PodScheduled', 'Initialized', 'ContainersReady', 'Ready'].map(condition),
        },
      })
    } else if (pod.status?.phase === 'Running' && exitCode(pod) !== undefined) {
      const code = exitCode(pod) ?? 0
      const finishedAt = formatTime(clock.now())
      await resource.updateStatus({
        ...pod,
        status: {
          ...pod.status,
          phase: code === 0 ? 'Succeeded' : 'Failed',
          conditions: [{ type: 'Ready', status: 'False', lastTransitionTime: finishedAt }],
          containerStatuses: pod.spec.containers.map(({ name, image = '' }) => ({
            name,
            image,
            imageID: '',
            ready: false,
            restartCount: 0,
            state: { terminated: { exitCode: code, finishedAt } },
          })),
        },
      })
    }
  }
  informers.informer(pods).onChange(({ type, object }) => {
    if (type === 'deleted' || signal.aborted) return
    step(object).catch((error: unknown) => {
      if (!isConflict(error) && !isNotFound(error) && !signal.aborted)
        throw new Error(`pod ${keyOf(object)}`, { cause: error })
    })
  })
}
