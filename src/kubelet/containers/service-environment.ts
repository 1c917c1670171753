// Environment variables that tell a container of the Services of its namespace, as Docker's links once did. Pure.
//
// Upstream: pkg/kubelet/envvars/envvars.go

import type { Service, ServicePort } from '#api/types/core.ts'

/** Variables for all Services that have an address; `kubernetes` of `default` always among them. */
export function serviceEnvironment(
  services: readonly Service[],
  namespace: string,
  enableServiceLinks: boolean,
): ReadonlyMap<string, string> {
  const chosen = new Map<string, Service>()
  for (const service of services) {
    const { name = '', namespace: home } = service.metadata ?? {}
    const address = service.spec?.clusterIP ?? ''
    if (address === '' || address === 'None') continue
    if (home === namespace && enableServiceLinks) chosen.set(name, service)
    else if (home === 'default' && name === 'kubernetes' && !chosen.has(name)) chosen.set(name, service)
  }
  const variables = new Map<string, string>()
  for (const service of chosen.values()) addVariables(variables, service)
  return variables
}

const variableName = (name: string): string => name.toUpperCase().replaceAll('-', '_')

function addVariables(variables: Map<string, string>, service: Service): void {
  const prefix = variableName(service.metadata?.name ?? '')
  const address = service.spec?.clusterIP ?? ''
  const ports = service.spec?.ports ?? []
  variables.set(`${prefix}_SERVICE_HOST`, address)
  if (ports[0]) variables.set(`${prefix}_SERVICE_PORT`, String(ports[0].port))
  for (const { name, port } of ports) {
    if (name) variables.set(`${prefix}_SERVICE_PORT_${variableName(name)}`, String(port))
  }
  for (const port of ports) addLink(variables, prefix, address, port, port === ports[0])
}

function addLink(
  variables: Map<string, string>,
  prefix: string,
  address: string,
  { port, protocol = 'TCP' }: ServicePort,
  isFirst: boolean,
): void {
  const scheme = protocol.toLowerCase()
  const host = address.includes(':') ? `[${address}]` : address
  const url = `${scheme}://${host}:${port}`
  const base = `${prefix}_PORT_${port}_${protocol.toUpperCase()}`
  if (isFirst) variables.set(`${prefix}_PORT`, url)
  variables.set(base, url)
  variables.set(`${base}_PROTO`, scheme)
  variables.set(`${base}_PORT`, String(port))
  variables.set(`${base}_ADDR`, address)
}
