// The segment that joins the hosts: a bridge on the machine, a cable to each host, a way out.
//
//   machine ── bridge k8ts-… (172.31.7.1) ──┬── eth0 of host 1 (172.31.7.2)
//                                           └── eth0 of host 2 (172.31.7.3)
//
// Everything here can be run again: what is there already stays as it is.

import { writeFile } from 'node:fs/promises'
import { addressAt, type Cidr, parseCidr } from '#cluster/cidr.ts'
import type { ClusterConfig } from '#cluster/config.ts'
import type { ClusterLayout, NodeLayout } from '#cluster/layout.ts'
import { enterArguments } from '#sys/namespaces.ts'
import { run, tryRun } from '#sys/process.ts'

/** The machine's address on the segment: where hosts and pods reach the API server. */
export function machineAddress(config: ClusterConfig): string {
  return addressAt(rangeOf(config.hostCIDR), 1)
}

/** The address of the node with this number, from 1. */
export function hostAddress(config: ClusterConfig, index: number): string {
  return addressAt(rangeOf(config.hostCIDR), index + 1)
}

function rangeOf(text: string): Cidr {
  const range = parseCidr(text)
  if (!range) throw new Error(`${text} is no range`)
  return range
}

/** The bridge with the machine's address, and the way out for hosts and pods. */
export async function ensureBridge(layout: ClusterLayout, config: ClusterConfig): Promise<void> {
  const exists = (await tryRun('ip', ['link', 'show', layout.bridge])).code === 0
  const commands = [
    ...(exists ? [] : [`link add ${layout.bridge} type bridge`]),
    `addr replace ${machineAddress(config)}/24 dev ${layout.bridge}`,
    `link set ${layout.bridge} up`,
  ]
  await run('ip', ['-batch', '-'], { input: `${commands.join('\n')}\n` })
  // Node ports answer on 127.0.0.1 of the machine: its packets may leave by the bridge (and are masqueraded).
  await writeFile(`/proc/sys/net/ipv4/conf/${layout.bridge}/route_localnet`, '1')
  await run('nft', ['-f', '-'], { input: hostsTable(layout, config) })
}

/** What leaves the segment gets the machine's address; a firewall that forwards nothing is told to make way. */
function hostsTable(
  { hostsTable: table, bridge }: ClusterLayout,
  { hostCIDR, podCIDR }: ClusterConfig,
): string {
  return `
table ip ${table}
delete table ip ${table}
table ip ${table} {
  # The machine's loopback is open to its own answers (above), and to nobody behind the bridge.
  chain guard { type filter hook prerouting priority -300; iifname "${bridge}" ip daddr 127.0.0.0/8 drop; }
  chain forward { type filter hook forward priority -1; iifname "${bridge}" accept; oifname "${bridge}" accept; }
  chain postrouting {
    type nat hook postrouting priority 100;
    ip saddr ${hostCIDR} oifname != "${bridge}" ip daddr != ${podCIDR} fib saddr type != local masquerade
  }
}
`
}

/** Connects a host: its cable, its address, its default route, forwarding on. */
export async function connectHost(
  cluster: ClusterLayout,
  node: NodeLayout,
  config: ClusterConfig,
): Promise<void> {
  const inside = (...command: string[]) =>
    run('nsenter', enterArguments(node.netNamespace, node.mountNamespace, command))
  const isConnected = (await tryRun('ip', ['link', 'show', node.link])).code === 0
  if (!isConnected)
    await inside(
      'ip',
      'link',
      'add',
      'eth0',
      'type',
      'veth',
      'peer',
      'name',
      node.link,
      'netns',
      String(process.pid),
    )
  await run('ip', ['-batch', '-'], {
    input: `link set ${node.link} master ${cluster.bridge}\nlink set ${node.link} up\n`,
  })
  const script = `
set -e
printf 'link set lo up\\naddr replace ${hostAddress(config, node.index)}/24 dev eth0\\nlink set eth0 up\\nroute replace default via ${machineAddress(config)}\\n' | ip -batch -
echo 1 > /proc/sys/net/ipv4/ip_forward
for file in /proc/sys/net/ipv4/conf/*/rp_filter; do echo 0 > $file; done
`
  await inside('sh', '-c', script)
}

/** Takes the segment down; cables go with their hosts. */
export async function removeBridge(layout: ClusterLayout): Promise<void> {
  // A machine without these programs has nothing that they would have made.
  const attempt = (command: string, args: readonly string[], input = '') =>
    tryRun(command, args, { input }).catch(() => undefined)
  await attempt('ip', ['link', 'del', layout.bridge])
  for (const table of [layout.hostsTable, layout.proxyTable])
    await attempt('nft', ['-f', '-'], `table ip ${table}\ndelete table ip ${table}\n`)
}
