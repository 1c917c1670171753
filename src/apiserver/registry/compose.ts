// The registry put together: the object store over the key-value store, the watch caches, and what the verbs share.

import type { KindDefinition } from '#api/kinds/kind.ts'
import type { JsonObject } from '#api/meta/object.ts'
import type { AccessControl } from '#apiserver/access-control.ts'
import type { Catalog } from '#apiserver/registry/catalog.ts'
import type { RegistryDependencies } from '#apiserver/registry/dependencies.ts'
import type { FieldManagement } from '#apiserver/registry/field-management.ts'
import { freezeJson, metadataOf } from '#apiserver/registry/json.ts'
import { createLeasePool } from '#apiserver/registry/lease-pool.ts'
import { createObjectStore } from '#apiserver/registry/object-store.ts'
import { type StoredObject, storedObject } from '#apiserver/registry/stored-object.ts'
import { createWrittenObjects } from '#apiserver/registry/written-objects.ts'
import { createWatchCaches, type WatchCaches } from '#apiserver/watchcache/caches.ts'
import type { KeyValue, Store } from '#store/store.ts'
import type { Clock } from '#sys/clock.ts'
import type { Logger } from '#sys/log.ts'
import type { Random } from '#sys/random.ts'

export interface RegistryOptions {
  readonly catalog: Catalog
  readonly store: Store
  readonly access: AccessControl
  readonly fields: FieldManagement
  readonly clock: Clock
  readonly random: Random
  readonly log: Logger
}

export interface ComposedRegistry {
  readonly registry: RegistryDependencies
  readonly caches: WatchCaches
}

export function composeRegistry(options: RegistryOptions): ComposedRegistry {
  const { store, clock, access } = options
  const written = createWrittenObjects()
  const decode = (kind: KindDefinition, kv: KeyValue): StoredObject =>
    written.find(kv) ?? decodeStored(kind, kv)
  const caches = createWatchCaches({ store, clock, log: options.log, decode })
  const objects = createObjectStore({
    store,
    leases: createLeasePool(store, clock),
    peek: (kind, key) => caches.of(kind).get(key),
    decode,
    written,
  })
  const registry: RegistryDependencies = {
    catalog: options.catalog,
    objects,
    cacheOf: (kind) => caches.of(kind),
    hooksOf: (kind) => (kind.group === '' && kind.resource === 'services' ? access.serviceHooks : undefined),
    admission: access.admission,
    authorization: access.authorization,
    fields: options.fields,
    clock,
    random: options.random,
  }
  return { registry, caches }
}

const decoder = new TextDecoder()

/** A stored value as the object that readers see: defaulted, with the revision that wrote it. */
export function decodeStored(kind: KindDefinition, kv: KeyValue): StoredObject {
  const object = JSON.parse(decoder.decode(kv.value)) as JsonObject
  kind.defaults?.(object)
  metadataOf(object)['resourceVersion'] = String(kv.modRevision)
  return storedObject(kv.key, freezeJson(object), kv.modRevision)
}
