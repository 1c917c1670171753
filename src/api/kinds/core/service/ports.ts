// The ports of a Service: one name, one node port, one pair of port and protocol each.
//
// Upstream: validateServicePort and validateService in pkg/apis/core/validation/validation.go

import { PROTOCOLS } from '#api/kinds/core/pod/containers.ts'
import { internalForm } from '#api/kinds/internal-form.ts'
import { duplicate, forbidden, Path, required } from '#api/meta/field-error.ts'
import { dnsLabel, each, type FieldErrors, oneOf, qualifiedName } from '#api/meta/validation.ts'
import { isPortNumber, portNumberOrName } from '#api/meta/validation-formats.ts'
import type { ServicePort } from '#api/types/core.ts'

const PORTS = new Path('spec').child('ports')

export function* validatePorts(ports: readonly ServicePort[]): FieldErrors {
  const names = new Set<string>()
  for (const [i, port] of ports.entries()) {
    const path = PORTS.index(i)
    yield* portName(port.name ?? '', ports.length > 1, names, path.child('name'))
    yield* each(path.child('port'), port.port, isPortNumber(port.port))
    if (!port.protocol) yield required(path.child('protocol'))
    else yield* oneOf(path.child('protocol'), port.protocol, PROTOCOLS)
    yield* portNumberOrName(path.child('targetPort'), port.targetPort)
    if (port.appProtocol !== undefined) yield* qualifiedName(path.child('appProtocol'), port.appProtocol)
  }
}

function* portName(name: string, isRequired: boolean, names: Set<string>, path: Path): FieldErrors {
  if (name === '') {
    if (isRequired) yield required(path)
    return
  }
  yield* dnsLabel(path, name)
  if (names.has(name)) yield duplicate(path, name)
  names.add(name)
}

export function* noNodePorts(ports: readonly ServicePort[]): FieldErrors {
  for (const [i, { nodePort }] of ports.entries()) {
    if (nodePort)
      yield forbidden(PORTS.index(i).child('nodePort'), "may not be used when `type` is 'ClusterIP'")
  }
}

export function* distinctPorts(ports: readonly ServicePort[]): FieldErrors {
  const nodePorts = new Set<string>()
  for (const [i, { nodePort, protocol }] of ports.entries()) {
    if (!nodePort) continue
    if (nodePorts.has(`${nodePort}/${protocol}`)) yield duplicate(PORTS.index(i).child('nodePort'), nodePort)
    nodePorts.add(`${nodePort}/${protocol}`)
  }
  const seen = new Set<string>()
  for (const [i, { port, protocol }] of ports.entries()) {
    const key = `${port}/${protocol}`
    if (seen.has(key)) yield duplicate(PORTS.index(i), internalForm('ServicePort', { port, protocol }))
    seen.add(key)
  }
}
