// Deletes pods from nodes with NoExecute taints, when their tolerations have run out.
//
//   Node taints, Pod tolerations ─▶ patience ─▶ (wait) ─▶ condition DisruptionTarget ─▶ delete
//
// The wait counts from when this controller first saw pod and taints together. When it is cut short by a
// shorter toleration, the new end counts; when the taints go, it is called off.
// Upstream: pkg/controller/tainteviction

import { semanticEqual } from '#api/meta/equality.ts'
import { keyOf, type ObjectKey } from '#api/meta/object.ts'
import { isNotFound } from '#api/meta/status.ts'
import { nodes, pods } from '#api/resources.ts'
import type { Node, Pod, Taint } from '#api/types/core.ts'
import type { Change } from '#client/informer.ts'
import type { Requeue } from '#client/work-queue.ts'
import {
  type Controller,
  type ControllerContext,
  controller,
  mapped,
  primary,
} from '#controllers/controller.ts'
import { deletePod, markDisrupted } from '#controllers/pods/disruption-condition.ts'
import { indexByNode, podsOnNode } from '#controllers/pods/pods-by-node.ts'
import { patienceOf } from '#controllers/taint-eviction/plan.ts'

const REASON = {
  reason: 'DeletionByTaintManager',
  message: 'Taint manager: deleting due to NoExecute taint',
}

interface Eviction {
  readonly uid: string
  readonly startedAt: number
  at: number
}

export function taintEvictionController(context: ControllerContext): Controller {
  const { client, clock } = context
  const podInformer = context.informers.informer(pods)
  const nodeInformer = context.informers.informer(nodes)
  indexByNode(podInformer)
  const events = context.events('taint-eviction-controller')
  const evictions = new Map<ObjectKey, Eviction>()

  async function reconcile(key: ObjectKey): Promise<Requeue> {
    const pod = podInformer.get(key)
    const taints = evictingTaints(nodeInformer.get(pod?.spec?.nodeName ?? ''))
    const patience = taints.length === 0 ? 'forever' : patienceOf(taints, pod?.spec?.tolerations ?? [])
    const planned = evictions.get(key)
    if (!pod || patience === 'forever' || planned?.uid !== pod.metadata?.uid) {
      if (planned) callOff(key)
      if (!pod || patience === 'forever') return
    }
    const now = clock.now()
    const current = evictions.get(key)
    const startedAt = current?.startedAt ?? now
    const eviction = current ?? { uid: pod.metadata?.uid ?? '', startedAt, at: startedAt + patience * 1000 }
    eviction.at = Math.min(eviction.at, startedAt + patience * 1000)
    evictions.set(key, eviction)
    if (eviction.at > now) return { afterMs: eviction.at - now }
    evictions.delete(key)
    if (pod.metadata?.deletionTimestamp === undefined) await evict(key, pod)
  }

  async function evict(key: ObjectKey, pod: Pod): Promise<void> {
    record(key, `Marking for deletion Pod ${key}`)
    try {
      await markDisrupted(client, pod, REASON, undefined, clock.now())
    } catch (error) {
      if (isNotFound(error)) return
      throw error
    }
    await deletePod(client, pod)
  }

  function callOff(key: ObjectKey): void {
    evictions.delete(key)
    record(key, `Cancelling deletion of Pod ${key}`)
  }

  function record(key: ObjectKey, message: string): void {
    const [namespace = '', name = ''] = key.split('/')
    const reference = { apiVersion: 'v1', kind: 'Pod', metadata: { namespace, name } }
    events.event(reference, 'Normal', 'TaintManagerEviction', message)
  }

  function podsOfNode(change: Change<Node>): readonly ObjectKey[] {
    const before = change.type === 'updated' ? evictingTaints(change.previous) : []
    const after = change.type === 'deleted' ? [] : evictingTaints(change.object)
    if (change.type === 'deleted' || semanticEqual(before, after)) return []
    return podsOnNode(podInformer, change.object.metadata?.name ?? '').map(keyOf)
  }

  return controller(context, 'taint-eviction-controller', {
    watches: [
      primary(podInformer, (change) => {
        if (change.type !== 'updated') return true
        const { spec } = change.object
        const old = change.previous.spec
        return spec?.nodeName !== old?.nodeName || !semanticEqual(spec?.tolerations, old?.tolerations)
      }),
      mapped(nodeInformer, podsOfNode),
    ],
    workers: 8,
    reconcile,
  })
}

function evictingTaints(node: Node | undefined): readonly Taint[] {
  return (node?.spec?.taints ?? []).filter(({ effect }) => effect === 'NoExecute')
}
