// What a pod refers to by name: the objects that its kubelet needs to read. Pure.
//
// Upstream: pkg/api/v1/pod/util.go (VisitPodSecretNames, VisitPodConfigmapNames), plugin/pkg/auth/authorizer/node/graph.go

import type { PersistentVolume, Pod, Volume } from '#api/types/core.ts'

/** Any container's `env` and `envFrom`, as far as they matter here. */
interface WithEnv {
  readonly env?: readonly {
    readonly valueFrom?: {
      readonly secretKeyRef?: { readonly name?: string }
      readonly configMapKeyRef?: { readonly name?: string }
    }
  }[]
  readonly envFrom?: readonly {
    readonly secretRef?: { readonly name?: string }
    readonly configMapRef?: { readonly name?: string }
  }[]
}

export const MIRROR_ANNOTATION = 'kubernetes.io/config.mirror'

export function isMirrorPod(pod: Pod): boolean {
  return pod.metadata?.annotations?.[MIRROR_ANNOTATION] !== undefined
}

function containersOf(pod: Pod): readonly WithEnv[] {
  const { initContainers = [], containers = [], ephemeralContainers = [] } = pod.spec ?? {}
  return [...initContainers, ...containers, ...ephemeralContainers]
}

export function secretNames(pod: Pod): ReadonlySet<string> {
  const names = [
    ...(pod.spec?.imagePullSecrets ?? []).map((ref) => ref.name),
    ...containersOf(pod).flatMap((container) => [
      ...(container.envFrom ?? []).map((source) => source.secretRef?.name),
      ...(container.env ?? []).map((variable) => variable.valueFrom?.secretKeyRef?.name),
    ]),
    ...(pod.spec?.volumes ?? []).flatMap(secretsOfVolume),
  ]
  return withoutEmpty(names)
}

function secretsOfVolume(volume: Volume): readonly (string | undefined)[] {
  return [
    volume.secret?.secretName,
    volume.azureFile?.secretName,
    volume.cephfs?.secretRef?.name,
    volume.cinder?.secretRef?.name,
    volume.flexVolume?.secretRef?.name,
    volume.iscsi?.secretRef?.name,
    volume.rbd?.secretRef?.name,
    volume.scaleIO?.secretRef?.name,
    volume.storageos?.secretRef?.name,
    volume.csi?.nodePublishSecretRef?.name,
    ...(volume.projected?.sources ?? []).map((source) => source.secret?.name),
  ]
}

export function configMapNames(pod: Pod): ReadonlySet<string> {
  const names = [
    ...containersOf(pod).flatMap((container) => [
      ...(container.envFrom ?? []).map((source) => source.configMapRef?.name),
      ...(container.env ?? []).map((variable) => variable.valueFrom?.configMapKeyRef?.name),
    ]),
    ...(pod.spec?.volumes ?? []).flatMap((volume) => [
      volume.configMap?.name,
      ...(volume.projected?.sources ?? []).map((source) => source.configMap?.name),
    ]),
  ]
  return withoutEmpty(names)
}

/** Claims by name, and those that an ephemeral volume makes under the pod's name. */
export function claimNames(pod: Pod): ReadonlySet<string> {
  return withoutEmpty(
    (pod.spec?.volumes ?? []).map(
      (volume) =>
        volume.persistentVolumeClaim?.claimName ??
        (volume.ephemeral ? `${pod.metadata?.name ?? ''}-${volume.name}` : undefined),
    ),
  )
}

export function resourceClaimNames(pod: Pod): ReadonlySet<string> {
  const made = new Map(
    (pod.status?.resourceClaimStatuses ?? []).map((status) => [status.name, status.resourceClaimName]),
  )
  return withoutEmpty([
    ...(pod.spec?.resourceClaims ?? []).map((claim) => claim.resourceClaimName ?? made.get(claim.name)),
    pod.status?.extendedResourceClaimStatus?.resourceClaimName,
  ])
}

function withoutEmpty(names: readonly (string | undefined)[]): ReadonlySet<string> {
  return new Set(names.filter((name): name is string => name !== undefined && name !== ''))
}

/** Secrets that a kubelet needs to mount a volume, as `namespace/name`; those of controllers alone are left out. */
export function volumeSecrets(volume: PersistentVolume): ReadonlySet<string> {
  const { spec = {} } = volume
  const claimNamespace = spec.claimRef?.namespace
  const refs: readonly { readonly name?: string; readonly namespace?: string | undefined }[] = [
    ...(spec.azureFile
      ? [{ name: spec.azureFile.secretName, namespace: spec.azureFile.secretNamespace || claimNamespace }]
      : []),
    ...[spec.cephfs, spec.flexVolume, spec.rbd, spec.scaleIO, spec.iscsi].flatMap((source) =>
      source?.secretRef
        ? [{ ...source.secretRef, namespace: source.secretRef.namespace || claimNamespace }]
        : [],
    ),
    ...[
      spec.cinder?.secretRef,
      spec.storageos?.secretRef,
      spec.csi?.nodePublishSecretRef,
      spec.csi?.nodeStageSecretRef,
      spec.csi?.nodeExpandSecretRef,
    ].flatMap((ref) => (ref ? [ref] : [])),
  ]
  return withoutEmpty(refs.map((ref) => ref.name && `${ref.namespace ?? ''}/${ref.name}`))
}
