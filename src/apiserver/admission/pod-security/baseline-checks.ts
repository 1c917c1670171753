// The checks of level "baseline": known ways out of a container. Pure.
//
// Upstream: staging/src/k8s.io/pod-security-admission/policy/check_*.go

import type { Container, Lifecycle, Probe, SELinuxOptions } from '#api/types/core.ts'
import {
  badContainers,
  type Check,
  type CheckFunction,
  containerList,
  containersOf,
  exceptInUserNamespace,
  plural,
  quoted,
  setters,
  sorted,
} from '#apiserver/admission/pod-security/check.ts'
import { seccompAnnotations, seccompBaseline } from '#apiserver/admission/pod-security/seccomp-checks.ts'

const APPARMOR_PREFIX = 'container.apparmor.security.beta.kubernetes.io/'

const appArmor: CheckFunction = ({ spec, annotations }) => {
  const isBad = (type: string | undefined): type is string =>
    type !== undefined && type !== 'RuntimeDefault' && type !== 'Localhost'
  const podType = spec.securityContext?.appArmorProfile?.type
  const typeOf = (container: Container) => container.securityContext?.appArmorProfile?.type
  const containers = badContainers(spec, (container) => isBad(typeOf(container)))
  const types = sorted([podType, ...containersOf(spec).map(typeOf)].filter(isBad))
  const notes = Object.entries(annotations)
    .filter(([key, value]) => key.startsWith(APPARMOR_PREFIX) && !isAllowedAppArmorAnnotation(value))
    .map(([key, value]) => `${key}=${JSON.stringify(value)}`)
    .sort()
  const who = [
    setters(isBad(podType), containers),
    notes.length > 0 ? plural(notes.length, 'annotation', 'annotations') : '',
  ].filter((part) => part !== '')
  if (who.length === 0) return undefined
  const values = [...types, ...notes]
  return {
    reason: plural(values.length, 'forbidden AppArmor profile', 'forbidden AppArmor profiles'),
    detail: `${who.join(' and ')} must not set AppArmor profile type to ${quoted(values)}`,
  }
}

const isAllowedAppArmorAnnotation = (value: string): boolean =>
  value === '' || value === 'runtime/default' || value.startsWith('localhost/')

const DEFAULT_CAPABILITIES = new Set([
  'AUDIT_WRITE',
  'CHOWN',
  'DAC_OVERRIDE',
  'FOWNER',
  'FSETID',
  'KILL',
  'MKNOD',
  'NET_BIND_SERVICE',
  'SETFCAP',
  'SETGID',
  'SETPCAP',
  'SETUID',
  'SYS_CHROOT',
])

const capabilities: CheckFunction = ({ spec }) => {
  const added = (container: Container) =>
    (container.securityContext?.capabilities?.add ?? []).filter((name) => !DEFAULT_CAPABILITIES.has(name))
  const containers = badContainers(spec, (container) => added(container).length > 0)
  if (containers.length === 0) return undefined
  const names = sorted(containersOf(spec).flatMap(added))
  return {
    reason: 'non-default capabilities',
    detail: `${containerList(containers)} must not include ${quoted(names)} in securityContext.capabilities.add`,
  }
}

const hostNamespaces: CheckFunction = ({ spec }) => {
  const set = (['hostNetwork', 'hostPID', 'hostIPC'] as const).filter((field) => spec[field])
  if (set.length === 0) return undefined
  return { reason: 'host namespaces', detail: set.map((field) => `${field}=true`).join(', ') }
}

const hostPathVolumes: CheckFunction = ({ spec }) => {
  const names = (spec.volumes ?? []).filter((volume) => volume.hostPath).map((volume) => volume.name)
  if (names.length === 0) return undefined
  return {
    reason: 'hostPath volumes',
    detail: `${plural(names.length, 'volume', 'volumes')} ${quoted(names)}`,
  }
}

const hostPorts: CheckFunction = ({ spec }) => {
  const portsOf = (container: Container) =>
    (container.ports ?? []).flatMap((port) => (port.hostPort ? [String(port.hostPort)] : []))
  const containers = badContainers(spec, (container) => portsOf(container).length > 0)
  if (containers.length === 0) return undefined
  const ports = sorted(containersOf(spec).flatMap(portsOf))
  const verb = plural(containers.length, 'uses', 'use')
  return {
    reason: 'hostPort',
    detail: `${containerList(containers)} ${verb} ${plural(ports.length, 'hostPort', 'hostPorts')} ${ports.join(', ')}`,
  }
}

const hostProbes: CheckFunction = ({ spec }) => {
  const hosts = (handler: Probe | Lifecycle['postStart'] | undefined) =>
    [handler?.httpGet?.host, handler?.tcpSocket?.host].filter((host): host is string => Boolean(host))
  const hostsOf = ({ livenessProbe, readinessProbe, startupProbe, lifecycle }: Container) =>
    [livenessProbe, readinessProbe, startupProbe, lifecycle?.postStart, lifecycle?.preStop].flatMap(hosts)
  const containers = sorted(badContainers(spec, (container) => hostsOf(container).length > 0))
  if (containers.length === 0) return undefined
  const forbidden = sorted(containersOf(spec).flatMap(hostsOf))
  const verb = plural(containers.length, 'uses', 'use')
  const what = plural(forbidden.length, 'probe or lifecycle host', 'probe or lifecycle hosts')
  return {
    reason: 'probe or lifecycle host',
    detail: `${containerList(containers)} ${verb} ${what} ${quoted(forbidden)}`,
  }
}

const privileged: CheckFunction = ({ spec }) => {
  const containers = badContainers(spec, (container) => container.securityContext?.privileged === true)
  if (containers.length === 0) return undefined
  return {
    reason: 'privileged',
    detail: `${containerList(containers)} must not set securityContext.privileged=true`,
  }
}

export const procMount: CheckFunction = ({ spec }) => {
  const typeOf = (container: Container) => container.securityContext?.procMount
  const isBad = (type: string | undefined): type is string => type !== undefined && type !== 'Default'
  const containers = badContainers(spec, (container) => isBad(typeOf(container)))
  if (containers.length === 0) return undefined
  const types = sorted(containersOf(spec).map(typeOf).filter(isBad))
  return {
    reason: 'procMount',
    detail: `${containerList(containers)} must not set securityContext.procMount to ${quoted(types)}`,
  }
}

function seLinux(allowed: readonly string[]): CheckFunction {
  const isBad = (options: SELinuxOptions | undefined): boolean =>
    options !== undefined &&
    (!allowed.includes(options.type ?? '') || Boolean(options.user) || Boolean(options.role))
  return ({ spec }) => {
    const podOptions = spec.securityContext?.seLinuxOptions
    const optionsOf = (container: Container) => container.securityContext?.seLinuxOptions
    const who = setters(
      isBad(podOptions),
      badContainers(spec, (container) => isBad(optionsOf(container))),
    )
    if (who === '') return undefined
    const all = [podOptions, ...containersOf(spec).map(optionsOf)].filter((options) => options !== undefined)
    const types = sorted(all.map((options) => options.type ?? '').filter((type) => !allowed.includes(type)))
    const data = [
      ...(types.length > 0 ? [`${plural(types.length, 'type', 'types')} ${quoted(types)}`] : []),
      ...(all.some((options) => options.user) ? ['user may not be set'] : []),
      ...(all.some((options) => options.role) ? ['role may not be set'] : []),
    ]
    return {
      reason: 'seLinuxOptions',
      detail: `${who} set forbidden securityContext.seLinuxOptions: ${data.join('; ')}`,
    }
  }
}

function sysctls(allowed: readonly string[]): CheckFunction {
  return ({ spec }) => {
    const names = (spec.securityContext?.sysctls ?? []).map((sysctl) => sysctl.name)
    const forbidden = names.filter((name) => !allowed.includes(name))
    return forbidden.length > 0 ? { reason: 'forbidden sysctls', detail: forbidden.join(', ') } : undefined
  }
}

const windowsHostProcess: CheckFunction = ({ spec }) => {
  const who = setters(
    spec.securityContext?.windowsOptions?.hostProcess === true,
    badContainers(spec, (container) => container.securityContext?.windowsOptions?.hostProcess === true),
  )
  if (who === '') return undefined
  return {
    reason: 'hostProcess',
    detail: `${who} must not set securityContext.windowsOptions.hostProcess=true`,
  }
}

const SELINUX_1_0 = ['', 'container_t', 'container_init_t', 'container_kvm_t']
const SELINUX_1_31 = [...SELINUX_1_0, 'container_engine_t']
const SYSCTLS_1_0 = [
  'kernel.shm_rmid_forced',
  'net.ipv4.ip_local_port_range',
  'net.ipv4.tcp_syncookies',
  'net.ipv4.ping_group_range',
  'net.ipv4.ip_unprivileged_port_start',
]
const SYSCTLS_1_27 = [...SYSCTLS_1_0, 'net.ipv4.ip_local_reserved_ports']
const SYSCTLS_1_29 = [
  ...SYSCTLS_1_27,
  'net.ipv4.tcp_keepalive_time',
  'net.ipv4.tcp_fin_timeout',
  'net.ipv4.tcp_keepalive_intvl',
  'net.ipv4.tcp_keepalive_probes',
]
const SYSCTLS_1_32 = [...SYSCTLS_1_29, 'net.ipv4.tcp_rmem', 'net.ipv4.tcp_wmem']

type Versions = readonly (readonly [from: number, check: CheckFunction])[]

const baseline = (id: string, ...versions: Versions): Check => ({
  id,
  level: 'baseline',
  versions: versions.map(([from, check]) => ({ from, check })),
})

export const BASELINE_CHECKS: readonly Check[] = [
  baseline('appArmorProfile', [0, appArmor]),
  baseline('capabilities_baseline', [0, capabilities]),
  baseline('hostNamespaces', [0, hostNamespaces]),
  baseline('hostPathVolumes', [0, hostPathVolumes]),
  baseline('hostPorts', [0, hostPorts]),
  baseline('hostProbesAndHostLifecycle', [34, hostProbes]),
  baseline('privileged', [0, privileged]),
  baseline('procMount', [0, procMount], [35, exceptInUserNamespace(procMount)]),
  baseline('seLinuxOptions', [0, seLinux(SELINUX_1_0)], [31, seLinux(SELINUX_1_31)]),
  baseline('seccompProfile_baseline', [0, seccompAnnotations], [19, seccompBaseline]),
  baseline(
    'sysctls',
    [0, sysctls(SYSCTLS_1_0)],
    [27, sysctls(SYSCTLS_1_27)],
    [29, sysctls(SYSCTLS_1_29)],
    [32, sysctls(SYSCTLS_1_32)],
  ),
  baseline('windowsHostProcess', [0, windowsHostProcess]),
]
