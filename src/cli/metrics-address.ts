// `--metrics-bind-address`: where a component that runs alone serves /metrics and /healthz.

import { InvalidArgumentError, Option } from 'commander'
import { BASE } from '#cli/component.ts'
import { type ComponentMetrics, componentMetrics, processRegistry } from '#client/component-metrics.ts'
import { parseBindAddress, serveMetrics } from '#sys/metrics-server.ts'

export interface MetricsOptions {
  readonly metricsBindAddress?: { readonly host: string; readonly port: number }
}

export const metricsOption = (): Option =>
  new Option(
    '--metrics-bind-address <address:port>',
    'where it serves /metrics and /healthz (default: nowhere)',
  ).argParser((text) => {
    const address = parseBindAddress(text)
    if (!address) throw new InvalidArgumentError('It takes an address and a port: 127.0.0.1:10259.')
    return address
  })

/** Runs a component with metrics that are served as long as it runs. */
export async function withMetrics(
  { metricsBindAddress }: MetricsOptions,
  signal: AbortSignal,
  run: (metrics: { readonly metrics?: ComponentMetrics }) => Promise<void>,
): Promise<void> {
  if (!metricsBindAddress) return run({})
  const registry = processRegistry()
  const metrics = componentMetrics(registry, BASE.clock)
  const ended = new AbortController()
  const serving = serveMetrics({ registry, ...metricsBindAddress }, AbortSignal.any([signal, ended.signal]))
  try {
    await Promise.all([serving, run({ metrics }).finally(() => ended.abort())])
  } finally {
    ended.abort()
  }
}
