// What the server measures of itself, under upstream's names, for Prometheus at /metrics.
//
// One registry a server, so that several in one process do not mix. What is counted with every request is counted in
// plain numbers (sys/series.ts); the rest is read when the metrics are asked for.

import { Registry } from 'prom-client'
import type { AuditCounts } from '#apiserver/audit/auditor.ts'
import type { ApiResponse } from '#apiserver/exchange.ts'
import { KUBERNETES_VERSION } from '#apiserver/http/version.ts'
import { measureProcess } from '#sys/process-metrics.ts'
import { readings } from '#sys/series.ts'

/** `withProcess` adds memory, CPU, open files and so on of the process. */
export function createRegistry(withProcess: boolean): Registry {
  const registry = new Registry()
  if (withProcess) measureProcess(registry)
  readings(
    registry,
    'gauge',
    {
      name: 'kubernetes_build_info',
      help: 'Which Kubernetes this server speaks; always 1.',
      labels: ['git_version'],
    },
    () => [[KUBERNETES_VERSION, 1] as const],
  )
  return registry
}

export async function metricsResponse(registry: Registry): Promise<ApiResponse> {
  const headers = { 'content-type': registry.contentType }
  return { type: 'raw', code: 200, headers, body: await registry.metrics() }
}

/** Of a server that is audited. */
export function registerAuditMetrics(registry: Registry, counts: AuditCounts): void {
  const counter = (
    name: string,
    help: string,
    labels: readonly string[],
    read: () => Iterable<readonly [...labels: string[], value: number]>,
  ) => readings(registry, 'counter', { name: `apiserver_audit_${name}`, help, labels }, read)
  counter('event_total', 'Audit events made.', [], () => [[counts.events] as const])
  counter('requests_rejected_total', 'Requests refused because they could not be recorded.', [], () => [
    [counts.rejected] as const,
  ])
  counter('level_total', 'Requests by the level that the policy gives them.', ['level'], () =>
    Object.entries(counts.levels),
  )
  counter('error_total', 'Audit events lost, by who lost them.', ['plugin'], () =>
    Object.entries(counts.lost),
  )
}
