// The names of the cluster and what they mean: answers from Services and EndpointSlices. Pure.
//
//   <service>.<ns>.svc.<domain>                       its cluster address, or those of its ready endpoints
//   <endpoint>.<service>.<ns>.svc.<domain>            one endpoint of a headless service (its hostname)
//   _<port>._<protocol>.<service>.<ns>.svc.<domain>   SRV: port and name of whoever answers
//   <a-b-c-d>.<ns>.pod.<domain>                       the address in the name itself
//   <d.c.b.a>.in-addr.arpa                            the other way round
//
// A name that exists without a record of the type asked for is an empty answer, not "no such name": resolvers
// go on to the next search domain only after the latter. Source: Kubernetes DNS specification 1.1.0

import type { SrvAnswer, StringAnswer, TxtAnswer } from 'dns-packet'
import type { Service } from '#api/types/core.ts'
import type { EndpointSlice } from '#api/types/discovery.ts'

export type DnsRecord = StringAnswer | SrvAnswer | TxtAnswer

/** `external`: the name is an alias for one outside the cluster, which somebody else has to resolve. */
export interface LocalAnswer {
  readonly exists: boolean
  readonly answers: readonly DnsRecord[]
  readonly additionals: readonly DnsRecord[]
  readonly external?: string
}

/** What the answers are made from; informers with their indexes, or plain tables in tests. */
export interface ClusterNames {
  service(namespace: string, name: string): Service | undefined
  slices(namespace: string, service: string): readonly EndpointSlice[]
  hasNamespace(namespace: string): boolean
  /** The service with this cluster address. */
  serviceOf(address: string): Service | undefined
  /** The slices that list this endpoint address. */
  slicesOf(address: string): readonly EndpointSlice[]
}

const TTL_SECONDS = 5
const NOT_FOUND: LocalAnswer = { exists: false, answers: [], additionals: [] }
const EMPTY: LocalAnswer = { exists: true, answers: [], additionals: [] }

interface Endpoint {
  readonly name: string
  readonly address: string
  readonly ports: EndpointSlice['ports']
}

/** Answers a question about a name within the cluster's domain; `name` is in lower case without a final dot. */
export function answer(names: ClusterNames, domain: string, name: string, type: string): LocalAnswer {
  if (name === domain) return EMPTY
  const labels = name.slice(0, -domain.length - 1).split('.')
  if (labels.length === 1 && labels[0] === 'dns-version') return only(type === 'TXT' ? [version(name)] : [])
  const [area = ''] = labels.slice(-1)
  const namespace = labels.at(-2)
  if (area !== 'svc' && area !== 'pod') return NOT_FOUND
  if (namespace === undefined) return EMPTY
  const rest = labels.slice(0, -2)
  if (area === 'pod') return podAnswer(names, namespace, rest, name, type)
  const [service] = rest.slice(-1)
  if (service === undefined) return names.hasNamespace(namespace) ? EMPTY : NOT_FOUND
  return serviceAnswer(names, { domain, namespace, service, rest: rest.slice(0, -1), name, type })
}

interface ServiceQuestion {
  readonly domain: string
  readonly namespace: string
  readonly service: string
  /** The labels before the service: an endpoint, or port and protocol. */
  readonly rest: readonly string[]
  readonly name: string
  readonly type: string
}

function serviceAnswer(names: ClusterNames, question: ServiceQuestion): LocalAnswer {
  const { namespace, service: serviceName, rest, name, type } = question
  const service = names.service(namespace, serviceName)
  if (!service?.spec) return NOT_FOUND
  if (service.spec.type === 'ExternalName') {
    if (rest.length > 0 || !service.spec.externalName) return NOT_FOUND
    const target = service.spec.externalName.replace(/\.$/, '')
    return { ...only([{ type: 'CNAME', name, ttl: TTL_SECONDS, data: target }]), external: target }
  }
  const isHeadless = service.spec.clusterIP === 'None'
  const endpoints = isHeadless ? readyEndpoints(names.slices(namespace, serviceName)) : []
  // A headless service that selects nobody is as good as not there.
  if (isHeadless && endpoints.length === 0) return NOT_FOUND
  if (rest.length === 0) {
    const addresses = isHeadless ? endpoints.map((endpoint) => endpoint.address) : clusterAddresses(service)
    return type === 'SRV'
      ? srvAnswer(question, service, endpoints)
      : only(addressRecords(name, addresses, type))
  }
  if (rest.length === 2 && rest.every((label) => label.startsWith('_'))) {
    return srvAnswer(question, service, endpoints, rest[0]?.slice(1), rest[1]?.slice(1))
  }
  const endpoint = rest.length === 1 ? endpoints.filter((candidate) => candidate.name === rest[0]) : []
  return endpoint.length === 0
    ? NOT_FOUND
    : only(
        addressRecords(
          name,
          endpoint.map((found) => found.address),
          type,
        ),
      )
}

function srvAnswer(
  question: ServiceQuestion,
  service: Service,
  endpoints: readonly Endpoint[],
  port?: string,
  protocol?: string,
): LocalAnswer {
  const base = `${question.service}.${question.namespace}.svc.${question.domain}`
  const targets =
    endpoints.length > 0
      ? endpoints.flatMap(({ name, address, ports }) =>
          (ports ?? []).map((each) => ({
            target: `${name}.${base}`,
            address,
            port: each.port ?? 0,
            name: each.name,
            protocol: each.protocol,
          })),
        )
      : clusterAddresses(service).flatMap((address) =>
          (service.spec?.ports ?? []).map((each) => ({
            target: base,
            address,
            port: each.port,
            name: each.name,
            protocol: each.protocol,
          })),
        )
  const matching = targets.filter(
    (each) =>
      (port === undefined || (each.name ?? '') === port) &&
      (protocol === undefined || (each.protocol ?? 'TCP').toLowerCase() === protocol),
  )
  if (matching.length === 0) return port === undefined ? EMPTY : NOT_FOUND
  if (question.type !== 'SRV') return EMPTY
  const weight = Math.floor(100 / matching.length) || 1
  return {
    exists: true,
    answers: matching.map((each) => ({
      type: 'SRV',
      name: question.name,
      ttl: TTL_SECONDS,
      data: { priority: 0, weight, port: each.port, target: each.target },
    })),
    additionals: matching.map((each) => ({
      type: 'A',
      name: each.target,
      ttl: TTL_SECONDS,
      data: each.address,
    })),
  }
}

/** `10-244-1-7.default.pod`: whoever asks knows the address already, so the name is taken at its word. */
function podAnswer(
  names: ClusterNames,
  namespace: string,
  rest: readonly string[],
  name: string,
  type: string,
): LocalAnswer {
  if (!names.hasNamespace(namespace)) return NOT_FOUND
  if (rest.length === 0) return EMPTY
  const address = rest.length === 1 ? (rest[0] ?? '').replaceAll('-', '.') : ''
  return isIPv4(address) ? only(addressRecords(name, [address], type)) : NOT_FOUND
}

/** The name of an address, asked for as `4.3.2.1.in-addr.arpa`; undefined when the address is not the cluster's. */
export function reverseAnswer(names: ClusterNames, domain: string, name: string): LocalAnswer | undefined {
  const address = name
    .replace(/\.in-addr\.arpa$/, '')
    .split('.')
    .reverse()
    .join('.')
  if (!isIPv4(address)) return undefined
  const pointer = (data: string): DnsRecord => ({ type: 'PTR', name, ttl: TTL_SECONDS, data })
  const service = names.serviceOf(address)
  if (service)
    return only([pointer(`${service.metadata?.name}.${service.metadata?.namespace}.svc.${domain}`)])
  const pointers = names.slicesOf(address).flatMap((slice) => {
    const serviceName = slice.metadata?.labels?.['kubernetes.io/service-name']
    const endpoint = readyEndpoints([slice]).find((candidate) => candidate.address === address)
    return serviceName && endpoint
      ? [pointer(`${endpoint.name}.${serviceName}.${slice.metadata?.namespace}.svc.${domain}`)]
      : []
  })
  return pointers.length > 0 ? only(pointers) : undefined
}

/** Ready is what the slice says is ready: it says so of all where the service publishes not ready addresses. */
function readyEndpoints(slices: readonly EndpointSlice[]): readonly Endpoint[] {
  return slices
    .filter((slice) => slice.addressType === 'IPv4')
    .flatMap((slice) =>
      (slice.endpoints ?? [])
        .filter((endpoint) => endpoint.conditions?.ready !== false)
        .flatMap((endpoint) =>
          endpoint.addresses.map((address) => ({
            name: endpoint.hostname || address.replaceAll('.', '-'),
            address,
            ports: slice.ports ?? [],
          })),
        ),
    )
}

const clusterAddresses = (service: Service): readonly string[] =>
  (service.spec?.clusterIPs ?? (service.spec?.clusterIP ? [service.spec.clusterIP] : [])).filter(isIPv4)

function addressRecords(name: string, addresses: readonly string[], type: string): readonly DnsRecord[] {
  if (type !== 'A' && type !== 'ANY') return []
  return [...new Set(addresses)].map((data) => ({ type: 'A', name, ttl: TTL_SECONDS, data }))
}

const version = (name: string): DnsRecord => ({ type: 'TXT', name, ttl: TTL_SECONDS, data: '1.1.0' })
const only = (answers: readonly DnsRecord[]): LocalAnswer => ({ exists: true, answers, additionals: [] })
const isIPv4 = (text: string): boolean =>
  /^\d{1,3}(\.\d{1,3}){3}$/.test(text) && text.split('.').every((part) => Number(part) < 256)
