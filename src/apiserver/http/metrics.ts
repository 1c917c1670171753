// What the server measures of itself, under upstream's names, for Prometheus at /metrics.
//
// Upstream: staging/src/k8s.io/apiserver/pkg/endpoints/metrics/metrics.go

import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client'
import type { ApiRequest, ApiResponse } from '#apiserver/exchange.ts'
import { KUBERNETES_VERSION } from '#apiserver/http/version.ts'
import { isLongRunning, type RequestObserver } from '#apiserver/pipeline.ts'
import type { RequestInfo } from '#apiserver/request.ts'
import type { Clock } from '#sys/clock.ts'

const DURATION_BUCKETS = [
  0.005, 0.025, 0.05, 0.1, 0.2, 0.4, 0.6, 0.8, 1, 1.25, 1.5, 2, 3, 4, 5, 6, 8, 10, 15, 20, 30, 45, 60,
]

const REQUEST_LABELS = [
  'verb',
  'dry_run',
  'group',
  'version',
  'resource',
  'subresource',
  'scope',
  'component',
] as const
const LONG_LABELS = ['verb', 'group', 'version', 'resource', 'subresource', 'scope', 'component'] as const

export interface ApiServerMetrics {
  readonly observer: RequestObserver
  /** For what others measure. */
  readonly registry: Registry
  /** Counts the objects of a resource, asked when the metrics are read. */
  countObjects(resource: string, count: () => number): void
  /** The text of /metrics. */
  response(): Promise<ApiResponse>
}

const VERBS: Readonly<Record<string, string>> = {
  create: 'POST',
  update: 'PUT',
}

function verbOf(info: RequestInfo, request: ApiRequest): string {
  if (!info.isResourceRequest) return request.head.method
  if (info.subresource !== 'log' && isLongRunning(info) && info.verb !== 'watch') return 'CONNECT'
  if (info.verb === 'patch' && request.head.headers['content-type'] === 'application/apply-patch+yaml')
    return 'APPLY'
  return VERBS[info.verb] ?? info.verb.toUpperCase()
}

function scopeOf(info: RequestInfo): string {
  if (!info.isResourceRequest) return ''
  if (info.name !== '' || info.verb === 'create') return 'resource'
  return info.namespace === '' ? 'cluster' : 'namespace'
}

/** A registry of its own, so that several servers in one process do not mix; `withProcess` adds memory, CPU and so on. */
export function createMetrics(clock: Clock, withProcess: boolean): ApiServerMetrics {
  const registry = new Registry()
  const registers = [registry]
  if (withProcess) collectDefaultMetrics({ register: registry })
  new Gauge({
    name: 'kubernetes_build_info',
    help: 'Which Kubernetes this server speaks; always 1.',
    labelNames: ['git_version'],
    registers,
  }).set({ git_version: KUBERNETES_VERSION }, 1)
  const total = new Counter({
    name: 'apiserver_request_total',
    help: 'Requests answered, by what they asked and by code.',
    labelNames: [...REQUEST_LABELS, 'code'],
    registers,
  })
  const duration = new Histogram({
    name: 'apiserver_request_duration_seconds',
    help: 'How long requests took that are not long-running.',
    labelNames: [...REQUEST_LABELS],
    buckets: DURATION_BUCKETS,
    registers,
  })
  const inFlight = new Gauge({
    name: 'apiserver_current_inflight_requests',
    help: 'Requests that are being served now.',
    labelNames: ['request_kind'],
    registers,
  })
  const longRunning = new Gauge({
    name: 'apiserver_longrunning_requests',
    help: 'Watches, logs and connections that are open now.',
    labelNames: [...LONG_LABELS],
    registers,
  })
  const objects = new Map<string, () => number>()
  new Gauge({
    name: 'apiserver_resource_objects',
    help: 'Stored objects by resource.',
    labelNames: ['resource'],
    registers,
    collect() {
      for (const [resource, count] of objects) this.set({ resource }, count())
    },
  })
  const observer: RequestObserver = {
    started(request, info) {
      const startMs = clock.monotonic()
      const { group, version, resource } = info
      const subresource = info.isResourceRequest ? info.subresource : info.path
      const common = {
        verb: verbOf(info, request),
        group,
        version,
        resource,
        subresource,
        scope: scopeOf(info),
        component: 'apiserver',
      }
      const labels = { ...common, dry_run: request.head.query.get('dryRun') ?? '' }
      const isLong = isLongRunning(info)
      const kind = { request_kind: info.verb === 'get' || info.verb === 'list' ? 'readOnly' : 'mutating' }
      if (isLong) longRunning.inc(common)
      else inFlight.inc(kind)
      return (code) => {
        total.inc({ ...labels, code: String(code) })
        if (isLong) {
          longRunning.dec(common)
          return
        }
        inFlight.dec(kind)
        duration.observe(labels, (clock.monotonic() - startMs) / 1000)
      }
    },
  }
  return {
    observer,
    registry,
    countObjects: (resource, count) => void objects.set(resource, count),
    response: async () => ({
      type: 'raw',
      code: 200,
      headers: { 'content-type': registry.contentType },
      body: await registry.metrics(),
    }),
  }
}
