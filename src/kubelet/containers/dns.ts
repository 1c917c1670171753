// The resolv.conf of a pod, from its policy, its own configuration and the node's. Pure.
//
// Upstream: pkg/kubelet/network/dns/dns.go

import type { Pod, PodDNSConfigOption } from '#api/types/core.ts'
import type { DNSConfig } from '#kubelet/cri/types.ts'
import { isHostNetwork } from '#kubelet/pods/pod-spec.ts'

export interface ClusterDNS {
  readonly servers: readonly string[]
  /** `cluster.local` */
  readonly domain: string
}

/** What the resolver library takes. */
const MAX_SERVERS = 3
const MAX_SEARCHES = 32
const MAX_SEARCH_LENGTH = 2048
const MAX_NAME_LENGTH = 253

export interface PodDNS {
  readonly config: DNSConfig
  /** Warnings for an event with the reason DNSConfigForming. */
  readonly warnings: readonly string[]
}

export function podDNS(pod: Pod, cluster: ClusterDNS, host: DNSConfig): PodDNS {
  let config = basis(pod, cluster, host)
  const own = pod.spec?.dnsConfig
  if (own) {
    config = {
      servers: unique([...config.servers, ...(own.nameservers ?? [])]),
      searches: unique([...config.searches, ...(own.searches ?? [])]),
      options: mergedOptions(config.options, own.options ?? []),
    }
  }
  return withinLimits(config)
}

function basis(pod: Pod, cluster: ClusterDNS, host: DNSConfig): DNSConfig {
  const policy = pod.spec?.dnsPolicy ?? 'ClusterFirst'
  if (policy === 'None') return { servers: [], searches: [], options: [] }
  const usesHost = policy === 'Default' || (policy === 'ClusterFirst' && isHostNetwork(pod))
  if (usesHost || cluster.servers.length === 0) return host
  const namespace = pod.metadata?.namespace ?? ''
  const searches =
    cluster.domain === ''
      ? host.searches
      : unique([
          `${namespace}.svc.${cluster.domain}`,
          `svc.${cluster.domain}`,
          cluster.domain,
          ...host.searches,
        ])
  return { servers: cluster.servers, searches, options: ['ndots:5'] }
}

const unique = (values: readonly string[]): string[] => [...new Set(values)]

function mergedOptions(existing: readonly string[], own: readonly PodDNSConfigOption[]): string[] {
  const options = new Map<string, string>()
  for (const option of existing) {
    const colon = option.indexOf(':')
    if (colon < 0) options.set(option, '')
    else options.set(option.slice(0, colon), option.slice(colon + 1))
  }
  for (const { name, value } of own) if (name !== undefined) options.set(name, value ?? '')
  return [...options].map(([name, value]) => (value === '' ? name : `${name}:${value}`))
}

function withinLimits(config: DNSConfig): PodDNS {
  const warnings: string[] = []
  const servers = config.servers.slice(0, MAX_SERVERS)
  if (servers.length < config.servers.length) {
    const applied = servers.join(' ')
    warnings.push(
      `Nameserver limits were exceeded, some nameservers have been omitted, the applied nameserver line is: ${applied}`,
    )
  }
  const searches = config.searches.slice(0, MAX_SEARCHES).filter((name) => name.length <= MAX_NAME_LENGTH)
  while (searches.join(' ').length > MAX_SEARCH_LENGTH) searches.pop()
  if (searches.length < config.searches.length) {
    const applied = searches.join(' ')
    warnings.push(
      `Search Line limits were exceeded, some search paths have been omitted, the applied search line is: ${applied}`,
    )
  }
  return { config: { servers, searches, options: config.options }, warnings }
}

/** Reads a resolv.conf; the last `search` line counts, the root domain in it does not. */
export function parseResolvConf(text: string): DNSConfig {
  const servers: string[] = []
  let searches: string[] = []
  const options = new Map<string, string>()
  for (const line of text.split('\n')) {
    const [keyword = '', ...values] = line.trim().split(/\s+/)
    if (keyword === 'nameserver' && values[0]) servers.push(values[0])
    else if (keyword === 'search')
      searches = values.filter((name) => name !== '.').map((name) => name.replace(/\.$/, ''))
    else if (keyword === 'options')
      for (const option of values) options.set(option.split(':')[0] ?? '', option)
  }
  return { servers, searches, options: [...options.values()] }
}
