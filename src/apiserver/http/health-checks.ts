// The checks behind /livez, /readyz and /healthz: upstream's names, in upstream's order.
//
// A hook is finished when the server has reached the milestone at which the work that it is named after is done.
// Invariant: no check is listed for work that this server does not do, since a check that checks nothing would lie.
// Upstream: staging/src/k8s.io/apiserver/pkg/server/{healthz,hooks}.go, .../options/etcd.go, pkg/controlplane
// Left out: the OpenAPI of aggregated APIs (apiservice-openapi-controller, apiservice-openapiv3-controller).

import type { HealthCheck, HealthEndpoint } from '#apiserver/http/health.ts'
import type { Store } from '#store/store.ts'
import type { Clock } from '#sys/clock.ts'

/** What a server has got done, in this order: */
export type Milestone =
  /** all informers of access control hold their first list, */
  | 'informers'
  /** requests are shared out by priority, */
  | 'flow-control'
  /** custom resources are served, */
  | 'definitions'
  /** APIs of other servers are looked after, */
  | 'aggregation'
  /** roles, priority classes, namespaces and the like are there. */
  | 'bootstrap'

/** Changed by the server as it starts and stops. */
export interface ServerState {
  isStopping: boolean
  readonly reached: Set<Milestone>
}

/** The hooks, and when each is finished. */
const HOOKS: readonly (readonly [name: string, milestone: Milestone])[] = [
  ['start-apiserver-admission-initializer', 'informers'],
  ['generic-apiserver-start-informers', 'informers'],
  ['priority-and-fairness-config-consumer', 'flow-control'],
  ['priority-and-fairness-filter', 'flow-control'],
  ['storage-object-count-tracker-hook', 'flow-control'],
  ['start-apiextensions-informers', 'informers'],
  ['start-apiextensions-controllers', 'definitions'],
  ['crd-informer-synced', 'definitions'],
  ['start-system-namespaces-controller', 'bootstrap'],
  ['peer-endpoint-reconciler-controller', 'bootstrap'],
  ['start-cluster-authentication-info-controller', 'bootstrap'],
  ['start-kube-apiserver-identity-lease-controller', 'bootstrap'],
  ['start-kube-apiserver-identity-lease-garbage-collector', 'bootstrap'],
  ['storage-readiness', 'informers'],
  ['start-legacy-token-tracking-controller', 'bootstrap'],
  ['start-service-ip-repair-controllers', 'bootstrap'],
  ['rbac/bootstrap-roles', 'bootstrap'],
  ['scheduling/bootstrap-system-priority-classes', 'bootstrap'],
  ['priority-and-fairness-config-producer', 'bootstrap'],
  ['bootstrap-controller', 'bootstrap'],
  ['start-kubernetes-service-cidr-controller', 'bootstrap'],
  ['start-kube-aggregator-informers', 'informers'],
  ['apiservice-status-local-available-controller', 'bootstrap'],
  ['apiservice-status-remote-available-controller', 'aggregation'],
  ['apiservice-registration-controller', 'aggregation'],
  ['apiservice-wait-for-first-sync', 'aggregation'],
  ['apiservice-discovery-controller', 'aggregation'],
  ['kube-apiserver-autoregistration', 'bootstrap'],
]

/** Whether the store answers, and whether it does so fast enough to be sent requests. */
const HEALTHY_MS = 2_000
const READY_MS = 2_000

const always = (name: string): HealthCheck => ({ name, check: async () => undefined })

export function healthEndpoints(state: ServerState, store: Store, clock: Clock): readonly HealthEndpoint[] {
  const when = (name: string, milestone: Milestone): HealthCheck => ({
    name,
    check: async () => (state.reached.has(milestone) ? undefined : 'not finished'),
  })
  const hooks = HOOKS.map(([name, milestone]) => when(`poststarthook/${name}`, milestone))
  // upstream waits for the APIs to be registered in a check of its own
  hooks.push(when('autoregister-completion', 'bootstrap'))
  const basic = [always('ping'), always('log')]
  const etcd: HealthCheck = { name: 'etcd', check: () => checkStore(store, clock, HEALTHY_MS) }
  const ready: HealthCheck = { name: 'etcd-readiness', check: () => checkStore(store, clock, READY_MS) }
  const shutdown: HealthCheck = {
    name: 'shutdown',
    check: async () => (state.isStopping ? 'process is shutting down' : undefined),
  }
  return [
    { name: 'livez', checks: [...basic, etcd, ...hooks] },
    {
      name: 'readyz',
      checks: [...basic, etcd, ready, when('informer-sync', 'informers'), ...hooks, shutdown],
    },
    { name: 'healthz', checks: [...basic, etcd, ...hooks] },
  ]
}

async function checkStore(store: Store, clock: Clock, timeoutMs: number): Promise<string | undefined> {
  const controller = new AbortController()
  try {
    const late = clock.sleep(timeoutMs, controller.signal).then(() => {
      throw new Error('error getting data from etcd: context deadline exceeded')
    })
    await Promise.race([store.currentRevision(), late])
    return undefined
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  } finally {
    controller.abort()
  }
}
