// What a container may do: users, capabilities, namespaces, seccomp, masked paths. Pure.
//
// The container's own security context goes before the pod's, field by field.
// Upstream: pkg/securitycontext/util.go, pkg/kubelet/kuberuntime/{security_context,helpers}.go

import path from 'node:path'
import type { Container, Pod, SecurityContext } from '#api/types/core.ts'
import type {
  ContainerSecurityContext,
  NamespaceMode,
  NamespaceOption,
  SandboxSecurityContext,
  SecurityProfile,
} from '#kubelet/cri/types.ts'
import { allContainers, formatPod, isHostNetwork } from '#kubelet/pods/pod-spec.ts'

export function namespacesOf(pod: Pod): NamespaceOption {
  const { hostPID, hostIPC, shareProcessNamespace } = pod.spec ?? {}
  const pid: NamespaceMode = hostPID ? 'NODE' : shareProcessNamespace ? 'POD' : 'CONTAINER'
  return { network: isHostNetwork(pod) ? 'NODE' : 'POD', pid, ipc: hostIPC ? 'NODE' : 'POD' }
}

/** Fields of the pod's context that a container inherits, overridden by its own. */
export function effectiveSecurity(pod: Pod, container: Container): SecurityContext {
  const { seLinuxOptions, runAsUser, runAsGroup, runAsNonRoot } = pod.spec?.securityContext ?? {}
  return {
    ...(seLinuxOptions && { seLinuxOptions }),
    ...(runAsUser !== undefined && { runAsUser }),
    ...(runAsGroup !== undefined && { runAsGroup }),
    ...(runAsNonRoot !== undefined && { runAsNonRoot }),
    ...container.securityContext,
  }
}

/** Whom the image runs as: a number, or a name that only the image's own files could resolve. */
export interface ImageUser {
  readonly uid: number | undefined
  readonly username: string
}

/** Throws when the pod wants nobody to be root and this container would be. */
export function refuseRoot(pod: Pod, container: Container, image: ImageUser): void {
  const security = effectiveSecurity(pod, container)
  if (!security.runAsNonRoot) return
  const where = `(pod: "${formatPod(pod)}", container: ${container.name})`
  if (security.runAsUser !== undefined) {
    if (security.runAsUser === 0) throw new Error(`container's runAsUser breaks non-root policy ${where}`)
    return
  }
  if (image.uid === undefined && image.username !== '') {
    throw new Error(
      `container has runAsNonRoot and image has non-numeric user (${image.username}), cannot verify user is non-root ${where}`,
    )
  }
  if (image.uid === 0) throw new Error(`container has runAsNonRoot and image will run as root ${where}`)
}

export function sandboxSecurity(pod: Pod): SandboxSecurityContext {
  const own = pod.spec?.securityContext
  const groups = podGroups(pod)
  return {
    namespaceOptions: namespacesOf(pod),
    privileged: allContainers(pod).some((container) => container.securityContext?.privileged),
    seccomp: { profileType: 'RuntimeDefault' },
    ...(own?.runAsUser !== undefined && { runAsUser: { value: own.runAsUser } }),
    ...(own?.runAsGroup !== undefined && { runAsGroup: { value: own.runAsGroup } }),
    ...(groups.length > 0 && { supplementalGroups: groups }),
    ...(own?.supplementalGroupsPolicy && {
      supplementalGroupsPolicy: own.supplementalGroupsPolicy as 'Merge' | 'Strict',
    }),
    ...(own?.seLinuxOptions && { selinuxOptions: own.seLinuxOptions }),
  }
}

function podGroups(pod: Pod): readonly number[] {
  const { fsGroup, supplementalGroups } = pod.spec?.securityContext ?? {}
  return [...(fsGroup === undefined ? [] : [fsGroup]), ...(supplementalGroups ?? [])]
}

/** `targetId` is the container whose processes an ephemeral container sees. */
export function containerSecurity(
  pod: Pod,
  container: Container,
  image: ImageUser,
  seccompRoot: string,
  targetId?: string,
): ContainerSecurityContext {
  const security = effectiveSecurity(pod, container)
  const namespaces = namespacesOf(pod)
  const groups = podGroups(pod)
  const policy = pod.spec?.securityContext?.supplementalGroupsPolicy
  const isUnmasked = security.procMount === 'Unmasked'
  const { capabilities } = security
  return {
    namespaceOptions:
      targetId !== undefined && namespaces.pid === 'CONTAINER'
        ? { ...namespaces, pid: 'TARGET', targetId }
        : namespaces,
    privileged: security.privileged === true,
    readonlyRootfs: security.readOnlyRootFilesystem === true,
    noNewPrivs: security.allowPrivilegeEscalation === false,
    maskedPaths: isUnmasked ? [] : MASKED_PATHS,
    readonlyPaths: isUnmasked ? [] : READONLY_PATHS,
    seccomp: seccompProfile(pod, container, seccompRoot),
    ...userOf(security, image),
    ...(capabilities && {
      capabilities: { addCapabilities: capabilities.add ?? [], dropCapabilities: capabilities.drop ?? [] },
    }),
    ...(groups.length > 0 && { supplementalGroups: groups }),
    ...(policy && { supplementalGroupsPolicy: policy as 'Merge' | 'Strict' }),
    ...(security.seLinuxOptions && { selinuxOptions: security.seLinuxOptions }),
  }
}

function userOf(
  security: SecurityContext,
  image: ImageUser,
): Pick<ContainerSecurityContext, 'runAsUser' | 'runAsUsername' | 'runAsGroup'> {
  const group = security.runAsGroup === undefined ? {} : { runAsGroup: { value: security.runAsGroup } }
  if (security.runAsUser !== undefined) return { runAsUser: { value: security.runAsUser }, ...group }
  if (image.uid !== undefined) return { runAsUser: { value: image.uid }, ...group }
  return image.username === '' ? group : { runAsUsername: image.username, ...group }
}

function seccompProfile(pod: Pod, container: Container, root: string): SecurityProfile {
  const profile = container.securityContext?.seccompProfile ?? pod.spec?.securityContext?.seccompProfile
  if (profile?.type === 'RuntimeDefault') return { profileType: 'RuntimeDefault' }
  if (profile?.type !== 'Localhost') return { profileType: 'Unconfined' }
  if (!profile.localhostProfile)
    throw new Error('localhostProfile must be set if seccompProfile type is Localhost.')
  return {
    profileType: 'Localhost',
    localhostRef: path.join(root, path.normalize(`/${profile.localhostProfile}`)),
  }
}

const MASKED_PATHS: readonly string[] = [
  '/proc/asound',
  '/proc/acpi',
  '/proc/interrupts',
  '/proc/kcore',
  '/proc/keys',
  '/proc/latency_stats',
  '/proc/timer_list',
  '/proc/timer_stats',
  '/proc/sched_debug',
  '/proc/scsi',
  '/sys/firmware',
  '/sys/devices/virtual/powercap',
]

const READONLY_PATHS: readonly string[] = [
  '/proc/bus',
  '/proc/fs',
  '/proc/irq',
  '/proc/sys',
  '/proc/sysrq-trigger',
]
