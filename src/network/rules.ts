// The packet rules of a node's pod network, as one nftables transaction: addresses hidden, host ports. Pure.
//
// What leaves the cluster gets the node's address, since nobody outside knows pods; between pods addresses
// stay as they are. A host port is a wish of a pod to be reached at its node's address.
// Upstream: the CNI plugins' ipMasq and portmap, which need iptables; kubelet hands host ports to them.

import type { Pod } from '#api/types/core.ts'

export interface HostPort {
  /** '' for every address of the node. */
  readonly hostIP: string
  readonly protocol: string
  readonly hostPort: number
  readonly podIP: string
  readonly containerPort: number
}

/** The host ports of the pods on a node; pods in the node's own network have none to forward. */
export function hostPortsOf(pods: readonly Pod[]): readonly HostPort[] {
  const ports: HostPort[] = []
  for (const pod of pods) {
    const podIP = pod.status?.podIP
    const isOver = pod.status?.phase === 'Succeeded' || pod.status?.phase === 'Failed'
    if (!podIP || podIP.includes(':') || isOver || pod.spec?.hostNetwork) continue
    const sidecars = (pod.spec?.initContainers ?? []).filter(
      (container) => container.restartPolicy === 'Always',
    )
    for (const container of [...(pod.spec?.containers ?? []), ...sidecars]) {
      for (const { hostPort, hostIP = '', protocol = 'TCP', containerPort } of container.ports ?? []) {
        if (!hostPort || hostIP.includes(':')) continue
        const address = hostIP === '0.0.0.0' ? '' : hostIP
        ports.push({ hostIP: address, protocol: protocol.toLowerCase(), hostPort, podIP, containerPort })
      }
    }
  }
  return ports
}

/** The whole table, replaced in one step: it is as small as a node's host ports are few. */
export function networkTable(table: string, podCIDR: string, ports: readonly HostPort[]): string {
  const forwards = ports.flatMap(({ hostIP, protocol, hostPort, podIP, containerPort }) => {
    const match = `${hostIP ? `ip daddr ${hostIP} ` : 'fib daddr type local '}${protocol} dport ${hostPort}`
    return [
      `ip saddr ${podIP} ${match} meta mark set meta mark or 0x2000`,
      `${match} dnat to ${podIP}:${containerPort}`,
    ]
  })
  return `
table ip ${table}
delete table ip ${table}
table ip ${table} {
  chain host-ports {
${forwards.map((rule) => `    ${rule}\n`).join('')}  }
  chain prerouting { type nat hook prerouting priority -101; jump host-ports; }
  chain output { type nat hook output priority -101; jump host-ports; }
  chain postrouting {
    type nat hook postrouting priority 101;
    meta mark and 0x2000 != 0 masquerade
    ip saddr ${podCIDR} ip daddr != ${podCIDR} ip daddr != 224.0.0.0/4 fib saddr type != local masquerade fully-random
  }
}
`
}
