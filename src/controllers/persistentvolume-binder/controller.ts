// Binds claims to volumes, and tells what becomes of volumes whose claims are gone.
//
//   claim ─▶ suitable volume ─▶ volume.claimRef ─▶ volume Bound ─▶ claim.volumeName ─▶ claim Bound
//   volume ─▶ its claim is gone? ─▶ Released ─▶ retained, or left to its driver
//
// Invariant: each of the four writes is made over what was read, in this order; whatever breaks off in between is
// completed by the next look, and no volume ever has two claims.
// Upstream: pkg/controller/volume/persistentvolume. Left out: provisioners, deleters and recyclers that are built in
// (those of hostPath serve tests alone).

import { classOf, defaultStorageClassOf, namesClass } from '#api/kinds/storage/claim-class.ts'
import {
  annotated,
  claimBoundTo,
  PROVISIONERS,
  unboundVolume,
  volumeBoundTo,
} from '#api/kinds/storage/volume-binding.ts'
import { semanticEqual } from '#api/meta/equality.ts'
import { keyOf, type ObjectKey, objectKey } from '#api/meta/object.ts'
import { isNotFound } from '#api/meta/status.ts'
import { persistentVolumeClaims, persistentVolumes, pods, storageClasses } from '#api/resources.ts'
import type { PersistentVolume, PersistentVolumeClaim } from '#api/types/core.ts'
import type { Change } from '#client/informer.ts'
import type { Requeue } from '#client/work-queue.ts'
import {
  type Controller,
  type ControllerContext,
  controller,
  mapped,
  reads,
} from '#controllers/controller.ts'
import { claimStatus, planClaim } from '#controllers/persistentvolume-binder/claim-plan.ts'
import {
  type Failure,
  planVolume,
  reclaimFailure,
  type VolumePhase,
} from '#controllers/persistentvolume-binder/volume-plan.ts'
import { indexByClaim, podsNaming } from '#controllers/volumes/pod-claims.ts'

const CLAIM = 'claim:'
const VOLUME = 'volume:'
/** Claims that wait for a volume or a class, by that class. */
const UNBOUND = 'controllers/unbound-claims'

export function persistentVolumeBinder(context: ControllerContext): Controller {
  const { client, informers } = context
  const claims = informers.informer(persistentVolumeClaims)
  const volumes = informers.informer(persistentVolumes)
  const classes = informers.informer(storageClasses)
  const podInformer = informers.informer(pods)
  const events = context.events('persistentvolume-controller')
  const claimResource = client.resource(persistentVolumeClaims)
  const volumeResource = client.resource(persistentVolumes)
  indexByClaim(podInformer)
  claims.addIndex(UNBOUND, (claim) => (claim.status?.phase === 'Bound' ? [] : [classOf(claim)]))

  async function reconcile(key: ObjectKey): Promise<Requeue> {
    if (key.startsWith(CLAIM)) await syncClaim(key.slice(CLAIM.length))
    else await syncVolume(key.slice(VOLUME.length))
    return undefined
  }

  async function syncClaim(key: ObjectKey): Promise<void> {
    const claim = claims.get(key)
    if (!claim) return
    const named = claim.spec?.volumeName ? volumes.get(claim.spec.volumeName) : undefined
    const plan = planClaim({
      claim,
      named,
      volumes: volumes.list(),
      storageClass: classes.get(classOf(claim)),
      waitingPods: podsNaming(podInformer, key)
        .filter(({ spec }) => !spec?.nodeName)
        .map(({ metadata }) => metadata?.name ?? ''),
    })
    if (plan.action === 'bind') return bind(claim, plan.volume)
    if (plan.action === 'wait' && (await assignDefaultClass(claim))) return
    const isNews = plan.action === 'wait' || claim.status?.phase !== 'Lost'
    if (plan.notice && isNews) {
      events.event(claim, plan.notice.type, plan.notice.reason, plan.notice.message)
    }
    const asked =
      plan.action === 'wait' && plan.provisioner ? await askProvisioner(claim, plan.provisioner) : claim
    await writeClaimStatus(asked, plan.action === 'lose' ? 'Lost' : 'Pending', undefined)
  }

  async function bind(claim: PersistentVolumeClaim, volume: PersistentVolume): Promise<void> {
    const wantedVolume = volumeBoundTo(volume, claim)
    const boundVolume = wantedVolume === volume ? volume : await volumeResource.update(wantedVolume)
    await writePhase(boundVolume, 'Bound')
    const wantedClaim = claimBoundTo(claim, boundVolume)
    const boundClaim = wantedClaim === claim ? claim : await claimResource.update(wantedClaim)
    await writeClaimStatus(boundClaim, 'Bound', boundVolume)
  }

  /** A claim that came before there was a default class gets it later. */
  async function assignDefaultClass(claim: PersistentVolumeClaim): Promise<boolean> {
    const storageClassName = namesClass(claim)
      ? undefined
      : defaultStorageClassOf(classes.list())?.metadata?.name
    if (storageClassName === undefined || claim.spec?.volumeName) return false
    await claimResource.update({ ...claim, spec: { ...claim.spec, storageClassName } })
    return true
  }

  async function askProvisioner(
    claim: PersistentVolumeClaim,
    provisioner: string,
  ): Promise<PersistentVolumeClaim> {
    if (PROVISIONERS.every((name) => claim.metadata?.annotations?.[name] === provisioner)) return claim
    const marks = Object.fromEntries(PROVISIONERS.map((name) => [name, provisioner]))
    return claimResource.update(annotated(claim, marks))
  }

  async function writeClaimStatus(
    claim: PersistentVolumeClaim,
    phase: 'Pending' | 'Lost' | 'Bound',
    volume: PersistentVolume | undefined,
  ): Promise<void> {
    const status = claimStatus(claim, phase, volume)
    if (!semanticEqual(status, claim.status)) await claimResource.updateStatus({ ...claim, status })
  }

  async function syncVolume(name: string): Promise<void> {
    const volume = volumes.get(name)
    if (!volume) return
    const claim = await claimOf(volume)
    const plan = planVolume(volume, claim)
    switch (plan.action) {
      case 'phase':
        return writePhase(volume, plan.phase)
      case 'release':
        return release(volume)
      case 'unbind':
        return writePhase(await volumeResource.update(unboundVolume(volume)), 'Available')
      case 'mismatch':
        return tellMismatch(volume, claim)
      case 'ask-claim':
        // The volume's own change has put the claim into the queue, too.
        return
    }
  }

  /** By UID; before a claim counts as gone the server is asked, as caches come one after the other. */
  async function claimOf({ spec, status }: PersistentVolume): Promise<PersistentVolumeClaim | undefined> {
    const { namespace = '', name = '', uid } = spec?.claimRef ?? {}
    if (!uid) return undefined
    const cached = claims.get(objectKey(namespace, name))
    if (cached?.metadata?.uid === uid) return cached
    const isKnownGone = status?.phase === 'Released' || status?.phase === 'Failed'
    if (!cached && isKnownGone) return undefined
    try {
      const fresh = await claimResource.get(namespace, name)
      return fresh.metadata?.uid === uid ? fresh : undefined
    } catch (error) {
      if (isNotFound(error)) return undefined
      throw error
    }
  }

  async function release(volume: PersistentVolume): Promise<void> {
    const { phase } = volume.status ?? {}
    const failure = reclaimFailure(volume)
    if (phase !== 'Released' && phase !== 'Failed') await writePhase(volume, 'Released')
    // Its own change brings it back.
    else if (failure && phase !== 'Failed') await fail(volume, failure)
  }

  async function fail(volume: PersistentVolume, { reason, message }: Failure): Promise<void> {
    await writePhase(volume, 'Failed', message)
    events.event(volume, 'Warning', reason, message)
  }

  async function writePhase(volume: PersistentVolume, phase: VolumePhase, message?: string): Promise<void> {
    const { message: oldMessage, ...status } = volume.status ?? {}
    if (status.phase === phase && oldMessage === message) return
    const next = { ...status, phase, ...(message !== undefined && { message }) }
    await volumeResource.updateStatus({ ...volume, status: next })
  }

  function tellMismatch(volume: PersistentVolume, claim: PersistentVolumeClaim | undefined): void {
    const [volumeName, claimName] = [volume, claim].map((object) => JSON.stringify(object?.metadata?.name))
    const ofVolume = `Cannot bind PersistentVolume to requested PersistentVolumeClaim ${claimName} due to incompatible volumeMode.`
    events.event(volume, 'Warning', 'VolumeMismatch', ofVolume)
    const ofClaim = `Cannot bind PersistentVolume ${volumeName} to requested PersistentVolumeClaim due to incompatible volumeMode.`
    if (claim) events.event(claim, 'Warning', 'VolumeMismatch', ofClaim)
  }

  /** The volume, the claim that it is for, and while it is free all that might want it. */
  function keysOfVolume({ object }: Change<PersistentVolume>): readonly ObjectKey[] {
    const own = `${VOLUME}${object.metadata?.name}`
    const { claimRef } = object.spec ?? {}
    if (claimRef) return [own, `${CLAIM}${objectKey(claimRef.namespace, claimRef.name ?? '')}`]
    const waiting = claims.byIndex(UNBOUND, classOf(object))
    return [own, ...waiting.map((claim) => `${CLAIM}${keyOf(claim)}`)]
  }

  function keysOfClaim({ object, type }: Change<PersistentVolumeClaim>): readonly ObjectKey[] {
    const { volumeName } = object.spec ?? {}
    const volume = volumeName ? [`${VOLUME}${volumeName}`] : []
    return type === 'deleted' ? volume : [`${CLAIM}${keyOf(object)}`, ...volume]
  }

  /** A class that is new may be the default, for claims that name none. */
  function claimsOfClass(name: string): readonly ObjectKey[] {
    const waiting = [...claims.byIndex(UNBOUND, name), ...claims.byIndex(UNBOUND, '')]
    return waiting.map((claim) => `${CLAIM}${keyOf(claim)}`)
  }

  return controller(context, 'persistentvolume-binder-controller', {
    watches: [
      mapped(volumes, keysOfVolume),
      mapped(claims, keysOfClaim),
      mapped(classes, ({ object }) => claimsOfClass(object.metadata?.name ?? '')),
      reads(podInformer),
    ],
    reconcile,
  })
}
