// Which volumes of CSI drivers are to be attached to a node and which are to be detached. Pure.
//
//   pods of the node ─▶ claims ─▶ volumes ─▶ wanted VolumeAttachments ─┬▶ missing: attach, unless another node has the only right
//                                       VolumeAttachments that are there ─┴▶ not wanted: detach, once nothing is mounted any more
//
// Upstream: pkg/controller/volume/attachdetach/reconciler/reconciler.go, pkg/volume/csi/csi_attacher.go

import { createHash } from 'node:crypto'
import type { Node, PersistentVolume, Pod } from '#api/types/core.ts'
import type { VolumeAttachment } from '#api/types/storage.ts'

export type AttachedVolume = NonNullable<NonNullable<Node['status']>['volumesAttached']>[number]

/** A volume that pods of the node need there. */
export interface WantedVolume {
  readonly volume: PersistentVolume
  readonly pods: readonly Pod[]
}

export interface NodeVolumes {
  readonly nodeName: string
  /** Undefined: the node is gone, and with it all that was mounted. */
  readonly node: Node | undefined
  readonly wanted: readonly WantedVolume[]
  /** Those to this node. */
  readonly attachments: readonly VolumeAttachment[]
  /** Nodes other than this one to which a volume is attached. */
  elsewhere(volume: PersistentVolume): readonly string[]
  volumeOf(attachment: VolumeAttachment): PersistentVolume | undefined
  /** Since when each attachment, by name, is no longer wanted. */
  readonly idleSinceMs: ReadonlyMap<string, number>
  readonly nowMs: number
}

export interface AttachPlan {
  readonly attach: readonly WantedVolume[]
  readonly detach: readonly VolumeAttachment[]
  /** What cannot be attached, since another node has the only right to it. */
  readonly refused: readonly WantedVolume[]
  /** What the node's status is to list: attached, and not about to be detached. */
  readonly attached: readonly AttachedVolume[]
  /** Attachments that are not wanted, whether they can go now or not. */
  readonly idle: readonly VolumeAttachment[]
  /** When to look again whether a dead node still holds a volume. */
  readonly recheckMs: number | undefined
}

/** How long an unhealthy node may hold on to a volume. */
export const MAX_UNMOUNT_WAIT_MS = 360_000
const OUT_OF_SERVICE = 'node.kubernetes.io/out-of-service'

/** The name of the attachment of a volume to a node: upstream's, to the byte. */
export function attachmentName(volume: PersistentVolume, nodeName: string): string {
  const { driver = '', volumeHandle = '' } = volume.spec?.csi ?? {}
  const digest = createHash('sha256').update(`${volumeHandle}${driver}${nodeName}`).digest('hex')
  return `csi-${digest}`
}

/** What kubelets call the volume in a node's status. */
export function uniqueName({ spec }: PersistentVolume): string {
  return `kubernetes.io/csi/${spec?.csi?.driver}^${spec?.csi?.volumeHandle}`
}

export function planNode(state: NodeVolumes): AttachPlan {
  const { nodeName, wanted, attachments } = state
  const wantedNames = new Map(wanted.map((want) => [attachmentName(want.volume, nodeName), want]))
  const existing = new Set(attachments.map(({ metadata }) => metadata?.name))
  const missing = [...wantedNames].filter(([name]) => !existing.has(name)).map(([, want]) => want)
  const isRefused = ({ volume }: WantedVolume): boolean =>
    !isShareable(volume) && state.elsewhere(volume).length > 0
  const idle = attachments.filter(
    (attachment) => isOurs(attachment, state) && !wantedNames.has(nameOf(attachment)),
  )
  const waits = new Map(idle.map((attachment) => [attachment, unmountWaitMs(attachment, state)]))
  const detach = idle.filter((attachment) => waits.get(attachment) === 0)
  const pending = [...waits.values()].filter((wait) => wait !== undefined && wait > 0) as number[]
  return {
    attach: missing.filter((want) => !isRefused(want)),
    refused: missing.filter(isRefused),
    detach: detach.filter(({ metadata }) => metadata?.deletionTimestamp === undefined),
    attached: attachedVolumes(
      attachments.filter((attachment) => !detach.includes(attachment)),
      state,
    ),
    idle,
    recheckMs: pending.length > 0 ? Math.min(...pending) : undefined,
  }
}

const nameOf = ({ metadata }: VolumeAttachment): string => metadata?.name ?? ''

/** Made here, or by an earlier one of us: others may attach volumes for purposes of their own. */
function isOurs(attachment: VolumeAttachment, { nodeName, volumeOf }: NodeVolumes): boolean {
  const volume = volumeOf(attachment)
  return volume !== undefined && nameOf(attachment) === attachmentName(volume, nodeName)
}

/** Several nodes may have it at once. */
function isShareable({ spec }: PersistentVolume): boolean {
  const modes = spec?.accessModes ?? []
  return modes.length === 0 || modes.includes('ReadWriteMany') || modes.includes('ReadOnlyMany')
}

/** 0: it can be detached now; undefined: when the node says that it is not mounted any more. */
function unmountWaitMs(attachment: VolumeAttachment, state: NodeVolumes): number | undefined {
  const { node, nowMs } = state
  const volume = state.volumeOf(attachment)
  if (!node || !volume || !(node.status?.volumesInUse ?? []).includes(uniqueName(volume))) return 0
  if (node.spec?.taints?.some(({ key, effect }) => key === OUT_OF_SERVICE && effect === 'NoExecute')) return 0
  const ready = node.status?.conditions?.find(({ type }) => type === 'Ready')
  if (ready?.status === 'True') return undefined
  const since = state.idleSinceMs.get(nameOf(attachment)) ?? nowMs
  return Math.max(0, since + MAX_UNMOUNT_WAIT_MS - nowMs)
}

function attachedVolumes(
  attachments: readonly VolumeAttachment[],
  { volumeOf }: NodeVolumes,
): readonly AttachedVolume[] {
  return attachments
    .filter(({ metadata, status }) => status?.attached && metadata?.deletionTimestamp === undefined)
    .flatMap((attachment) => {
      const volume = volumeOf(attachment)
      return volume?.spec?.csi ? [{ name: uniqueName(volume), devicePath: '' }] : []
    })
    .sort((a, b) => (a.name < b.name ? -1 : 1))
}
