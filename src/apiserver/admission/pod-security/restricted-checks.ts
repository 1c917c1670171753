// The checks of level "restricted": what a pod should do without. Pure.
//
// Upstream: staging/src/k8s.io/pod-security-admission/policy/check_*.go

import type { Container, Volume } from '#api/types/core.ts'
import { procMount } from '#apiserver/admission/pod-security/baseline-checks.ts'
import {
  badContainers,
  type Check,
  type CheckFunction,
  containerList,
  containersOf,
  exceptInUserNamespace,
  exceptOnWindows,
  plural,
  quoted,
  setters,
  sorted,
} from '#apiserver/admission/pod-security/check.ts'
import { seccompRestricted } from '#apiserver/admission/pod-security/seccomp-checks.ts'

const privilegeEscalation: CheckFunction = ({ spec }) => {
  const containers = badContainers(
    spec,
    (container) => container.securityContext?.allowPrivilegeEscalation !== false,
  )
  if (containers.length === 0) return undefined
  return {
    reason: 'allowPrivilegeEscalation != false',
    detail: `${containerList(containers)} must set securityContext.allowPrivilegeEscalation=false`,
  }
}

const capabilities: CheckFunction = ({ spec }) => {
  const own = (container: Container) => container.securityContext?.capabilities
  const added = (container: Container) =>
    (own(container)?.add ?? []).filter((name) => name !== 'NET_BIND_SERVICE')
  const keeping = badContainers(spec, (container) => !(own(container)?.drop ?? []).includes('ALL'))
  const adding = badContainers(spec, (container) => added(container).length > 0)
  const forbidden = sorted(containersOf(spec).flatMap(added))
  const details = [
    ...(keeping.length > 0
      ? [`${containerList(keeping)} must set securityContext.capabilities.drop=["ALL"]`]
      : []),
    ...(adding.length > 0
      ? [`${containerList(adding)} must not include ${quoted(forbidden)} in securityContext.capabilities.add`]
      : []),
  ]
  return details.length > 0 ? { reason: 'unrestricted capabilities', detail: details.join('; ') } : undefined
}

const ALLOWED_VOLUMES: readonly (keyof Volume)[] = [
  'configMap',
  'csi',
  'downwardAPI',
  'emptyDir',
  'ephemeral',
  'image',
  'persistentVolumeClaim',
  'projected',
  'secret',
]

/** In the order in which upstream looks for them. */
const RESTRICTED_VOLUMES: readonly (keyof Volume)[] = [
  'hostPath',
  'gcePersistentDisk',
  'awsElasticBlockStore',
  'gitRepo',
  'nfs',
  'iscsi',
  'glusterfs',
  'rbd',
  'flexVolume',
  'cinder',
  'cephfs',
  'flocker',
  'fc',
  'azureFile',
  'vsphereVolume',
  'quobyte',
  'azureDisk',
  'photonPersistentDisk',
  'portworxVolume',
  'scaleIO',
  'storageos',
]

const volumes: CheckFunction = ({ spec }) => {
  const bad = (spec.volumes ?? []).filter(
    (volume) => !ALLOWED_VOLUMES.some((type) => volume[type] !== undefined),
  )
  if (bad.length === 0) return undefined
  const types = sorted(
    bad.map((volume) => RESTRICTED_VOLUMES.find((type) => volume[type] !== undefined) ?? 'unknown'),
  )
  const names = bad.map((volume) => volume.name)
  const who = `${plural(names.length, 'volume', 'volumes')} ${quoted(names)} ${plural(names.length, 'uses', 'use')}`
  const what = plural(types.length, 'restricted volume type', 'restricted volume types')
  return { reason: 'restricted volume types', detail: `${who} ${what} ${quoted(types)}` }
}

const nonRoot: CheckFunction = ({ spec }) => {
  const reason = 'runAsNonRoot != true'
  const ofPod = spec.securityContext?.runAsNonRoot
  const own = (container: Container) => container.securityContext?.runAsNonRoot
  const who = setters(
    ofPod === false,
    badContainers(spec, (container) => own(container) === false),
  )
  if (who !== '') return { reason, detail: `${who} must not set securityContext.runAsNonRoot=false` }
  if (ofPod) return undefined
  const silent = badContainers(spec, (container) => own(container) === undefined)
  if (silent.length === 0) return undefined
  return { reason, detail: `pod or ${containerList(silent)} must set securityContext.runAsNonRoot=true` }
}

const nonZeroUser: CheckFunction = ({ spec }) => {
  const who = setters(
    spec.securityContext?.runAsUser === 0,
    badContainers(spec, (container) => container.securityContext?.runAsUser === 0),
  )
  return who === '' ? undefined : { reason: 'runAsUser=0', detail: `${who} must not set runAsUser=0` }
}

type Versions = readonly (readonly [from: number, check: CheckFunction])[]

const restricted = (id: string, overrides: string | undefined, ...versions: Versions): Check => ({
  id,
  level: 'restricted',
  versions: versions.map(([from, check]) => ({ from, check })),
  ...(overrides !== undefined && { overrides }),
})

export const RESTRICTED_CHECKS: readonly Check[] = [
  restricted(
    'allowPrivilegeEscalation',
    undefined,
    [8, privilegeEscalation],
    [25, exceptOnWindows(privilegeEscalation)],
  ),
  restricted(
    'capabilities_restricted',
    'capabilities_baseline',
    [22, capabilities],
    [25, exceptOnWindows(capabilities)],
  ),
  restricted('procMount_restricted', 'procMount', [35, procMount]),
  restricted('restrictedVolumes', 'hostPathVolumes', [0, volumes]),
  restricted('runAsNonRoot', undefined, [0, nonRoot], [35, exceptInUserNamespace(nonRoot)]),
  restricted('runAsUser', undefined, [23, nonZeroUser], [35, exceptInUserNamespace(nonZeroUser)]),
  restricted(
    'seccompProfile_restricted',
    'seccompProfile_baseline',
    [19, seccompRestricted],
    [25, exceptOnWindows(seccompRestricted)],
  ),
]
