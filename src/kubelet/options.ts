// What the kubelet is told by whoever starts it.

import type { Taint } from '#api/types/core.ts'
import type { Client } from '#client/client.ts'
import type { Clock } from '#sys/clock.ts'
import type { Logger } from '#sys/log.ts'
import type { Random } from '#sys/random.ts'

export interface KubeletOptions {
  readonly nodeName: string
  /** The node's address; a second one of the other family may follow in `nodeIPs`. */
  readonly nodeIP: string
  readonly nodeIPs?: readonly string[]
  readonly client: Client
  /** Path of the runtime's socket. */
  readonly criSocket: string
  /** Everything that the kubelet keeps is below it. */
  readonly rootDir: string
  /** Cgroup below which `kubepods` is made: `/` or `/k8ts/n1`. */
  readonly cgroupParent: string
  readonly clusterDNS: readonly string[]
  readonly clusterDomain: string
  /** Of the server; default 10250. */
  readonly port?: number
  readonly servingCertFile: string
  readonly servingKeyFile: string
  /** Whoever has a client certificate of this authority is known by its name. */
  readonly clientCAFile: string
  readonly maxPods?: number
  readonly labels?: Readonly<Record<string, string>>
  readonly taints?: readonly Taint[]
  readonly resolvConf?: string
  readonly clock: Clock
  readonly random: Random
  readonly log: Logger
}

export const DEFAULT_PORT = 10_250
export const DEFAULT_MAX_PODS = 110
/** The version that the node says of itself. */
export const KUBELET_VERSION = 'v1.36.2'
