// Kernel parameters of a pod: named well, once each, and none that belongs to a namespace it shares with the host.
//
// Upstream: validateSysctls in pkg/apis/core/validation/validation.go,
// staging/src/k8s.io/component-helpers/node/util/sysctl/namespace.go

import type { PodRules } from '#api/kinds/core/pod/options.ts'
import { duplicate, invalid, type Path, required } from '#api/meta/field-error.ts'
import type { FieldErrors } from '#api/meta/validation.ts'
import type { PodSpec } from '#api/types/core.ts'

const SEGMENT = '[a-z0-9]([-_a-z0-9]*[a-z0-9])?'
const NAME = `^(${SEGMENT}[\\./])*${SEGMENT}$`
const NAME_PATTERN = new RegExp(NAME)
const NAME_MAX_LENGTH = 253

const IPC_SYSCTLS = ['kernel.sem']
const IPC_PREFIXES = ['kernel.shm', 'kernel.msg', 'fs.mqueue.']
const NET_PREFIXES = ['net.']

export function* validateSysctls(spec: PodSpec, path: Path, rules: PodRules): FieldErrors {
  const names = new Set<string>()
  for (const [i, { name }] of (spec.securityContext?.sysctls ?? []).entries()) {
    const at = path.index(i).child('name')
    if (!name) yield required(at)
    else if (name.length > NAME_MAX_LENGTH || !NAME_PATTERN.test(name)) {
      yield invalid(at, name, `must have at most ${NAME_MAX_LENGTH} characters and match regex ${NAME}`)
    } else if (names.has(name)) yield duplicate(at, name)
    const problem = rules.allowNamespacedSysctls ? undefined : hostSysctlProblem(spec, name)
    if (problem !== undefined) yield invalid(at, name, problem)
    names.add(name)
  }
}

/** Why a pod on the host's namespaces may not have this parameter. */
export function hostSysctlProblem(spec: PodSpec, name: string): string | undefined {
  const dotted = toDots(name)
  if (spec.hostNetwork && NET_PREFIXES.some((prefix) => dotted.startsWith(prefix))) {
    return "may not be specified when 'hostNetwork' is true"
  }
  const isIpc = IPC_SYSCTLS.includes(dotted) || IPC_PREFIXES.some((prefix) => dotted.startsWith(prefix))
  return spec.hostIPC && isIpc ? "may not be specified when 'hostIPC' is true" : undefined
}

/** `net/ipv4/conf/eth0.1/x` → `net.ipv4.conf.eth0/1.x`: the first separator decides which form it is. */
function toDots(name: string): string {
  const first = name.search(/[./]/)
  if (first < 0 || name[first] === '.') return name
  return name.replace(/[./]/g, (char) => (char === '/' ? '.' : '/'))
}
