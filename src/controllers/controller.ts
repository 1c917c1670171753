// What all controllers share: watches turn changes into keys, a queue turns keys into calls of `reconcile`.
//
//   informer ──change──▶ watch ──key──▶ work queue ──one at a time──▶ reconcile(key) ──writes──▶ API server
//        ▲                                                                                         │
//        └─────────────────────────────────── watch ──────────────────────────────────────────────┘
//
// A controller starts to reconcile only when every informer that it reads has synced, so that an empty cache
// never looks like an empty cluster. Upstream: the worker loops that each controller under pkg/controller has.

import { type KubeObject, keyOf, type ObjectKey, objectKey } from '#api/meta/object.ts'
import { isConflict, isNotFound } from '#api/meta/status.ts'
import type { Client } from '#client/client.ts'
import type { ComponentMetrics } from '#client/component-metrics.ts'
import type { EventRecorder } from '#client/events.ts'
import type { Change, Informer } from '#client/informer.ts'
import type { InformerFactory } from '#client/informer-factory.ts'
import { createWorkQueue, type Requeue } from '#client/work-queue.ts'
import { controllerOf } from '#controllers/owner-references.ts'
import type { Clock } from '#sys/clock.ts'
import type { Logger } from '#sys/log.ts'
import type { Random } from '#sys/random.ts'

/** What a controller is given: the doors to the API server, to time and to chance. */
export interface ControllerContext {
  readonly client: Client
  readonly informers: Pick<InformerFactory, 'informer'>
  /** A recorder for `component`, the name that events show as their source: `deployment-controller`. */
  events(component: string): EventRecorder
  readonly clock: Clock
  readonly random: Random
  readonly log: Logger
  readonly settings: ControllerSettings
  /** Where queues are measured; absent: nowhere. */
  readonly metrics?: ComponentMetrics
}

/** What is configured about the cluster. */
export interface ControllerSettings {
  /** Where pod addresses come from, one range an address family; none: nodes get no ranges from here. */
  readonly clusterCIDRs: readonly string[]
  /** Prefix length of a node's range; default 24 for IPv4, 64 for IPv6. */
  readonly nodeMaskSizes?: readonly number[]
  /** Where Services get their addresses from; nodes get none of it. */
  readonly serviceCIDRs?: readonly string[]
  /** PEM of the certificate authority that pods are to trust; none: it is not published. */
  readonly rootCA?: string
  /** PEM of the private key that signs tokens of service accounts; none: Secrets get no tokens. */
  readonly serviceAccountKey?: string
  /** Certificate authority that signs certificate signing requests; none: nothing is signed. */
  readonly signer?: { readonly certificate: string; readonly key: string; readonly days: number }
}

export interface Controller {
  readonly name: string
  /** Works until `signal` aborts and what had begun has ended. */
  run(signal: AbortSignal): Promise<void>
}

/** A source of keys. `start` gives the way to stop. */
export interface Watch {
  readonly informer: Informer<KubeObject>
  start(queue: KeySink): () => void
}

/** Where watches put keys. */
export interface KeySink {
  add(key: string): void
  addAfter(key: string, delayMs: number): void
}

export interface ControllerSpec {
  readonly watches: readonly Watch[]
  /** How many keys may be worked on at once; default 1. */
  readonly workers?: number
  /** Level-triggered and idempotent: reads caches, writes through the client, says when to look again. */
  reconcile(key: ObjectKey, signal: AbortSignal): Promise<Requeue>
  /** Runs once the caches have synced, before the first key: keys that no watch brings. */
  start?(queue: KeySink): void
  /** First wait after a failure and longest wait; defaults are the queue's. */
  readonly baseDelayMs?: number
  readonly maxDelayMs?: number
}

/** Puts a controller together. */
export function controller(context: ControllerContext, name: string, spec: ControllerSpec): Controller {
  const log = context.log.child({ controller: name })
  return {
    name,
    async run(signal) {
      const queue = createWorkQueue({
        clock: context.clock,
        workers: spec.workers ?? 1,
        work: (key, stop) => spec.reconcile(key, stop),
        onError: (key, error, failures) => logFailure(log, key, error, failures),
        ...(context.metrics && { measure: context.metrics.queue(queueName(name)) }),
        ...(spec.baseDelayMs !== undefined && { baseDelayMs: spec.baseDelayMs }),
        ...(spec.maxDelayMs !== undefined && { maxDelayMs: spec.maxDelayMs }),
      })
      const stops = spec.watches.map((watch) => watch.start(queue))
      try {
        await Promise.all(spec.watches.map(({ informer }) => informer.whenSynced(signal)))
        spec.start?.(queue)
        await queue.run(signal)
      } catch (error) {
        if (!signal.aborted) throw error
      } finally {
        for (const stop of stops) stop()
      }
    },
  }
}

/** Upstream names most queues after the kind: `deployment`. */
const queueName = (name: string): string => name.replace(/-controller$/, '')

/** A conflict is the normal way of losing a race; it is worth a line only when it does not end. */
function logFailure(log: Logger, key: string, error: unknown, failures: number): void {
  const fields = { key, failures, error: error instanceof Error ? error.message : String(error) }
  if ((isConflict(error) || isNotFound(error)) && failures < 5) log.debug(fields, 'reconcile lost a race')
  else log.warn(fields, 'reconcile failed, trying again later')
}

/** Changes of the objects that the controller is about. */
export function primary<T extends KubeObject>(
  informer: Informer<T>,
  isRelevant: (change: Change<T>) => boolean = () => true,
): Watch {
  return mapped(informer, (change) => (isRelevant(change) ? [keyOf(change.object)] : []))
}

/** The keys of the controllers of kind `kind` that a change concerns: the one before and the one after. */
export function ownerKeys<T extends KubeObject>(change: Change<T>, kind: string): readonly ObjectKey[] {
  const objects = change.type === 'updated' ? [change.object, change.previous] : [change.object]
  const keys = objects.flatMap((object) => {
    const owner = controllerOf(object)
    return owner?.kind === kind ? [objectKey(object.metadata?.namespace, owner.name)] : []
  })
  return [...new Set(keys)]
}

/** Changes from which `keysOf` makes keys. */
export function mapped<T extends KubeObject>(
  informer: Informer<T>,
  keysOf: (change: Change<T>) => Iterable<ObjectKey>,
): Watch {
  return {
    informer: informer as unknown as Informer<KubeObject>,
    start: (queue) =>
      informer.onChange((change) => {
        for (const key of keysOf(change)) queue.add(key)
      }),
  }
}

/** An informer that is only read: the controller waits for it, its changes bring no key. */
export function reads<T extends KubeObject>(informer: Informer<T>): Watch {
  return mapped(informer, () => [])
}
