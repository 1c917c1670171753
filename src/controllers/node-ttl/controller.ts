// Tells kubelets by an annotation how long they may keep Secrets and ConfigMaps that they have read: the longer, the
// more nodes there are.
//
// The numbers overlap, so that a cluster at a boundary does not change its mind with each node.
// Upstream: pkg/controller/ttl/ttl_controller.go

import { keyOf, type ObjectKey } from '#api/meta/object.ts'
import { nodes } from '#api/resources.ts'
import type { Requeue } from '#client/work-queue.ts'
import { type Controller, type ControllerContext, controller, mapped } from '#controllers/controller.ts'

const ANNOTATION = 'node.alpha.kubernetes.io/ttl'

const STEPS = [
  { fewest: 0, most: 100, seconds: 0 },
  { fewest: 90, most: 500, seconds: 15 },
  { fewest: 450, most: 1000, seconds: 30 },
  { fewest: 900, most: 2000, seconds: 60 },
  { fewest: 1800, most: Number.POSITIVE_INFINITY, seconds: 300 },
] as const

/** The step for so many nodes, coming from `step`. */
export function nextStep(step: number, nodeCount: number): number {
  let next = step
  while (nodeCount > (STEPS[next]?.most ?? Number.POSITIVE_INFINITY)) next++
  while (nodeCount < (STEPS[next]?.fewest ?? 0)) next--
  return next
}

export function nodeTTLController(context: ControllerContext): Controller {
  const informer = context.informers.informer(nodes)
  let step = 0

  async function reconcile(key: ObjectKey): Promise<Requeue> {
    const node = informer.get(key)
    const ttl = String(STEPS[step]?.seconds ?? 0)
    if (!node || node.metadata?.annotations?.[ANNOTATION] === ttl) return
    const metadata = { annotations: { [ANNOTATION]: ttl } }
    await context.client.resource(nodes).patch('', key, 'strategic', { metadata })
  }

  return controller(context, 'ttl-controller', {
    watches: [
      mapped(informer, ({ object, type }) => {
        const all = informer.list()
        const before = step
        step = nextStep(step, all.length)
        if (step !== before) return all.map(keyOf)
        return type === 'deleted' ? [] : [keyOf(object)]
      }),
    ],
    workers: 5,
    reconcile,
  })
}
