// What the proxy measures: how long a change of the rules took, when the last was made, and how many ports it serves.
//
// Upstream: pkg/proxy/metrics/metrics.go

import type { Registry } from 'prom-client'
import { gauges, histograms } from '#sys/series.ts'

export interface ProxyMetrics {
  /** The kernel has been brought to the newest state; `at` in seconds since 1970. */
  synced(seconds: number, at: number, ports: number): void
}

/** From 1 ms, each twice the one before. */
const SYNC_BOUNDS = Array.from({ length: 15 }, (_, i) => 0.001 * 2 ** i)

export function proxyMetrics(registry: Registry): ProxyMetrics {
  const duration = histograms(
    registry,
    'kubeproxy_sync_proxy_rules_duration_seconds',
    'How long a change of the rules took.',
    SYNC_BOUNDS,
  ).of()
  const last = gauges(
    registry,
    'kubeproxy_sync_proxy_rules_last_timestamp_seconds',
    'When the rules were changed last.',
  ).of()
  const served = gauges(registry, 'kubeproxy_sync_proxy_rules_service_ports', 'Ports that are served.').of()
  return {
    synced(seconds, at, ports) {
      duration.observe(seconds)
      last.value = at
      served.value = ports
    },
  }
}
