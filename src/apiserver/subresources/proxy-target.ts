// Where a proxied request goes: the pod, one of the pods behind a service, or the kubelet of a node.
//
// `name`, `name:port` and `scheme:name:port` are allowed. Upstream: pkg/registry/core/{pod/strategy.go,service/storage}

import { BlockList, isIP } from 'node:net'
import { badRequest, isNotFound, notFound, serviceUnavailable } from '#api/meta/status.ts'
import { endpoints, pods, services } from '#api/resources.ts'
import type { Endpoints, Pod } from '#api/types/core.ts'
import type { NodeConnections } from '#apiserver/subresources/node-connection.ts'
import type { Client } from '#client/client.ts'
import type { Random } from '#sys/random.ts'

export interface ProxyTarget {
  readonly protocol: 'http:' | 'https:'
  readonly host: string
  readonly port: number
  /** Whether it is reached with the server's credentials for kubelets. */
  readonly isKubelet: boolean
}

export interface ProxyNames {
  readonly scheme: string
  readonly name: string
  readonly port: string
}

/** Takes `scheme:name:port` apart; undefined when it is malformed. */
export function splitSchemeNamePort(id: string): ProxyNames | undefined {
  const parts = id.split(':')
  const [first = '', second = '', third = ''] = parts
  let found: ProxyNames
  if (parts.length === 1) found = { scheme: '', name: first, port: '' }
  else if (parts.length === 2) found = { scheme: '', name: first, port: second }
  else if (parts.length === 3) found = { scheme: first, name: second, port: third }
  else return undefined
  if (found.name === '' || !['', 'http', 'https'].includes(found.scheme)) return undefined
  if (parts.length === 2 && found.port === '') return undefined
  return found
}

const protocolOf = (scheme: string): 'http:' | 'https:' => (scheme === 'https' ? 'https:' : 'http:')

const forbiddenAddresses = new BlockList()
forbiddenAddresses.addSubnet('127.0.0.0', 8)
forbiddenAddresses.addSubnet('169.254.0.0', 16)
forbiddenAddresses.addSubnet('224.0.0.0', 4)
forbiddenAddresses.addAddress('0.0.0.0')
forbiddenAddresses.addAddress('::1', 'ipv6')
forbiddenAddresses.addSubnet('fe80::', 10, 'ipv6')
forbiddenAddresses.addSubnet('ff00::', 8, 'ipv6')

/** No request is to reach the server's own loopback by way of a made-up pod address. */
function isAllowed(address: string): boolean {
  const family = isIP(address)
  return family !== 0 && !forbiddenAddresses.check(address, family === 4 ? 'ipv4' : 'ipv6')
}

export async function podTarget(client: Client, namespace: string, id: string): Promise<ProxyTarget> {
  const names = splitSchemeNamePort(id)
  if (!names) throw badRequest(`invalid pod request ${JSON.stringify(id)}`)
  const pod = await client.resource(pods).get(namespace, names.name)
  const declared = (pod.spec?.containers ?? []).flatMap((container) => container.ports ?? [])[0]
    ?.containerPort
  const port = names.port !== '' ? Number(names.port) : (declared ?? (names.scheme === 'https' ? 443 : 80))
  const host = pod.status?.podIPs?.[0]?.ip ?? pod.status?.podIP ?? ''
  if (!isAllowed(host)) throw badRequest('address not allowed')
  return { protocol: protocolOf(names.scheme), host, port, isKubelet: false }
}

export async function serviceTarget(
  client: Client,
  random: Random,
  namespace: string,
  id: string,
): Promise<ProxyTarget> {
  const names = splitSchemeNamePort(id)
  if (!names) throw badRequest(`invalid service request ${JSON.stringify(id)}`)
  const { scheme, name } = names
  const portName = /^\d+$/.test(names.port)
    ? await portNameOf(client, namespace, name, Number(names.port))
    : names.port
  const found = await client
    .resource(endpoints)
    .get(namespace, name)
    .catch((error: unknown) => {
      throw isNotFound(error) ? notFound({ group: '', resource: 'services' }, name) : error
    })
  const candidates = addressesOf(found, portName)
  const start = Math.floor(random.next() * candidates.length)
  for (let i = 0; i < candidates.length; i++) {
    const { host, port, pod } = candidates[(start + i) % candidates.length]!
    if (await isPodAddress(client, namespace, pod, host)) {
      return { protocol: protocolOf(scheme), host, port, isKubelet: false }
    }
  }
  throw serviceUnavailable(
    `no endpoints available for service ${JSON.stringify(found.subsets?.length ? id : name)}`,
  )
}

export async function portNameOf(
  client: Client,
  namespace: string,
  name: string,
  port: number,
): Promise<string> {
  const service = await client.resource(services).get(namespace, name)
  const found = (service.spec?.ports ?? []).find((candidate) => candidate.port === port)
  if (!found) throw serviceUnavailable(`no service port ${port} found for service ${JSON.stringify(name)}`)
  return found.name ?? ''
}

/** Where a Service's port leads; `pod` is '' for addresses that somebody wrote there by hand. */
export function addressesOf(
  { subsets }: Endpoints,
  portName: string,
): { host: string; port: number; pod: string }[] {
  return (subsets ?? []).flatMap((subset) =>
    (subset.ports ?? [])
      .filter((port) => (port.name ?? '') === portName)
      .flatMap((port) =>
        (subset.addresses ?? []).map((address) => ({
          host: address.ip,
          port: port.port,
          pod: address.targetRef?.name ?? '',
        })),
      ),
  )
}

/** Endpoints may say anything; only addresses that a pod of the namespace really has are reached. */
async function isPodAddress(
  client: Client,
  namespace: string,
  podName: string,
  host: string,
): Promise<boolean> {
  if (podName === '' || !isAllowed(host)) return false
  const pod: Pod | undefined = await client
    .resource(pods)
    .get(namespace, podName)
    .catch(() => undefined)
  return (pod?.status?.podIPs ?? []).some(({ ip }) => ip === host)
}

export async function nodeTarget(kubelets: NodeConnections, id: string): Promise<ProxyTarget> {
  const names = splitSchemeNamePort(id)
  if (!names) throw badRequest(`invalid node request ${JSON.stringify(id)}`)
  const { host, port } = await kubelets.connectionTo(names.name)
  const wanted = names.port === '' ? port : Number(names.port)
  if (wanted === port) return { protocol: 'https:', host, port, isKubelet: true }
  return { protocol: protocolOf(names.scheme), host, port: wanted, isKubelet: false }
}
