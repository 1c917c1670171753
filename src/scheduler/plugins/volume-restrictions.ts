// A claim with access mode ReadWriteOncePod belongs to one pod at a time, wherever it runs; and some old disks can be
// mounted once on a node. A pod in the way may be preempted for one of higher priority.
//
// Upstream: pkg/scheduler/framework/plugins/volumerestrictions

import type { Pod, Volume } from '#api/types/core.ts'
import { type PreFilterResult, rejected, type SchedulerPlugin, unresolvable } from '#scheduler/framework.ts'
import type { NodeInfo } from '#scheduler/snapshot.ts'

const NAME = 'VolumeRestrictions'

interface Restrictions {
  /** The pod's claims that only one pod may use. */
  readonly exclusive: ReadonlySet<string>
  /** How many pods use them, by the node on which they are. */
  readonly users: ReadonlyMap<string, number>
  readonly total: number
}

export const volumeRestrictions: SchedulerPlugin = {
  name: NAME,

  preFilter(pod, { nodes, storage }, state): PreFilterResult {
    const exclusive = new Set<string>()
    for (const name of namedClaims(pod)) {
      const claim = storage?.claim(pod.metadata?.namespace ?? '', name)
      if (storage && !claim) {
        return { reject: unresolvable(`persistentvolumeclaim ${JSON.stringify(name)} not found`) }
      }
      if (claim?.spec?.accessModes?.includes('ReadWriteOncePod')) exclusive.add(name)
    }
    if (exclusive.size === 0) return undefined
    const users = new Map(nodes.map((node) => [node.name, usersOn(node, pod, exclusive)]))
    const total = [...users.values()].reduce((sum, count) => sum + count, 0)
    state.set(NAME, { exclusive, users, total } satisfies Restrictions)
    return undefined
  },

  filter(pod, node, state) {
    if (hasDisks(pod) && [...node.pods.values()].some((other) => isDiskConflict(pod, other))) {
      return rejected('node(s) had no available disk')
    }
    const known = state.get(NAME) as Restrictions | undefined
    if (!known) return undefined
    // Preemption asks about the node without some of its pods.
    const elsewhere = known.total - (known.users.get(node.name) ?? 0)
    if (elsewhere + usersOn(node, pod, known.exclusive) === 0) return undefined
    return rejected(
      'node(s) unavailable due to PersistentVolumeClaim with ReadWriteOncePod access mode already in-use by another pod',
    )
  },

  isHelpedBy(pod, event) {
    if (event.type === 'node-added') return true
    if (event.type === 'claim') {
      return (
        event.previous === undefined &&
        event.object.metadata?.namespace === pod.metadata?.namespace &&
        namedClaims(pod).includes(event.object.metadata?.name ?? '')
      )
    }
    if (event.type !== 'assigned-pod-deleted') return false
    const shared = new Set(namedClaims(pod))
    return (
      event.pod.metadata?.namespace === pod.metadata?.namespace &&
      (isDiskConflict(pod, event.pod) || namedClaims(event.pod).some((name) => shared.has(name)))
    )
  },
}

const namedClaims = (pod: Pod): readonly string[] =>
  (pod.spec?.volumes ?? []).flatMap(({ persistentVolumeClaim }) =>
    persistentVolumeClaim ? [persistentVolumeClaim.claimName] : [],
  )

function usersOn(node: NodeInfo, pod: Pod, exclusive: ReadonlySet<string>): number {
  let count = 0
  for (const other of node.pods.values()) {
    if (other.metadata?.namespace !== pod.metadata?.namespace) continue
    count += namedClaims(other).filter((name) => exclusive.has(name)).length
  }
  return count
}

/** Whether two pods on one node would mount the same disk, and not both only to read. */
function isDiskConflict(pod: Pod, other: Pod): boolean {
  const volumes = pod.spec?.volumes ?? []
  return hasDisks(pod) && (other.spec?.volumes ?? []).some((used) => volumes.some((v) => isSameDisk(v, used)))
}

const hasDisks = ({ spec }: Pod): boolean => (spec?.volumes ?? []).some(isRestricted)

const isRestricted = ({ gcePersistentDisk, awsElasticBlockStore, iscsi, rbd }: Volume): boolean =>
  !!(gcePersistentDisk || awsElasticBlockStore || iscsi || rbd)

function isSameDisk(a: Volume, b: Volume): boolean {
  const bothRead = (x: { readOnly?: boolean }, y: { readOnly?: boolean }) => x.readOnly && y.readOnly
  if (a.gcePersistentDisk && b.gcePersistentDisk) {
    const [x, y] = [a.gcePersistentDisk, b.gcePersistentDisk]
    if (x.pdName === y.pdName && !bothRead(x, y)) return true
  }
  if (a.awsElasticBlockStore && a.awsElasticBlockStore.volumeID === b.awsElasticBlockStore?.volumeID)
    return true
  if (a.iscsi && b.iscsi && a.iscsi.iqn === b.iscsi.iqn && !bothRead(a.iscsi, b.iscsi)) return true
  if (!a.rbd || !b.rbd || bothRead(a.rbd, b.rbd)) return false
  const monitors = b.rbd.monitors
  return (
    (a.rbd.pool ?? 'rbd') === (b.rbd.pool ?? 'rbd') &&
    a.rbd.image === b.rbd.image &&
    a.rbd.monitors.some((monitor) => monitors.includes(monitor))
  )
}
