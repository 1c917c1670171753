// The machine's own place in the cluster network: it is no node, but people and the API server sit here.
//
// Services are reached from it by their cluster address and node port (webhooks, aggregated APIs, `curl`), and
// pods by their own. So the service rules and routes exist here too, in tables of this cluster.

import type { Client } from '#client/client.ts'
import type { ClusterConfig } from '#cluster/config.ts'
import type { ClusterLayout } from '#cluster/layout.ts'
import { runPodNetwork } from '#network/run.ts'
import { runProxy } from '#proxy/run.ts'
import type { Clock } from '#sys/clock.ts'
import type { Logger } from '#sys/log.ts'
import type { Random } from '#sys/random.ts'

export interface MachineOptions {
  readonly layout: ClusterLayout
  readonly config: ClusterConfig
  /** Acts as system:kube-proxy. */
  readonly client: Client
  readonly clock: Clock
  readonly random: Random
  readonly log: Logger
}

export async function runMachineNetwork(options: MachineOptions, signal: AbortSignal): Promise<void> {
  const { layout, config, client, clock, random, log } = options
  const base = { client, clock, random, log, nodeName: '', podCIDR: config.podCIDR }
  await Promise.all([
    runProxy({ ...base, table: layout.proxyTable, onLoopback: true }, signal),
    runPodNetwork({ ...base, table: '', cniConfDir: '', cniStateDir: '', mtu: 0 }, signal),
  ])
}
