// The proxy as a component: its informers and its loop.

import type { Client } from '#client/client.ts'
import { processRegistry } from '#client/component-metrics.ts'
import { createInformerFactory } from '#client/informer-factory.ts'
import { proxyMetrics } from '#proxy/metrics.ts'
import { proxy } from '#proxy/proxy.ts'
import type { Clock } from '#sys/clock.ts'
import type { Logger } from '#sys/log.ts'
import { serveMetrics } from '#sys/metrics-server.ts'
import type { Random } from '#sys/random.ts'

export interface ProxyOptions {
  readonly client: Client
  readonly clock: Clock
  readonly random: Random
  readonly log: Logger
  /** '' where it serves the machine itself, which is no node. */
  readonly nodeName: string
  /** The range of all pods: 10.244.0.0/16. */
  readonly podCIDR: string
  /** Where `/metrics` and `/healthz` are served; absent: nowhere. */
  readonly metricsAddress?: { readonly host: string; readonly port: number } | undefined
  /** Name of the nft table in this network namespace. */
  readonly table: string
  /** Node ports answer on 127.0.0.1 too: for the machine that people sit at. */
  readonly onLoopback?: boolean
}

/** Runs until `signal` aborts. The rules stay, so that connections go on over a restart. */
export async function runProxy(options: ProxyOptions, signal: AbortSignal): Promise<void> {
  const informers = createInformerFactory(options)
  const registry = options.metricsAddress && processRegistry()
  const metrics = registry && proxyMetrics(registry)
  await Promise.all([
    informers.start(signal),
    proxy({ ...options, informers, metrics }, signal),
    registry && serveMetrics({ registry, ...options.metricsAddress! }, signal),
  ])
}
