// What a pod is called on the network: its hostname and domain. Pure.
//
// Upstream: pkg/kubelet/kubelet_pods.go (GeneratePodHostNameAndDomain), pkg/kubelet/util/util_linux.go

import { isDNS1123Label, isDNS1123Subdomain } from '#api/meta/names.ts'
import type { Pod } from '#api/types/core.ts'

export interface PodHostname {
  readonly hostname: string
  /** '' when the pod has no subdomain. */
  readonly domain: string
}

/** Longest name that the kernel takes (HOST_NAME_MAX - 1). */
const MAX_LENGTH = 63
const MAX_FQDN_LENGTH = 64

export function podHostname(pod: Pod, clusterDomain: string): PodHostname {
  const { hostname, subdomain, hostnameOverride } = pod.spec ?? {}
  if (hostnameOverride !== undefined) {
    const wrong = isDNS1123Subdomain(hostnameOverride)
    if (wrong.length > 0) {
      throw new Error(
        `pod HostnameOverride "${hostnameOverride}" is not a valid DNS subdomain: ${wrong.join(';')}`,
      )
    }
    return { hostname: truncated(pod, hostnameOverride), domain: '' }
  }
  if (hostname) refuse('Hostname', hostname)
  if (subdomain) refuse('Subdomain', subdomain)
  return {
    hostname: truncated(pod, hostname || (pod.metadata?.name ?? '')),
    domain: subdomain ? `${subdomain}.${pod.metadata?.namespace ?? ''}.svc.${clusterDomain}` : '',
  }
}

function refuse(field: string, value: string): void {
  const wrong = isDNS1123Label(value)
  if (wrong.length > 0)
    throw new Error(`pod ${field} "${value}" is not a valid DNS label: ${wrong.join(';')}`)
}

function truncated(pod: Pod, hostname: string): string {
  if (hostname.length <= MAX_LENGTH) return hostname
  const short = hostname.slice(0, MAX_LENGTH).replace(/[-.]+$/, '')
  if (short === '')
    throw new Error(`hostname for pod "${pod.metadata?.name ?? ''}" was invalid: "${hostname}"`)
  return short
}

/** The name that the kernel is given: the full one when the pod asks for it. */
export function kernelHostname(pod: Pod, { hostname, domain }: PodHostname): string {
  if (!pod.spec?.setHostnameAsFQDN || domain === '') return hostname
  const full = `${hostname}.${domain}`
  if (full.length > MAX_FQDN_LENGTH) {
    throw new Error(
      `failed to construct FQDN from pod hostname and cluster domain, FQDN ${full} is too long (${MAX_FQDN_LENGTH} characters is the max, ${full.length} characters requested)`,
    )
  }
  return full
}
