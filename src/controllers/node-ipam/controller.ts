// Gives each node the range (`spec.podCIDRs`) from which its pods get their addresses.
//
//   Node without podCIDRs ─▶ next free range of each family ─▶ patch spec
//
// Which ranges are taken is known from the nodes alone; before the first one is given out, those of all nodes
// are marked, so that no range is given twice. Upstream: pkg/controller/nodeipam/ipam/range_allocator.go.
// Left out: the allocators of cloud providers.

import type { ObjectKey } from '#api/meta/object.ts'
import { nodes } from '#api/resources.ts'
import type { Node } from '#api/types/core.ts'
import type { Requeue } from '#client/work-queue.ts'
import { type Controller, type ControllerContext, controller, primary } from '#controllers/controller.ts'
import { CidrSet } from '#controllers/node-ipam/cidr-set.ts'

export function nodeIpamController(context: ControllerContext): Controller {
  const { client, settings } = context
  const informer = context.informers.informer(nodes)
  const events = context.events('cidrAllocator')
  const sets = settings.clusterCIDRs.map((cidr, i) => {
    const blockPrefix = settings.nodeMaskSizes?.[i] ?? (cidr.includes(':') ? 64 : 24)
    return new CidrSet(cidr, blockPrefix)
  })
  for (const set of sets) for (const cidr of settings.serviceCIDRs ?? []) set.occupy(cidr)

  /** Nodes whose ranges are written and not in the cache yet: they must not get others. */
  const written = new Set<string>()

  async function reconcile(name: ObjectKey): Promise<Requeue> {
    const node = informer.get(name)
    if (!node || node.metadata?.deletionTimestamp !== undefined || sets.length === 0) return
    const uid = node.metadata?.uid ?? ''
    if ((node.spec?.podCIDRs ?? []).length > 0) {
      written.delete(uid)
      return occupy(node)
    }
    if (written.has(uid)) return
    const podCIDRs: string[] = []
    try {
      for (const set of sets) podCIDRs.push(set.allocate() ?? fail(node))
      const patch = { spec: { podCIDR: podCIDRs[0], podCIDRs } }
      written.add(uid)
      await client.resource(nodes).patch('', name, 'strategic', patch)
    } catch (error) {
      written.delete(uid)
      for (const [i, cidr] of podCIDRs.entries()) sets[i]?.release(cidr)
      if (podCIDRs.length === sets.length) record(node, 'CIDRAssignmentFailed')
      throw error
    }
  }

  function occupy(node: Node): undefined {
    for (const [i, cidr] of (node.spec?.podCIDRs ?? []).entries()) {
      if (!sets[i]?.occupy(cidr)) {
        throw new Error(
          `node ${node.metadata?.name} has range ${cidr}, which is not within the cluster's ranges`,
        )
      }
    }
  }

  function fail(node: Node): never {
    record(node, 'CIDRNotAvailable')
    throw new Error(
      `failed to allocate a range for node ${node.metadata?.name}: there are no remaining ranges left`,
    )
  }

  function record(node: Node, reason: string): void {
    events.event(node, 'Normal', reason, `Node ${node.metadata?.name} status is now: ${reason}`)
  }

  const watch = primary(informer)
  return controller(context, 'node-ipam-controller', {
    watches: [
      {
        ...watch,
        start(queue) {
          const stop = informer.onChange(({ type, object }) => {
            if (type !== 'deleted') return
            written.delete(object.metadata?.uid ?? '')
            for (const [i, cidr] of (object.spec?.podCIDRs ?? []).entries()) sets[i]?.release(cidr)
          })
          const stopKeys = watch.start(queue)
          return () => {
            stop()
            stopKeys()
          }
        },
      },
    ],

    workers: 4,
    start() {
      for (const node of informer.list()) {
        for (const [i, cidr] of (node.spec?.podCIDRs ?? []).entries()) sets[i]?.occupy(cidr)
      }
    },
    reconcile,
  })
}
