// The registry put together: the object store over the key-value store, the watch caches, and what the verbs share.

import { decodeProtobuf, isProtobuf } from '#api/codec/protobuf.ts'
import type { KindDefinition } from '#api/kinds/kind.ts'
import { type JsonObject, parseApiVersion } from '#api/meta/object.ts'
import type { AccessControl } from '#apiserver/access-control.ts'
import type { Convert } from '#apiserver/customresources/conversion.ts'
import { convertingStore } from '#apiserver/customresources/converting-store.ts'
import { NO_ENCRYPTION, type ValueTransformers } from '#apiserver/encryption/value-transformer.ts'
import type { WatchEventCells } from '#apiserver/metrics/storage.ts'
import { type Catalog, storedApiVersionOf, storedResourceOf, toStored } from '#apiserver/registry/catalog.ts'
import type { RegistryDependencies } from '#apiserver/registry/dependencies.ts'
import type { FieldManagement } from '#apiserver/registry/field-management.ts'
import { freezeJson, metadataOf } from '#apiserver/registry/json.ts'
import { createLeasePool } from '#apiserver/registry/lease-pool.ts'
import { createObjectStore, type StoreMeasure } from '#apiserver/registry/object-store.ts'
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
  /** Absent: values are stored as they are. */
  readonly encryption?: ValueTransformers | undefined
  /** Asks the webhooks that convert custom objects. */
  readonly convert: Convert
  /** Absent: nothing is counted. */
  readonly measures?: { readonly store: StoreMeasure; readonly watchEvents: WatchEventCells } | undefined
  readonly clock: Clock
  readonly random: Random
  readonly log: Logger
}

export interface ComposedRegistry {
  readonly registry: RegistryDependencies
  readonly caches: WatchCaches
}

export function composeRegistry(options: RegistryOptions): ComposedRegistry {
  const { store, clock, access, encryption = NO_ENCRYPTION } = options
  const written = createWrittenObjects()
  // a custom kind may have changed since an object was written
  const decode = (kind: KindDefinition, kv: KeyValue): StoredObject =>
    (kind.custom ? undefined : written.find(kv)) ?? decodeStored(kind, kv, encryption)
  const storeOf = storesByKind(store, options.convert, encryption)
  const caches = createWatchCaches({ storeOf, clock, log: options.log, decode })
  const objects = createObjectStore({
    store,
    storeOf,
    encryption,
    measure: options.measures?.store ?? ((_operation, _kind, call) => call()),
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
    ...(options.measures && { watchEvents: options.measures.watchEvents }),
    clock,
    random: options.random,
  }
  return { registry, caches }
}

/** The store as each kind sees it: in its own version where a webhook converts. */
function storesByKind(
  store: Store,
  convert: Convert,
  encryption: ValueTransformers,
): (kind: KindDefinition) => Store {
  const made = new WeakMap<KindDefinition, Store>()
  return (kind) => {
    const conversion = kind.custom?.conversion
    if (!conversion) return store
    const { group, resource } = storedResourceOf(kind)
    const known =
      made.get(kind) ??
      convertingStore(store, conversion, storedApiVersionOf(kind), convert, encryption.of(group, resource))
    made.set(kind, known)
    return known
  }
}

/** What kube-apiserver wrote, who may have had the store before. */
function fromProtobuf(kind: KindDefinition, value: Uint8Array): JsonObject {
  const object = decodeProtobuf(value)
  const apiVersion = object['apiVersion'] as string
  if (apiVersion === storedApiVersionOf(kind)) return object
  return toStored(kind, object, parseApiVersion(apiVersion).version)
}

const decoder = new TextDecoder()

/** A stored value as the object that readers see: defaulted, with the revision that wrote it. */
function decodeStored(kind: KindDefinition, kv: KeyValue, encryption: ValueTransformers): StoredObject {
  const { group, resource } = storedResourceOf(kind)
  const { value } = encryption.of(group, resource).fromStorage(kv.value, kv.key)
  const object = isProtobuf(value)
    ? fromProtobuf(kind, value)
    : (JSON.parse(decoder.decode(value)) as JsonObject)
  kind.defaults?.(object)
  metadataOf(object)['resourceVersion'] = String(kv.modRevision)
  return storedObject(kv.key, freezeJson(object), kv.modRevision)
}
