// What is counted of each request: how many, how long, how large, how many at once.
//
// A request looks up its series once, by one string, and then only adds to numbers. Invariant: what a client can
// make up (paths, resources, verbs that there are not) never becomes a label. Upstream:
// staging/src/k8s.io/apiserver/pkg/endpoints/metrics/metrics.go

import type { Registry } from 'prom-client'
import type { ApiRequest } from '#apiserver/exchange.ts'
import { isLongRunning, type RequestObserver } from '#apiserver/pipeline.ts'
import type { RequestInfo } from '#apiserver/request.ts'
import type { Clock } from '#sys/clock.ts'
import { type Cell, counters, gauges, type Histogram, histograms } from '#sys/series.ts'

const DURATION_BOUNDS = [
  0.005, 0.025, 0.05, 0.1, 0.2, 0.4, 0.6, 0.8, 1, 1.25, 1.5, 2, 3, 4, 5, 6, 8, 10, 15, 20, 30, 45, 60,
]
const SLI_BOUNDS = [0.05, 0.1, 0.2, 0.4, 0.6, 0.8, 1, 1.25, 1.5, 2, 3, 4, 5, 6, 8, 10, 15, 20, 30, 45, 60]
const SIZE_BOUNDS = [1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9]

const COMMON = ['verb', 'group', 'version', 'resource', 'subresource', 'scope', 'component'] as const

const VERBS: Readonly<Record<string, string>> = {
  get: 'GET',
  list: 'LIST',
  watch: 'WATCH',
  create: 'POST',
  update: 'PUT',
  patch: 'PATCH',
  delete: 'DELETE',
  deletecollection: 'DELETECOLLECTION',
}
const SUBRESOURCES = new Set(
  'status scale log exec attach portforward proxy binding eviction ephemeralcontainers resize token approval finalize'.split(
    ' ',
  ),
)
/** The first parts of paths that are no resource. */
const PATHS = new Set(
  'api apis openapi version healthz livez readyz metrics logs debug .well-known'.split(' '),
)

/** The series of all requests that ask for the same. */
interface RequestSeries {
  readonly duration: Histogram
  readonly sli: Histogram
  readonly sizes: Histogram | undefined
  readonly longRunning: Cell
  readonly byCode: Map<number, Cell>
  readonly newCode: (code: number) => Cell
}

export interface RequestMetricsOptions {
  readonly registry: Registry
  readonly clock: Clock
  isKnown(group: string, version: string, resource: string): boolean
}

export function requestMetrics({ registry, clock, isKnown }: RequestMetricsOptions): RequestObserver {
  const total = counters(
    registry,
    'apiserver_request_total',
    'Requests answered, by what they asked and by code.',
    'verb',
    'dry_run',
    ...COMMON.slice(1),
    'code',
  )
  const duration = histograms(
    registry,
    'apiserver_request_duration_seconds',
    'How long requests took that are not long-running.',
    DURATION_BOUNDS,
    'verb',
    'dry_run',
    ...COMMON.slice(1),
  )
  const sli = histograms(
    registry,
    'apiserver_request_sli_duration_seconds',
    'The same without the time that webhooks and queues took.',
    SLI_BOUNDS,
    ...COMMON,
  )
  const sizes = histograms(registry, 'apiserver_response_sizes', 'Bytes of answers.', SIZE_BOUNDS, ...COMMON)
  const longRunning = gauges(
    registry,
    'apiserver_longrunning_requests',
    'Watches, logs and connections that are open now.',
    ...COMMON,
  )
  const inFlight = gauges(
    registry,
    'apiserver_current_inflight_requests',
    'Requests that are being served now.',
    'request_kind',
  )
  const reading = inFlight.of('readOnly')
  const mutating = inFlight.of('mutating')
  const known = new Map<string, RequestSeries>()

  function seriesOf(request: ApiRequest, info: RequestInfo): RequestSeries {
    const dryRun = request.head.query.get('dryRun') === 'All' ? 'All' : ''
    const labels = labelsOf(request, info, isKnown)
    const key = `${labels.join('\0')}\0${dryRun}`
    let series = known.get(key)
    if (!series) {
      const [verb, ...rest] = labels
      series = {
        duration: duration.of(verb, dryRun, ...rest),
        sli: sli.of(...labels),
        sizes: verb === 'GET' || verb === 'LIST' ? sizes.of(...labels) : undefined,
        longRunning: longRunning.of(...labels),
        byCode: new Map(),
        newCode: (code) => total.of(verb, dryRun, ...rest, String(code)),
      }
      known.set(key, series)
    }
    return series
  }

  return {
    started(request, info) {
      const startMs = clock.monotonic()
      const series = seriesOf(request, info)
      const isLong = isLongRunning(info)
      const running = isLong
        ? series.longRunning
        : info.verb === 'get' || info.verb === 'list'
          ? reading
          : mutating
      running.value++
      return (code, bytes) => {
        running.value--
        let cell = series.byCode.get(code)
        if (!cell) {
          cell = series.newCode(code)
          series.byCode.set(code, cell)
        }
        cell.value++
        if (isLong) return
        const seconds = (clock.monotonic() - startMs) / 1000
        series.duration.observe(seconds)
        series.sli.observe(seconds)
        series.sizes?.observe(bytes)
      }
    },
  }
}

type CommonLabels = readonly [
  verb: string,
  group: string,
  version: string,
  resource: string,
  subresource: string,
  scope: string,
  component: string,
]

/** The values of COMMON. */
function labelsOf(
  request: ApiRequest,
  info: RequestInfo,
  isKnown: RequestMetricsOptions['isKnown'],
): CommonLabels {
  const { group, version, resource, subresource } = info
  if (!info.isResourceRequest) return [methodOf(request), '', '', '', pathOf(info.path), '', '']
  const verb = verbOf(info, request)
  if (!isKnown(group, version, resource)) return [verb, '', '', '', '', '', 'apiserver']
  const shown = SUBRESOURCES.has(subresource) ? subresource : ''
  return [verb, group, version, resource, shown, scopeOf(info), 'apiserver']
}

function verbOf(info: RequestInfo, request: ApiRequest): string {
  if (info.subresource !== 'log' && info.verb !== 'watch' && isLongRunning(info)) return 'CONNECT'
  if (info.verb === 'patch' && request.head.headers['content-type'] === 'application/apply-patch+yaml')
    return 'APPLY'
  return VERBS[info.verb] ?? 'OTHER'
}

const METHODS = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'])
const methodOf = ({ head }: ApiRequest): string => (METHODS.has(head.method) ? head.method : 'OTHER')

function pathOf(path: string): string {
  const [, first = '', second] = path.split('/')
  if (!PATHS.has(first)) return ''
  return first === 'openapi' && (second === 'v2' || second === 'v3') ? `/openapi/${second}` : `/${first}`
}

function scopeOf(info: RequestInfo): string {
  if (info.name !== '' || info.verb === 'create') return 'resource'
  return info.namespace === '' ? 'cluster' : 'namespace'
}
