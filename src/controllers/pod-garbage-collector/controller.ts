// Takes away pods that nobody else will: of nodes that are gone, without node while being deleted, ended ones
// beyond a threshold.
//
// Keys are `pod/<namespace>/<name>`, `node/<name>` for the pods of a node that is missing, and `ended`.
// Upstream: pkg/controller/podgc, which looks every 20 seconds; here changes bring the keys.

import { type KubeObject, keyOf, type ObjectKey } from '#api/meta/object.ts'
import { isNotFound } from '#api/meta/status.ts'
import { nodes, pods } from '#api/resources.ts'
import type { Node, Pod } from '#api/types/core.ts'
import type { Change } from '#client/informer.ts'
import type { Requeue } from '#client/work-queue.ts'
import { type Controller, type ControllerContext, controller, mapped } from '#controllers/controller.ts'
import {
  hasEnded,
  isAbandoned,
  QUARANTINE_MS,
  surplusOfEnded,
  TERMINATED_POD_THRESHOLD,
} from '#controllers/pod-garbage-collector/plan.ts'
import { deletePod, markDisrupted } from '#controllers/pods/disruption-condition.ts'
import { isPodTerminal } from '#controllers/pods/pod-state.ts'
import { indexByNode, podsOnNode } from '#controllers/pods/pods-by-node.ts'

const ENDED = 'ended'
const ENDED_INDEX = 'pod-garbage-collector/ended'
const NODE_IS_GONE = { reason: 'DeletionByPodGC', message: 'PodGC: node no longer exists' }

export function podGarbageCollector(context: ControllerContext): Controller {
  const { client, clock } = context
  const podInformer = context.informers.informer(pods)
  const nodeInformer = context.informers.informer(nodes)
  indexByNode(podInformer)
  podInformer.addIndex(ENDED_INDEX, (pod) => (hasEnded(pod) ? [ENDED] : []))
  /** Since when a node is missing that has pods. */
  const missingSince = new Map<string, number>()

  async function reconcile(key: ObjectKey): Promise<Requeue> {
    if (key === ENDED) return collectEnded()
    return key.startsWith('node/') ? collectOfNode(key.slice(5)) : collectAbandoned(key.slice(4))
  }

  async function collectEnded(): Promise<undefined> {
    const ended = podInformer.byIndex(ENDED_INDEX, ENDED)
    for (const pod of surplusOfEnded(ended, TERMINATED_POD_THRESHOLD)) await forceDelete(pod)
  }

  async function collectAbandoned(key: ObjectKey): Promise<undefined> {
    const pod = podInformer.get(key)
    if (pod && isAbandoned(pod, nodeInformer.get(pod.spec?.nodeName ?? ''))) await forceDelete(pod)
  }

  async function collectOfNode(name: string): Promise<Requeue> {
    const orphans = podsOnNode(podInformer, name)
    if (nodeInformer.get(name) || orphans.length === 0) {
      missingSince.delete(name)
      return
    }
    const since = missingSince.get(name) ?? clock.monotonic()
    missingSince.set(name, since)
    const remaining = since + QUARANTINE_MS - clock.monotonic()
    if (remaining > 0) return { afterMs: remaining }
    // The cache may be behind: nothing is deleted before the server says that the node is gone.
    if (await nodeExists(name)) return
    for (const pod of orphans) await forceDelete(pod, NODE_IS_GONE)
    missingSince.delete(name)
  }

  async function nodeExists(name: string): Promise<boolean> {
    try {
      await client.resource(nodes).get('', name)
      return true
    } catch (error) {
      if (isNotFound(error)) return false
      throw error
    }
  }

  async function forceDelete(pod: Pod, why?: typeof NODE_IS_GONE): Promise<void> {
    try {
      if (!isPodTerminal(pod)) await markDisrupted(client, pod, why, 'Failed', clock.now())
    } catch (error) {
      if (isNotFound(error)) return
      throw error
    }
    await deletePod(client, pod, 0)
  }

  function keysOfPod({ type, object }: Change<Pod>): readonly ObjectKey[] {
    if (type === 'deleted') return []
    const keys: ObjectKey[] = []
    const nodeName = object.spec?.nodeName
    if (nodeName && !nodeInformer.get(nodeName)) keys.push(`node/${nodeName}`)
    if (object.metadata?.deletionTimestamp !== undefined) keys.push(`pod/${keyOf(object)}`)
    if (hasEnded(object)) keys.push(ENDED)
    return keys
  }

  function keysOfNode({ type, object }: Change<Node>): readonly ObjectKey[] {
    const name = object.metadata?.name ?? ''
    if (type === 'deleted') return [`node/${name}`]
    return podsOnNode(podInformer, name)
      .filter(isLeaving)
      .map((pod) => `pod/${keyOf(pod)}`)
  }

  return controller(context, 'pod-garbage-collector-controller', {
    watches: [mapped(podInformer, keysOfPod), mapped(nodeInformer, keysOfNode)],
    reconcile,
  })
}

const isLeaving = (object: KubeObject): boolean => object.metadata?.deletionTimestamp !== undefined
