// The checks behind /livez, /readyz and /healthz, under the names that upstream gives them.
//
// Names of hooks that this server has no separate step for are not listed: a check that checks nothing would lie.
// Upstream: staging/src/k8s.io/apiserver/pkg/server/healthz.go, pkg/controlplane

import type { HealthCheck, HealthEndpoint } from '#apiserver/http/health.ts'
import type { Store } from '#store/store.ts'
import type { Clock } from '#sys/clock.ts'

/** What the checks look at; changed by the server as it starts and stops. */
export interface ServerState {
  isStopping: boolean
  /** All informers of access control hold their first list. */
  informersSynced: boolean
  /** Roles, priority classes, namespaces and the like are there. */
  isBootstrapped: boolean
}

const STORE_TIMEOUT_MS = 2_000

const always = (name: string): HealthCheck => ({ name, check: async () => undefined })

const when = (name: string, isTrue: () => boolean): HealthCheck => ({
  name,
  check: async () => (isTrue() ? undefined : 'not finished'),
})

export function healthEndpoints(state: ServerState, store: Store, clock: Clock): readonly HealthEndpoint[] {
  const etcd: HealthCheck = { name: 'etcd', check: () => checkStore(store, clock) }
  const hooks = [
    when('poststarthook/start-apiserver-admission-initializer', () => state.informersSynced),
    when('poststarthook/generic-apiserver-start-informers', () => state.informersSynced),
    when('poststarthook/start-system-namespaces-controller', () => state.isBootstrapped),
    when('poststarthook/start-cluster-authentication-info-controller', () => state.isBootstrapped),
    when('poststarthook/start-legacy-token-tracking-controller', () => state.isBootstrapped),
    when('poststarthook/storage-readiness', () => state.informersSynced),
    when('poststarthook/start-service-ip-repair-controllers', () => state.isBootstrapped),
    when('poststarthook/rbac/bootstrap-roles', () => state.isBootstrapped),
    when('poststarthook/scheduling/bootstrap-system-priority-classes', () => state.isBootstrapped),
    when('poststarthook/priority-and-fairness-config-producer', () => state.isBootstrapped),
    when('poststarthook/bootstrap-controller', () => state.isBootstrapped),
    when('poststarthook/start-kubernetes-service-cidr-controller', () => state.isBootstrapped),
  ]
  const live = [always('ping'), always('log'), etcd]
  const synced = when('informer-sync', () => state.informersSynced)
  const shutdown: HealthCheck = {
    name: 'shutdown',
    check: async () => (state.isStopping ? 'process is shutting down' : undefined),
  }
  return [
    { name: 'livez', checks: [...live, ...hooks] },
    { name: 'readyz', checks: [...live, synced, ...hooks, shutdown] },
    { name: 'healthz', checks: [...live, ...hooks] },
  ]
}

async function checkStore(store: Store, clock: Clock): Promise<string | undefined> {
  const controller = new AbortController()
  try {
    const late = clock.sleep(STORE_TIMEOUT_MS, controller.signal).then(() => {
      throw new Error('the store does not answer')
    })
    await Promise.race([store.currentRevision(), late])
    return undefined
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  } finally {
    controller.abort()
  }
}
