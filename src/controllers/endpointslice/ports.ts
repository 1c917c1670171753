// The ports of endpoints: found in the pod, put in upstream's order, and made a key by which slices are grouped.
//
// Upstream: staging/src/k8s.io/endpointslice/utils.go (FindPort), util/controller_utils.go (PortMapKey)

import type { Pod, Service, ServicePort } from '#api/types/core.ts'
import type { EndpointPort } from '#api/types/discovery.ts'
import { fnv128a } from '#controllers/hash/fnv.ts'
import { dumpGoStruct } from '#controllers/hash/go-dump.ts'

/** The number behind a Service's port on `pod`; undefined when the pod has no port of that name. */
export function findPort(pod: Pod, servicePort: ServicePort): number | undefined {
  const target = servicePort.targetPort
  if (typeof target === 'number') return target
  const sidecars = (pod.spec?.initContainers ?? []).filter(({ restartPolicy }) => restartPolicy === 'Always')
  for (const container of [...(pod.spec?.containers ?? []), ...sidecars]) {
    const port = container.ports?.find(
      ({ name, protocol }) => name === target && (protocol ?? 'TCP') === (servicePort.protocol ?? 'TCP'),
    )
    if (port) return port.containerPort
  }
  return undefined
}

/** The ports under which `pod` serves `service`; a headless Service may have none. */
export function endpointPorts(service: Service, pod: Pod): readonly EndpointPort[] {
  return (service.spec?.ports ?? []).flatMap((servicePort) => {
    const port = findPort(pod, servicePort)
    if (port === undefined) return []
    const { name = '', protocol = 'TCP', appProtocol } = servicePort
    return [{ name, port, protocol, ...(appProtocol !== undefined && { appProtocol }) }]
  })
}

/** In the order of their hashes: upstream sorts so, and slices show it. */
export function sortPorts(ports: readonly EndpointPort[]): readonly EndpointPort[] {
  return ports.length < 2 ? ports : sortByHash('discovery/v1.EndpointPort', ports)
}

/** Sorts objects by the hash of their dump as the Go struct `type`. */
export function sortByHash<T extends object>(type: string, items: readonly T[]): readonly T[] {
  return items
    .map((item) => ({ item, hash: fnv128a(dumpGoStruct(type, item)) }))
    .sort((a, b) => (a.hash < b.hash ? -1 : a.hash > b.hash ? 1 : 0))
    .map(({ item }) => item)
}

/** Equal for equal sets of ports. */
export function portsKey(ports: readonly EndpointPort[]): string {
  const texts = ports.map(({ name = '', port, protocol, appProtocol }) =>
    JSON.stringify([name, port ?? null, protocol ?? null, appProtocol ?? null]),
  )
  return texts.sort().join()
}
