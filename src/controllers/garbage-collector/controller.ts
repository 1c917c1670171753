// Deletes what has lost its owners, and carries out foreground and orphaning deletions.
//
//   watches of all kinds ─▶ graph ─▶ UIDs to look at ─▶ live read of object and owners ─▶ judge ─▶ delete / patch
//
// Invariant: nothing is deleted unless the server has just said, for each of its owners, that no object with
// that UID exists or that it waits for its dependents to go.
// Upstream: pkg/controller/garbagecollector. Upstream asks for new kinds every 30 seconds; here the watches of
// definitions and aggregated APIs bring them.

import { type KubeObject, type OwnerReference, objectKey } from '#api/meta/object.ts'
import { type Change, createInformer } from '#client/informer.ts'
import { createWorkQueue, type Requeue } from '#client/work-queue.ts'
import type { Controller, ControllerContext } from '#controllers/controller.ts'
import { DEFINITIONS, DISCOVERY_DELAY_MS, type DiscoveredResource } from '#controllers/discovery.ts'
import {
  apiVersionOfType,
  describe,
  FOREGROUND,
  type GraphNode,
  type GraphWork,
  ORPHAN,
  OwnerGraph,
} from '#controllers/garbage-collector/graph.ts'
import { LiveObjects } from '#controllers/garbage-collector/live-objects.ts'
import { Monitors } from '#controllers/garbage-collector/monitors.ts'
import { judge, type OwnerState } from '#controllers/garbage-collector/plan.ts'

const DISCOVER = 'discover'
/** As long as some group does not answer. */
const DISCOVERY_RETRY_MS = 30_000
/** Absent owners that were verified; UIDs never come back, so they stay true. */
const ABSENT_BOUND = 500

export function garbageCollector(context: ControllerContext): Controller {
  const log = context.log.child({ controller: 'garbage-collector-controller' })
  return {
    name: 'garbage-collector-controller',
    run: (signal) => new GarbageCollector({ ...context, log }).run(signal),
  }
}

class GarbageCollector {
  readonly #context: ControllerContext
  readonly #graph = new OwnerGraph()
  readonly #live: LiveObjects
  readonly #monitors: Monitors
  readonly #absent = new Set<string>()
  readonly #events
  readonly #queue
  /** Until all kinds have been listed once, work is only collected: an unseen dependent might be overlooked. */
  #held: Set<string> | undefined = new Set()

  constructor(context: ControllerContext) {
    this.#context = context
    this.#live = new LiveObjects(context.client)
    this.#monitors = new Monitors(context, (type, change) => this.#onChange(type, change))
    this.#events = context.events('garbage-collector-controller')
    this.#queue = createWorkQueue({
      clock: context.clock,
      workers: 20,
      ...(context.metrics && { measure: context.metrics.queue('garbage_collector_attempt_to_delete') }),
      work: (key, signal) => this.#work(key, signal),
      onError: (key, error, failures) =>
        context.log.debug({ key, failures, error: String(error) }, 'will be looked at again'),
    })
  }

  async run(signal: AbortSignal): Promise<void> {
    const definitions = DEFINITIONS.map((type) => createInformer<KubeObject>(type, {}, this.#context))
    for (const informer of definitions) {
      informer.onChange(() => this.#queue.addAfter(DISCOVER, this.#held ? 0 : DISCOVERY_DELAY_MS))
    }
    this.#queue.add(DISCOVER)
    const watching = definitions.map((informer) => informer.run(signal))
    await this.#queue.run(signal)
    await Promise.all([...watching, this.#monitors.stop()])
  }

  async #work(key: string, signal: AbortSignal): Promise<Requeue> {
    if (key === DISCOVER) {
      const { failures } = await this.#monitors.sync(signal)
      for (const held of this.#held ?? []) this.#queue.add(held)
      this.#held = undefined
      return failures.size > 0 ? { afterMs: DISCOVERY_RETRY_MS } : undefined
    }
    const uid = key.slice(key.indexOf('/') + 1)
    const node = this.#graph.get(uid)
    if (node) await (key.startsWith('orphan/') ? this.#orphan(node) : this.#visit(node))
    return undefined
  }

  #onChange(type: DiscoveredResource, change: Change<KubeObject>): void {
    const uid = change.object.metadata?.uid ?? ''
    this.#enqueue(change.type === 'deleted' ? this.#graph.remove(uid) : this.#graph.put(type, change.object))
  }

  #enqueue(work: GraphWork): void {
    const keys = [
      ...[...work.visit].map((uid) => `visit/${uid}`),
      ...[...work.orphan].map((uid) => `orphan/${uid}`),
    ]
    for (const key of keys) {
      if (this.#held) this.#held.add(key)
      else this.#queue.add(key)
    }
    for (const [uid, owner] of work.strangers) this.#reportStranger(uid, owner)
  }

  async #visit(node: GraphNode): Promise<void> {
    if (node.isBeingDeleted && !node.isDeletingDependents) return
    if (!node.isDeletingDependents && this.#graph.hasOnlyLastingOwners(node)) return
    const object = await this.#live.get(node)
    if (!object) return this.#enqueue(this.#graph.remove(node.uid))
    if (node.isDeletingDependents) return this.#deleteDependents(node)

    const references = object.metadata?.ownerReferences ?? []
    const states = await Promise.all(references.map((reference) => this.#ownerState(node, reference)))
    if (states.includes('misplaced')) return
    const owners = references.map((reference, i) => [reference, states[i] as OwnerState] as const)
    const verdict = judge(object, owners, this.#graph.dependentsOf(node.uid))
    if (verdict.action === 'drop-references') await this.#live.dropOwners(node, verdict.uids)
    if (verdict.action !== 'delete') return
    let current = object
    if (verdict.unblockOwners) {
      await this.#live.unblockOwners(node, references)
      current = (await this.#live.get(node)) ?? object
    }
    const wasThere = await this.#live.delete(node, current, verdict.policy)
    if (!wasThere) this.#enqueue(this.#graph.remove(node.uid))
  }

  /** `misplaced`: a cluster-scoped object that names a namespaced owner, which can never be looked up. */
  async #ownerState(node: GraphNode, reference: OwnerReference): Promise<OwnerState | 'misplaced'> {
    const type = this.#monitors.typeOf(reference.apiVersion, reference.kind)
    if (!type) {
      this.#queue.addAfter(DISCOVER, DISCOVERY_DELAY_MS)
      throw new Error(`unable to get REST mapping for ${reference.apiVersion}/${reference.kind}.`)
    }
    if (type.namespaced && node.namespace === '') return 'misplaced'
    const namespace = type.namespaced ? node.namespace : ''
    const id = `${reference.apiVersion}/${reference.kind}/${objectKey(namespace, reference.name)}/${reference.uid}`
    if (this.#absent.has(id)) return 'dangling'
    const owner = await this.#live.get({ type, namespace, name: reference.name, uid: reference.uid })
    if (!owner) {
      this.#rememberAbsent(id)
      return 'dangling'
    }
    const isWaiting =
      owner.metadata?.deletionTimestamp !== undefined &&
      (owner.metadata.finalizers ?? []).includes(FOREGROUND)
    return isWaiting ? 'waiting' : 'solid'
  }

  #rememberAbsent(id: string): void {
    this.#absent.add(id)
    if (this.#absent.size > ABSENT_BOUND) this.#absent.delete(this.#absent.values().next().value ?? '')
  }

  async #deleteDependents(owner: GraphNode): Promise<void> {
    const blocking = this.#graph.blockingDependents(owner.uid)
    if (blocking.length === 0) return this.#live.removeFinalizer(owner, FOREGROUND)
    for (const dependent of blocking) {
      if (!dependent.isDeletingDependents) this.#queue.add(`visit/${dependent.uid}`)
    }
  }

  async #orphan(owner: GraphNode): Promise<void> {
    const dependents = this.#graph.dependentsOf(owner.uid)
    await Promise.all(dependents.map((dependent) => this.#live.dropOwners(dependent, [owner.uid])))
    await this.#live.removeFinalizer(owner, ORPHAN)
  }

  #reportStranger(uid: string, ownerUid: string): void {
    const node = this.#graph.get(uid)
    const reference = node?.owners.find((owner) => owner.uid === ownerUid)
    if (!node || !reference) return
    const { type, namespace, name } = node
    const object = { apiVersion: apiVersionOfType(type), kind: type.kind, metadata: { namespace, name, uid } }
    const message = `ownerRef ${describe(reference, namespace)} does not exist in namespace ${JSON.stringify(namespace)}`
    this.#events.event(object, 'Warning', 'OwnerRefInvalidNamespace', message)
  }
}
