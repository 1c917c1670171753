// Ports that get into each other's way, within a container or between those of a pod.
//
// Upstream: pkg/api/pod/warnings.go

import type { ContainerAt } from '#api/kinds/core/pod/containers-of.ts'
import { goQuote, type Path } from '#api/meta/field-error.ts'
import type { ContainerPort } from '#api/types/core.ts'

type Warnings = Generator<string, void, undefined>

interface PortAt {
  readonly port: ContainerPort
  readonly path: Path
}

export function* portWarnings(containers: readonly ContainerAt[]): Warnings {
  const ports = containers.flatMap(({ container, path }) =>
    (container.ports ?? []).map((port, i) => ({ port, path: path.child('ports').index(i) })),
  )
  yield* conflictWarnings(ports)
  yield* nameWarnings(ports)
}

function* conflictWarnings(ports: readonly PortAt[]): Warnings {
  const known = new Map<string, PortAt[]>()
  for (const { port, path } of ports) {
    if (port.hostIP && !port.hostPort) yield `${path}: hostIP set without hostPort: ${goStruct(port)}`
    const key = `${port.containerPort}/${port.protocol}`
    const others = known.get(key) ?? []
    for (const other of others) {
      const problem = conflict(port, other.port)
      if (problem) yield `${path}: ${problem} port definition with ${other.path}`
    }
    known.set(key, [...others, { port, path }])
  }
}

function conflict(port: ContainerPort, other: ContainerPort): string | undefined {
  const [ip = '', otherIp = ''] = [port.hostIP, other.hostIP]
  const [hostPort = 0, otherHostPort = 0] = [port.hostPort, other.hostPort]
  if (ip === otherIp && hostPort === otherHostPort) return 'duplicate'
  if (hostPort === 0 || otherHostPort === 0) return 'overlapping'
  const oneIsAny = (ip === '') !== (otherIp === '')
  return hostPort === otherHostPort && oneIsAny ? 'dangerously ambiguous' : undefined
}

/** As Go prints the struct. */
const goStruct = (port: ContainerPort): string =>
  `{Name:${port.name ?? ''} HostPort:${port.hostPort ?? 0} ContainerPort:${port.containerPort} Protocol:${port.protocol ?? ''} HostIP:${port.hostIP ?? ''}}`

function* nameWarnings(ports: readonly PortAt[]): Warnings {
  const known = new Map<string, Path>()
  for (const { port, path } of ports) {
    if (!port.name) continue
    const other = known.get(port.name)
    if (!other) known.set(port.name, path)
    else {
      const name = goQuote(port.name)
      yield `${path}: duplicate port name ${name} with ${other}, services and probes that select ports by name will use ${other}`
    }
  }
}
