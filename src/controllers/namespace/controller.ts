// Empties a namespace that is being deleted, tells how that goes, and lets it go at the end.
//
//   Namespace with deletionTimestamp ─▶ pods first ─▶ all other kinds (by discovery) ─▶ conditions ─▶ finalize
//
// Pods go before everything else, so that they end while their secrets, services and policies still exist.
// Nothing new can appear meanwhile: admission refuses creations in a terminating namespace.
// Upstream: pkg/controller/namespace. Upstream waits 5 s before it begins, and then looks again at guessed
// times; here the wait is one second, and the end of the last pod brings the namespace back at once.

import type { ObjectKey } from '#api/meta/object.ts'
import { isNotFound } from '#api/meta/status.ts'
import { namespaces, pods } from '#api/resources.ts'
import type { Namespace, Pod } from '#api/types/core.ts'
import type { Change } from '#client/informer.ts'
import type { Requeue } from '#client/work-queue.ts'
import {
  type Controller,
  type ControllerContext,
  controller,
  mapped,
  type Watch,
} from '#controllers/controller.ts'
import { type DiscoveredResource, discover, discoveryFailureText } from '#controllers/discovery.ts'
import { type ContentLeft, deleteContent } from '#controllers/namespace/content.ts'
import { type DeletionOutcome, deletionConditions } from '#controllers/namespace/status.ts'
import { messageOf } from '#controllers/pods/pod-control.ts'

/** For creations that were admitted just before the namespace began to go. */
const DELETION_DELAY_MS = 1000
const FINALIZER = 'kubernetes'

export function namespaceController(context: ControllerContext): Controller {
  const { client, clock } = context
  const informer = context.informers.informer(namespaces)
  const podInformer = context.informers.informer(pods)
  const resource = client.resource(namespaces)

  async function reconcile(key: ObjectKey): Promise<Requeue> {
    // Read from the server: what is deleted here does not come back, so no cache will do.
    const namespace = await getOrUndefined(key)
    if (namespace?.metadata?.deletionTimestamp === undefined) return
    const marked =
      namespace.status?.phase === 'Terminating'
        ? namespace
        : await resource.updateStatus({ ...namespace, status: { ...namespace.status, phase: 'Terminating' } })
    if ((marked.spec?.finalizers ?? []).length === 0) return

    const outcome = await deleteAll(marked)
    const current = await report(marked, outcome)
    if (outcome.errors.length > 0) throw new Error(outcome.errors.join(', '))
    if (outcome.discoveryFailure !== undefined) throw new Error(outcome.discoveryFailure)
    const estimate = Math.max(0, ...outcome.left.map(({ estimateSeconds }) => estimateSeconds))
    if (estimate > 0) return { afterMs: (Math.floor(estimate / 2) + 1) * 1000 }
    await finalize(current)
  }

  async function deleteAll(namespace: Namespace): Promise<DeletionOutcome> {
    const name = namespace.metadata?.name ?? ''
    const deletedForSeconds = (clock.now() - Date.parse(namespace.metadata?.deletionTimestamp ?? '')) / 1000
    const { resources, failures } = await discover(client)
    const deletable = resources.filter((type) => type.namespaced && type.verbs.includes('delete'))
    const discoveryFailure = failures.size > 0 ? discoveryFailureText(failures) : undefined
    const errors: string[] = []
    const left: ContentLeft[] = []
    const remove = async (type: DiscoveredResource, prefix = ''): Promise<void> => {
      try {
        left.push(await deleteContent(client, type, name, deletedForSeconds))
      } catch (error) {
        errors.push(`${prefix}${messageOf(error)}`)
      }
    }
    const isPods = (type: DiscoveredResource): boolean => type.group === '' && type.resource === 'pods'
    for (const type of deletable.filter(isPods)) {
      await remove(type, `failed to delete pods for namespace: ${name}, err: `)
    }
    if (left.some(({ count }) => count > 0)) return { discoveryFailure, errors, left, isComplete: false }
    for (const type of deletable.filter((candidate) => !isPods(candidate))) await remove(type)
    return { discoveryFailure, errors, left, isComplete: true }
  }

  async function report(namespace: Namespace, outcome: DeletionOutcome): Promise<Namespace> {
    const current = namespace.status?.conditions ?? []
    const conditions = deletionConditions(current, outcome, clock.now())
    if (conditions === current) return namespace
    return resource.updateStatus({ ...namespace, status: { ...namespace.status, conditions } })
  }

  async function finalize(namespace: Namespace): Promise<void> {
    const finalizers = (namespace.spec?.finalizers ?? []).filter((name) => name !== FINALIZER)
    const body = {
      ...namespace,
      apiVersion: 'v1',
      kind: 'Namespace',
      spec: { ...namespace.spec, finalizers },
    }
    const path = `/api/v1/namespaces/${encodeURIComponent(namespace.metadata?.name ?? '')}/finalize`
    try {
      await client.request({ method: 'PUT', path, query: {}, body })
    } catch (error) {
      if (!isNotFound(error)) throw error
    }
  }

  async function getOrUndefined(name: string): Promise<Namespace | undefined> {
    try {
      return await resource.get('', name)
    } catch (error) {
      if (isNotFound(error)) return undefined
      throw error
    }
  }

  const terminating: Watch = {
    ...mapped(informer, () => []),
    start: (queue) =>
      informer.onChange(({ type, object }) => {
        const deletedAt = object.metadata?.deletionTimestamp
        if (type === 'deleted' || deletedAt === undefined) return
        queue.addAfter(object.metadata?.name ?? '', Date.parse(deletedAt) + DELETION_DELAY_MS - clock.now())
      }),
  }

  /** The last pod of a terminating namespace has gone. */
  function namespaceOfLastPod(change: Change<Pod>): readonly ObjectKey[] {
    if (change.type !== 'deleted') return []
    const namespace = change.object.metadata?.namespace ?? ''
    const isTerminating = informer.get(namespace)?.metadata?.deletionTimestamp !== undefined
    return isTerminating && podInformer.list(namespace).length === 0 ? [namespace] : []
  }

  return controller(context, 'namespace-controller', {
    watches: [terminating, mapped(podInformer, namespaceOfLastPod)],
    workers: 10,
    reconcile,
    maxDelayMs: 60_000,
  })
}
