// What is counted of the state: calls of the store, objects, watch caches and the events that they send.
//
// The store's calls keep etcd's name whichever store it is, since that is what dashboards look for.
// Upstream: staging/src/k8s.io/apiserver/pkg/storage/{etcd3,cacher}/metrics/metrics.go

import type { Registry } from 'prom-client'
import type { KindDefinition } from '#api/kinds/kind.ts'
import type { ValueTransformers } from '#apiserver/encryption/value-transformer.ts'
import { isStored, storedResourceOf } from '#apiserver/registry/catalog.ts'
import type { StoreMeasure } from '#apiserver/registry/object-store.ts'
import type { WatchCaches } from '#apiserver/watchcache/caches.ts'
import type { CacheStats } from '#apiserver/watchcache/watch-cache.ts'
import type { Store } from '#store/store.ts'
import type { Clock } from '#sys/clock.ts'
import { type Cell, counters, type Histogram, histograms, readings } from '#sys/series.ts'

const REQUEST_BOUNDS = [
  0.005, 0.025, 0.05, 0.1, 0.2, 0.4, 0.6, 0.8, 1, 1.25, 1.5, 2, 3, 4, 5, 6, 8, 10, 15, 20, 30, 45, 60,
]

/** Times the calls of the store that the registry makes. */
export function storeMeasure(registry: Registry, clock: Clock): StoreMeasure {
  const labels = ['operation', 'group', 'resource']
  const total = counters(registry, 'etcd_requests_total', 'Calls of the store.', ...labels)
  const errors = counters(registry, 'etcd_request_errors_total', 'Calls of the store that failed.', ...labels)
  const duration = histograms(
    registry,
    'etcd_request_duration_seconds',
    'How long calls of the store took.',
    REQUEST_BOUNDS,
    ...labels,
  )
  const known = new WeakMap<KindDefinition, Map<string, { total: Cell; duration: Histogram }>>()
  return async (operation, kind, call) => {
    const byOperation = known.get(kind) ?? new Map<string, { total: Cell; duration: Histogram }>()
    known.set(kind, byOperation)
    const { group, resource } = storedResourceOf(kind)
    const series = byOperation.get(operation) ?? {
      total: total.of(operation, group, resource),
      duration: duration.of(operation, group, resource),
    }
    byOperation.set(operation, series)
    const startMs = clock.monotonic()
    series.total.value++
    try {
      return await call()
    } catch (error) {
      errors.of(operation, group, resource).value++
      throw error
    } finally {
      series.duration.observe((clock.monotonic() - startMs) / 1000)
    }
  }
}

/** The cell in which the events are counted that watches of a kind are sent. */
export type WatchEventCells = (kind: KindDefinition, version: string) => Cell

export function watchEventCells(registry: Registry): WatchEventCells {
  const total = counters(
    registry,
    'apiserver_watch_events_total',
    'Events sent to those who watch.',
    'group',
    'version',
    'resource',
  )
  return (kind, version) => total.of(kind.group, version, kind.resource)
}

/** Reads sizes and caches whenever the metrics are asked for. */
export function registerStorageMetrics(
  registry: Registry,
  store: Store,
  caches: WatchCaches,
  kinds: () => readonly KindDefinition[],
): void {
  const names = ['group', 'resource']
  const begun = (): (readonly [group: string, resource: string, stats: CacheStats])[] =>
    kinds().flatMap((kind) => {
      const stats = isStored(kind) ? caches.begun(kind)?.stats() : undefined
      return stats && kind.storageGroup === undefined ? [[kind.group, kind.resource, stats] as const] : []
    })
  const ofCaches = (
    type: 'counter' | 'gauge',
    name: string,
    help: string,
    value: (stats: CacheStats) => number,
  ) =>
    readings(registry, type, { name, help, labels: names }, () =>
      begun().map(([group, resource, stats]) => [group, resource, value(stats)] as const),
    )
  ofCaches('gauge', 'apiserver_resource_objects', 'Stored objects by resource.', ({ objects }) => objects)
  ofCaches('gauge', 'apiserver_watch_cache_resource_version', 'The revision of a cache.', (s) => s.revision)
  ofCaches('gauge', 'watch_cache_capacity', 'Events that a cache remembers.', ({ remembered }) => remembered)
  ofCaches(
    'counter',
    'apiserver_watch_cache_events_received_total',
    'Events from the store.',
    (s) => s.received,
  )
  ofCaches(
    'counter',
    'apiserver_watch_cache_events_dispatched_total',
    'Events that were handed to watchers.',
    ({ dispatched }) => dispatched,
  )
  ofCaches(
    'counter',
    'apiserver_watch_cache_initializations_total',
    'Times that a cache was filled from the store.',
    ({ initializations }) => initializations,
  )
  readings(
    registry,
    'gauge',
    { name: 'apiserver_storage_objects', help: 'Stored objects by resource.group.', labels: ['resource'] },
    () =>
      begun().map(
        ([group, resource, { objects }]) =>
          [group === '' ? resource : `${resource}.${group}`, objects] as const,
      ),
  )
  readings(
    registry,
    'gauge',
    { name: 'apiserver_storage_size_bytes', help: 'Size of the database.', labels: ['storage_cluster_id'] },
    async () => [['etcd-0', await store.sizeBytes()] as const],
  )
}

/** The same transformers, counted: by resource, direction, provider and outcome. */
export function measuredTransformers(registry: Registry, inner: ValueTransformers): ValueTransformers {
  const total = counters(
    registry,
    'apiserver_storage_transformation_operations_total',
    'Values that were encrypted or decrypted.',
    'resource',
    'transformation_type',
    'transformer_prefix',
    'status',
  )
  return {
    of(group, resource) {
      const transformer = inner.of(group, resource)
      const name = group === '' ? resource : `${resource}.${group}`
      const count = (type: string, stored: Uint8Array, status: string): void => {
        total.of(name, type, providerOf(stored), status).value++
      }
      return {
        fromStorage(value, key) {
          try {
            const read = transformer.fromStorage(value, key)
            count('from_storage', value, 'OK')
            return read
          } catch (error) {
            count('from_storage', value, 'Unknown')
            throw error
          }
        },
        toStorage(value, key) {
          const stored = transformer.toStorage(value, key)
          count('to_storage', stored, 'OK')
          return stored
        },
      }
    },
  }
}

/** `k8s:enc:aesgcm:v1:`, whatever the key; `identity` for what is not encrypted. */
function providerOf(stored: Uint8Array): string {
  const head = Buffer.from(stored.buffer, stored.byteOffset, Math.min(stored.length, 40)).toString('latin1')
  return /^k8s:enc:[a-z]+:v\d:/.exec(head)?.[0] ?? 'identity'
}
