// Attaches volumes of CSI drivers to the nodes whose pods need them, and detaches them when nobody does any more.
//
//   Pods, claims, volumes ─▶ plan for the node ─▶ create / delete VolumeAttachments ─▶ (driver's attacher) ─▶ status.attached
//                                                            node.status.volumesAttached ─▶ (kubelet mounts)
//
// The work itself is done by the driver's own attacher, which watches VolumeAttachments; volumes that lie on the node, and
// drivers that need no attaching, are none of this controller's business.
// Invariant: a volume is taken off the node's status before it is detached, so that no kubelet mounts it meanwhile.
// Upstream: pkg/controller/volume/attachdetach

import { semanticEqual } from '#api/meta/equality.ts'
import type { ObjectKey } from '#api/meta/object.ts'
import { isAlreadyExists, isNotFound } from '#api/meta/status.ts'
import {
  csiDrivers,
  nodes,
  persistentVolumeClaims,
  persistentVolumes,
  pods,
  volumeAttachments,
} from '#api/resources.ts'
import type { Node, PersistentVolume, PersistentVolumeClaim, Pod } from '#api/types/core.ts'
import type { VolumeAttachment } from '#api/types/storage.ts'
import type { Change } from '#client/informer.ts'
import type { Requeue } from '#client/work-queue.ts'
import {
  type AttachedVolume,
  type AttachPlan,
  attachmentName,
  planNode,
  uniqueName,
  type WantedVolume,
} from '#controllers/attach-detach/plan.ts'
import { wantedVolumes } from '#controllers/attach-detach/wanted.ts'
import {
  type Controller,
  type ControllerContext,
  controller,
  mapped,
  reads,
} from '#controllers/controller.ts'
import { indexByNode, podsOnNode } from '#controllers/pods/pods-by-node.ts'
import { indexByClaim, podsNaming } from '#controllers/volumes/pod-claims.ts'

const MANAGED = 'volumes.kubernetes.io/controller-managed-attach-detach'
const NODE_INDEX = 'attach-detach/node'
const VOLUME_INDEX = 'attach-detach/volume'
/** Until a driver's attacher has answered on another node, which brings no key of this one. */
const REFUSED_RETRY_MS = 10_000

export function attachDetachController(context: ControllerContext): Controller {
  const { client, clock, informers } = context
  const podInformer = informers.informer(pods)
  const nodeInformer = informers.informer(nodes)
  const claimInformer = informers.informer(persistentVolumeClaims)
  const volumeInformer = informers.informer(persistentVolumes)
  const driverInformer = informers.informer(csiDrivers)
  const attachmentInformer = informers.informer(volumeAttachments)
  indexByNode(podInformer)
  indexByClaim(podInformer)
  attachmentInformer.addIndex(NODE_INDEX, ({ spec }) => [spec.nodeName])
  attachmentInformer.addIndex(VOLUME_INDEX, ({ spec }) => [spec.source.persistentVolumeName ?? ''])
  const events = context.events('attachdetach-controller')
  const resource = client.resource(volumeAttachments)
  /** By name, since when an attachment is not wanted. */
  const idleSinceMs = new Map<string, number>()

  const storage = {
    claim: (key: string) => claimInformer.get(key),
    volume: (name: string) => volumeInformer.get(name),
    driver: (name: string) => driverInformer.get(name),
  }
  const attachmentsOf = (volume: PersistentVolume): readonly VolumeAttachment[] =>
    attachmentInformer.byIndex(VOLUME_INDEX, volume.metadata?.name ?? '')

  async function reconcile(nodeName: ObjectKey): Promise<Requeue> {
    const node = nodeInformer.get(nodeName)
    if (node && node.metadata?.annotations?.[MANAGED] !== 'true') return
    const wanted = node ? wantedVolumes(podsOnNode(podInformer, nodeName), storage) : []
    const plan = planNode({
      nodeName,
      node,
      wanted,
      attachments: attachmentInformer.byIndex(NODE_INDEX, nodeName),
      elsewhere: (volume) =>
        attachmentsOf(volume)
          .map(({ spec }) => spec.nodeName)
          .filter((other) => other !== nodeName),
      volumeOf: ({ spec }) => volumeInformer.get(spec.source.persistentVolumeName ?? ''),
      idleSinceMs,
      nowMs: clock.now(),
    })
    rememberIdle(nodeName, plan)
    if (node) await report(node, plan.attached, wanted)
    for (const attachment of plan.detach) await detach(attachment)
    for (const want of plan.attach) await attach(want, nodeName)
    for (const want of plan.refused) refuse(want, nodeName)
    const waits = [plan.recheckMs, plan.refused.length > 0 ? REFUSED_RETRY_MS : undefined]
    const afterMs = Math.min(...waits.filter((wait) => wait !== undefined))
    return Number.isFinite(afterMs) ? { afterMs } : undefined
  }

  function rememberIdle(nodeName: string, { idle }: AttachPlan): void {
    const names = new Set(idle.map(({ metadata }) => metadata?.name ?? ''))
    for (const name of names) if (!idleSinceMs.has(name)) idleSinceMs.set(name, clock.now())
    for (const { metadata } of attachmentInformer.byIndex(NODE_INDEX, nodeName)) {
      if (!names.has(metadata?.name ?? '')) idleSinceMs.delete(metadata?.name ?? '')
    }
  }

  /** Writes what the kubelet may mount, and tells the pods whose volumes have just come. */
  async function report(
    node: Node,
    attached: readonly AttachedVolume[],
    wanted: readonly WantedVolume[],
  ): Promise<void> {
    const before = node.status?.volumesAttached ?? []
    if (semanticEqual(before, attached)) return
    await client
      .resource(nodes)
      .patch(
        '',
        node.metadata?.name ?? '',
        'merge',
        { status: { volumesAttached: attached } },
        { subresource: 'status' },
      )
    for (const { volume, pods: users } of wanted) {
      const isNew = (list: readonly AttachedVolume[]) => list.some(({ name }) => name === uniqueName(volume))
      if (isNew(before) || !isNew(attached)) continue
      const text = `AttachVolume.Attach succeeded for volume "${volume.metadata?.name}" `
      for (const pod of users) events.event(pod, 'Normal', 'SuccessfulAttachVolume', text)
    }
  }

  async function attach({ volume }: WantedVolume, nodeName: string): Promise<void> {
    try {
      await resource.create({
        metadata: { name: attachmentName(volume, nodeName) },
        spec: {
          attacher: volume.spec?.csi?.driver ?? '',
          nodeName,
          source: { persistentVolumeName: volume.metadata?.name ?? '' },
        },
      })
    } catch (error) {
      if (!isAlreadyExists(error)) throw error
    }
  }

  async function detach({ metadata }: VolumeAttachment): Promise<void> {
    try {
      await resource.delete('', metadata?.name ?? '')
      idleSinceMs.delete(metadata?.name ?? '')
    } catch (error) {
      if (!isNotFound(error)) throw error
    }
  }

  function refuse({ volume, pods: users }: WantedVolume, nodeName: string): void {
    const others = podsNaming(podInformer, claimKeyOf(volume)).filter(
      ({ spec }) => spec?.nodeName && spec.nodeName !== nodeName,
    )
    const why =
      others.length === 0
        ? "Volume is already exclusively attached to one node and can't be attached to another"
        : `Volume is already used by pod(s) ${others.map(({ metadata }) => metadata?.name).join(', ')}`
    const text = `Multi-Attach error for volume "${volume.metadata?.name}" ${why}`
    for (const pod of users) events.event(pod, 'Warning', 'FailedAttachVolume', text)
  }

  const nodesOfPods = (users: readonly Pod[]): readonly ObjectKey[] =>
    users.flatMap(({ spec }) => (spec?.nodeName ? [spec.nodeName] : []))
  const nodesOfClaim = (change: Change<PersistentVolumeClaim>): readonly ObjectKey[] =>
    nodesOfPods(
      podsNaming(podInformer, `${change.object.metadata?.namespace}/${change.object.metadata?.name}`),
    )
  const nodesOfVolume = ({ object }: Change<PersistentVolume>): readonly ObjectKey[] => [
    ...nodesOfPods(podsNaming(podInformer, claimKeyOf(object))),
    ...attachmentsOf(object).map(({ spec }) => spec.nodeName),
  ]

  /** The node itself, and, when a volume is free again, those that wait for it. */
  function nodesOfAttachment({ type, object }: Change<VolumeAttachment>): readonly ObjectKey[] {
    tellFailure(object)
    const volume = volumeInformer.get(object.spec.source.persistentVolumeName ?? '')
    const waiting =
      type === 'deleted' && volume ? nodesOfPods(podsNaming(podInformer, claimKeyOf(volume))) : []
    return [object.spec.nodeName, ...waiting]
  }

  function tellFailure({ spec, status }: VolumeAttachment): void {
    const message = status?.attachError?.message
    const volume = volumeInformer.get(spec.source.persistentVolumeName ?? '')
    if (message === undefined || !volume) return
    const text = `AttachVolume.Attach failed for volume "${volume.metadata?.name}" : ${message}`
    for (const pod of podsNaming(podInformer, claimKeyOf(volume))) {
      if (pod.spec?.nodeName === spec.nodeName) events.event(pod, 'Warning', 'FailedAttachVolume', text)
    }
  }

  return controller(context, 'persistentvolume-attach-detach-controller', {
    watches: [
      mapped(podInformer, ({ object }) => (usesClaims(object) ? nodesOfPods([object]) : [])),
      mapped(nodeInformer, nodesOfNode),
      mapped(claimInformer, nodesOfClaim),
      mapped(volumeInformer, nodesOfVolume),
      mapped(attachmentInformer, nodesOfAttachment),
      reads(driverInformer),
    ],
    reconcile,
  })
}

const usesClaims = ({ spec }: Pod): boolean =>
  (spec?.volumes ?? []).some(({ persistentVolumeClaim, ephemeral }) => persistentVolumeClaim ?? ephemeral)

const claimKeyOf = ({ spec }: PersistentVolume): string =>
  `${spec?.claimRef?.namespace}/${spec?.claimRef?.name}`

/** Heartbeats say nothing here; what is mounted, health, taints and the way it is managed do. */
function nodesOfNode(change: Change<Node>): readonly ObjectKey[] {
  const relevant = ({ metadata, spec, status }: Node) => [
    metadata?.annotations?.[MANAGED],
    spec?.taints,
    status?.volumesInUse,
    status?.volumesAttached,
    status?.conditions?.find(({ type }) => type === 'Ready')?.status,
  ]
  const isNews =
    change.type !== 'updated' || !semanticEqual(relevant(change.previous), relevant(change.object))
  return isNews ? [change.object.metadata?.name ?? ''] : []
}
