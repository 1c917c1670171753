// Pods for Windows: options that only they have, options that they may not have.
//
// Upstream: validateWindows, validateLinux, validateWindowsHostProcessPod in pkg/apis/core/validation/validation.go

import { allContainersOf } from '#api/kinds/core/pod/containers-of.ts'
import { forbidden, invalid, notSupported, type Path, required } from '#api/meta/field-error.ts'
import { isDNS1123Subdomain } from '#api/meta/names.ts'
import { each, type FieldErrors } from '#api/meta/validation.ts'
import type { PodSpec, WindowsSecurityContextOptions } from '#api/types/core.ts'

const CREDENTIAL_MAX_KIB = 64
const DOMAIN_MAX_LENGTH = 256
const USER_MAX_LENGTH = 104

const NETBIOS = /^[^\\/:*?"<>|.][^\\/:*?"<>|]{0,14}$/
const DNS_LABEL = '[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?'
const DNS_DOMAIN = new RegExp(`^${DNS_LABEL}(?:\\.${DNS_LABEL})*$`)

export function* validateWindowsOptions(
  options: WindowsSecurityContextOptions | undefined,
  path: Path,
): FieldErrors {
  if (!options) return
  const { gmsaCredentialSpecName, gmsaCredentialSpec, runAsUserName } = options
  if (gmsaCredentialSpecName !== undefined) {
    const at = path.child('gmsaCredentialSpecName')
    yield* each(at, gmsaCredentialSpecName, isDNS1123Subdomain(gmsaCredentialSpecName))
  }
  if (gmsaCredentialSpec !== undefined) {
    const at = path.child('gmsaCredentialSpec')
    if (gmsaCredentialSpec === '') {
      yield invalid(at, gmsaCredentialSpec, 'gmsaCredentialSpec cannot be an empty string')
    } else if (Buffer.byteLength(gmsaCredentialSpec) > CREDENTIAL_MAX_KIB * 1024) {
      yield invalid(at, gmsaCredentialSpec, `gmsaCredentialSpec size must be under ${CREDENTIAL_MAX_KIB} KiB`)
    }
  }
  if (runAsUserName !== undefined) {
    for (const problem of userNameProblems(runAsUserName)) {
      yield invalid(path.child('runAsUserName'), runAsUserName, problem)
    }
  }
}

/** `DOMAIN\user` or `user`. */
function userNameProblems(name: string): string[] {
  if (name === '') return ['runAsUserName cannot be an empty string']
  if (/\p{Cc}/u.test(name)) return ['runAsUserName cannot contain control characters']
  const parts = name.split('\\')
  if (parts.length > 2) return ['runAsUserName cannot contain more than one backslash']
  const domain = parts.length === 2 ? parts[0]! : undefined
  const user = parts.at(-1)!
  const problems: string[] = []
  if ((domain ?? '').length >= DOMAIN_MAX_LENGTH) {
    problems.push(`runAsUserName's Domain length must be under ${DOMAIN_MAX_LENGTH} characters`)
  }
  if (domain !== undefined && !NETBIOS.test(domain) && !DNS_DOMAIN.test(domain)) {
    problems.push("runAsUserName's Domain doesn't match the NetBios nor the DNS format")
  }
  if (user === '') problems.push("runAsUserName's User cannot be empty")
  else if (user.length > USER_MAX_LENGTH) {
    problems.push(`runAsUserName's User length must not be longer than ${USER_MAX_LENGTH} characters`)
  }
  if (/^[. ]+$/.test(user)) problems.push("runAsUserName's User cannot contain only periods or spaces")
  if (/["/\\:;|=,+*?<>@[\]]/.test(user)) {
    problems.push('runAsUserName\'s User cannot contain the following characters: "/\\:;|=,+*?<>@[]')
  }
  return problems
}

/** Either all containers are processes of the host, or none. */
export function* validateHostProcess(spec: PodSpec, path: Path): FieldErrors {
  const ofPod = spec.securityContext?.windowsOptions?.hostProcess
  const containers = allContainersOf(spec, path)
  let hostProcesses = 0
  for (const { container, path: at } of containers) {
    const own = container.securityContext?.windowsOptions?.hostProcess
    if (ofPod !== undefined && own !== undefined && ofPod !== own) {
      const text = `pod hostProcess value must be identical if both are specified, was ${ofPod}`
      yield invalid(at.child('securityContext', 'windowsOptions', 'hostProcess'), own, text)
    }
    if (own ?? ofPod) hostProcesses++
  }
  if (hostProcesses === 0) return
  if (hostProcesses !== containers.length) {
    const text =
      'If pod contains any hostProcess containers then all containers must be HostProcess containers'
    yield invalid(path, '', text)
  }
  if (!spec.hostNetwork) {
    const text = 'hostNetwork must be true if pod contains any hostProcess containers'
    yield invalid(path.child('hostNetwork'), false, text)
  }
}

/** `os.name` decides which half of the options is allowed. */
export function* validateOS(spec: PodSpec, path: Path): FieldErrors {
  if (!spec.os) return
  const { name } = spec.os
  if (!name) yield required(path.child('os').child('name'))
  else if (name === 'linux') yield* forLinux(spec, path)
  else if (name === 'windows') yield* forWindows(spec, path)
  else yield notSupported(path.child('os'), name, ['linux', 'windows'])
}

function* forLinux(spec: PodSpec, path: Path): FieldErrors {
  const text = 'windows options cannot be set for a linux pod'
  if (spec.securityContext?.windowsOptions)
    yield forbidden(path.child('securityContext').child('windowsOptions'), text)
  for (const { container, path: at } of allContainersOf(spec, path)) {
    if (container.securityContext?.windowsOptions) {
      yield forbidden(at.child('securityContext').child('windowsOptions'), text)
    }
  }
}

const POD_FIELDS = [
  ['securityContext', 'appArmorProfile'],
  ['securityContext', 'seLinuxOptions'],
  ['hostUsers'],
  ['hostPID'],
  ['hostIPC'],
  ['securityContext', 'seccompProfile'],
  ['securityContext', 'fsGroup'],
  ['securityContext', 'fsGroupChangePolicy'],
  ['securityContext', 'sysctls'],
  ['shareProcessNamespace'],
  ['securityContext', 'runAsUser'],
  ['securityContext', 'runAsGroup'],
  ['securityContext', 'supplementalGroups'],
  ['securityContext', 'supplementalGroupsPolicy'],
  ['securityContext', 'seLinuxChangePolicy'],
] as const

const CONTAINER_FIELDS = [
  'appArmorProfile',
  'seLinuxOptions',
  'seccompProfile',
  'capabilities',
  'readOnlyRootFilesystem',
  'privileged',
  'allowPrivilegeEscalation',
  'procMount',
  'runAsUser',
  'runAsGroup',
] as const

function* forWindows(spec: PodSpec, path: Path): FieldErrors {
  const text = 'cannot be set for a windows pod'
  for (const names of POD_FIELDS) {
    const value = names.length === 2 ? spec.securityContext?.[names[1]] : spec[names[0]]
    if (value !== undefined)
      yield forbidden(
        names.reduce((at, name) => at.child(name), path),
        text,
      )
  }
  for (const { container, path: at } of allContainersOf(spec, path)) {
    for (const name of CONTAINER_FIELDS) {
      if (container.securityContext?.[name] === undefined) continue
      yield forbidden(at.child('securityContext').child(name), text)
    }
  }
}
