// How the container runtime is to connect pods on this node: the CNI configuration list, as text. Pure.
//
// The `ptp` plugin gives each pod a cable of its own to the host, which routes between them. A bridge would
// switch frames between pods of one node behind the back of netfilter, and answers of a Service's endpoint
// would then reach the client with the wrong address; routed, every packet passes the rules.
// Source: the CNI specification 0.4.0 (what Debian's plugins speak)

import { createHash } from 'node:crypto'

/** Name of the configuration file; the first in the folder counts. */
export const CNI_CONFIG_FILE = '10-k8ts.conflist'

export interface CniOptions {
  /** Addresses of this node's pods: 10.244.1.0/24. */
  readonly podCIDR: string
  /** Where host-local remembers which address is taken: one folder a node. */
  readonly stateDir: string
  readonly mtu: number
}

export function cniConfig({ podCIDR, stateDir, mtu }: CniOptions): string {
  const config = {
    cniVersion: '0.4.0',
    name: `k8ts-${createHash('sha256').update(stateDir).digest('hex').slice(0, 8)}`,
    plugins: [
      {
        type: 'ptp',
        mtu,
        ipMasq: false,
        ipam: {
          type: 'host-local',
          dataDir: stateDir,
          ranges: [[{ subnet: podCIDR }]],
          routes: [{ dst: '0.0.0.0/0' }],
        },
      },
    ],
  }
  return `${JSON.stringify(config, undefined, 2)}\n`
}
