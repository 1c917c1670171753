// The text of a pod's /etc/hosts. Pure.
//
// Upstream: pkg/kubelet/kubelet_pods.go (managedHostsFileContent)

import type { HostAlias } from '#api/types/core.ts'
import type { PodHostname } from '#kubelet/containers/hostname.ts'

const HEADER = '# Kubernetes-managed hosts file.\n'
const HOST_NETWORK_HEADER = '# Kubernetes-managed hosts file (host network).\n'

const LOCAL_NAMES: readonly string[] = [
  '127.0.0.1\tlocalhost',
  '::1\tlocalhost ip6-localhost ip6-loopback',
  'fe00::0\tip6-localnet',
  'fe00::0\tip6-mcastprefix',
  'fe00::1\tip6-allnodes',
  'fe00::2\tip6-allrouters',
]

/** For a pod with a network of its own. */
export function managedHosts(
  ips: readonly string[],
  { hostname, domain }: PodHostname,
  aliases: readonly HostAlias[],
): string {
  const names = domain === '' ? hostname : `${hostname}.${domain}\t${hostname}`
  const lines = [...LOCAL_NAMES, ...ips.map((ip) => `${ip}\t${names}`)]
  return `${HEADER}${lines.join('\n')}\n${aliasLines(aliases)}`
}

/** For a pod on the host's network: the host's own file and the aliases. */
export function hostNetworkHosts(hostFile: string, aliases: readonly HostAlias[]): string {
  return `${HOST_NETWORK_HEADER}${hostFile}${aliasLines(aliases)}`
}

function aliasLines(aliases: readonly HostAlias[]): string {
  if (aliases.length === 0) return ''
  const lines = aliases.map(({ ip, hostnames }) => `${ip}\t${(hostnames ?? []).join('\t')}\n`)
  return `\n# Entries added by HostAliases.\n${lines.join('')}`
}
