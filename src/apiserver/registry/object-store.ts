// Objects in the key-value store: encode, create, change under a condition, delete. The only writer of the store.
//
// Every change is a transaction on the revision that it was computed from; who loses the race computes again from
// the winner's state. Invariant: an object's resourceVersion is the revision that wrote it, and is never part of the
// stored value. Upstream: staging/src/k8s.io/apiserver/pkg/storage/etcd3/store.go

import type { KindDefinition } from '#api/kinds/kind.ts'
import type { JsonObject, ObjectMeta } from '#api/meta/object.ts'
import { alreadyExists, conflict, failure, internalError, notFound } from '#api/meta/status.ts'
import {
  TransformError,
  unreadable,
  type ValueTransformers,
} from '#apiserver/encryption/value-transformer.ts'
import { groupResourceOf, prefixOf, storedResourceOf } from '#apiserver/registry/catalog.ts'
import { cloneJson, equalJson, freezeJson, metadataOf } from '#apiserver/registry/json.ts'
import type { LeasePool } from '#apiserver/registry/lease-pool.ts'
import { type StoredObject, storedAt, storedObject } from '#apiserver/registry/stored-object.ts'
import type { WrittenObjects } from '#apiserver/registry/written-objects.ts'
import {
  type KeyValue,
  RequestTooLargeError,
  type Revision,
  type Store,
  type TxnResponse,
} from '#store/store.ts'

export interface Preconditions {
  readonly uid?: string
  readonly resourceVersion?: string
}

/** Makes a call of the store, and notes how it went. */
export type StoreMeasure = <Answer>(
  operation: 'get' | 'list' | 'create' | 'update' | 'delete',
  kind: KindDefinition,
  call: () => Promise<Answer>,
) => Promise<Answer>

export interface ObjectStoreDependencies {
  readonly measure: StoreMeasure
  readonly store: Store
  /** The store as a kind sees it. */
  storeOf(kind: KindDefinition): Store
  readonly leases: LeasePool
  readonly written: WrittenObjects
  readonly encryption: ValueTransformers
  /** What the watch cache has under a key; may be some milliseconds old. */
  peek(kind: KindDefinition, key: string): StoredObject | undefined
  /** Makes an object of a stored value: decrypted, decoded, defaulted, with its resourceVersion, frozen. */
  decode(kind: KindDefinition, kv: KeyValue): StoredObject
}

/** Given the current state (absent: there is none), gives the new one. May be called several times. */
export type Transform = (current: StoredObject | undefined) => Promise<JsonObject>

export interface RangeRequest {
  readonly start: string
  readonly end: string
  readonly limit: number
  readonly revision: Revision
}

export interface ObjectRange {
  readonly items: readonly StoredObject[]
  /** All keys of the range, whatever the limit. */
  readonly count: number
  readonly more: boolean
  readonly revision: Revision
}

export interface ObjectStore {
  /** Reads a range of keys; `limit` and `revision` 0 mean all and the newest. */
  range(kind: KindDefinition, request: RangeRequest): Promise<ObjectRange>
  currentRevision(): Promise<Revision>
  /** Rejects as `range` does when the store can no longer, or not yet, tell what was at `revision`. */
  checkRevision(kind: KindDefinition, revision: Revision): Promise<void>
  /** The newest state, read from the store itself. */
  read(kind: KindDefinition, key: string): Promise<StoredObject | undefined>
  create(
    kind: KindDefinition,
    key: string,
    name: string,
    object: JsonObject,
    dryRun: boolean,
  ): Promise<StoredObject>
  /** Throws 404 when there is no object, unless `mayCreate`. */
  update(
    kind: KindDefinition,
    key: string,
    name: string,
    options: {
      readonly mayCreate: boolean
      readonly dryRun: boolean
      readonly preconditions?: Preconditions | undefined
    },
    transform: Transform,
  ): Promise<{ readonly stored: StoredObject; readonly created: boolean }>
  /** Deletes what is there once `admit` agrees; gives the last state, with the revision of the deletion. */
  delete(
    kind: KindDefinition,
    key: string,
    name: string,
    options: { readonly dryRun: boolean; readonly preconditions?: Preconditions | undefined },
    admit: (current: StoredObject) => Promise<void>,
  ): Promise<StoredObject>
}

const textEncoder = new TextEncoder()

export function createObjectStore(dependencies: ObjectStoreDependencies): ObjectStore {
  const { store, storeOf, written, measure } = dependencies

  async function read(kind: KindDefinition, key: string): Promise<StoredObject | undefined> {
    const kv = await readValue(kind, key)
    return kv && decode(kind, kv)
  }

  const readValue = async (kind: KindDefinition, key: string): Promise<KeyValue | undefined> =>
    (await measure('get', kind, () => storeOf(kind).range({ start: key }))).kvs[0]

  function decode(kind: KindDefinition, kv: KeyValue, isListed = false): StoredObject {
    try {
      return dependencies.decode(kind, kv)
    } catch (error) {
      if (!(error instanceof TransformError)) throw error
      throw internalError(isListed ? unreadable(kv.key, error) : error)
    }
  }

  const transformerOf = (kind: KindDefinition) => {
    const { group, resource } = storedResourceOf(kind)
    return dependencies.encryption.of(group, resource)
  }

  /** Writes `object` if the key is still at `revision` (0: absent); undefined when it is not. */
  async function put(
    kind: KindDefinition,
    key: string,
    object: JsonObject,
    revision: number,
  ): Promise<{ stored: StoredObject } | { current: KeyValue | undefined }> {
    const { ttlSeconds } = kind
    const lease = ttlSeconds ? await dependencies.leases.leaseFor(ttlSeconds) : 0
    const write = async (): Promise<{ answer: TxnResponse; value: Uint8Array }> => {
      const value = transformerOf(kind).toStorage(encodeForStore(object), key)
      written.remember(value, object)
      const answer = await measure(revision === 0 ? 'create' : 'update', kind, () =>
        storeOf(kind).txn({
          compare: [{ key, modRevision: revision }],
          success: [{ type: 'put', key, value, ...(lease !== 0 && { lease }) }],
          failure: [{ type: 'get', key }],
        }),
      )
      return { answer, value }
    }
    const { answer, value } = await write().catch((error: unknown) => {
      // who owns which field is worth less than the object itself
      if (!(error instanceof RequestTooLargeError) || !metadataOf(object)['managedFields']) throw error
      delete metadataOf(object)['managedFields']
      return write()
    })
    if (answer.succeeded) {
      const stored = written.find({ key, value, modRevision: answer.revision })
      return { stored: stored ?? storedAt(key, object, answer.revision) }
    }
    return { current: answer.responses[0] }
  }

  return {
    read,
    currentRevision: () => store.currentRevision(),

    async checkRevision(kind, revision) {
      await store.range({ start: prefixOf(kind), revision, limit: 1 })
    },

    async range(kind, request) {
      const { kvs, count, more, revision } = await measure('list', kind, () => storeOf(kind).range(request))
      // what the cache has at the same revision is the same, decoded and encoded already
      const itemOf = (kv: KeyValue): StoredObject => {
        const known = dependencies.peek(kind, kv.key)
        return known?.revision === kv.modRevision ? known : decode(kind, kv, true)
      }
      return { items: kvs.map(itemOf), count, more, revision }
    },

    async create(kind, key, name, object, dryRun) {
      if (dryRun) {
        if (await read(kind, key)) throw alreadyExists(groupResourceOf(kind), name)
        return unstored(key, object)
      }
      if (metadataOf(object)['resourceVersion'])
        throw plainError('resourceVersion should not be set on objects to be created')
      const outcome = await put(kind, key, object, 0)
      if ('stored' in outcome) return outcome.stored
      throw duplicate(kind, name, outcome.current && decode(kind, outcome.current))
    },

    async update(kind, key, name, options, transform) {
      let current = dependencies.peek(kind, key)
      let isLive = false
      let kv: KeyValue | undefined
      const takeOver = (live: KeyValue | undefined): void => {
        kv = live
        current = live && decode(kind, live)
        isLive = true
      }
      const refresh = async (): Promise<boolean> => {
        const before = current?.revision
        takeOver(await readValue(kind, key))
        return before !== current?.revision
      }
      if (!current) await refresh()
      for (;;) {
        let object: JsonObject
        try {
          if (!current && !options.mayCreate) throw notFound(groupResourceOf(kind), name)
          checkPreconditions(kind, key, name, current, options.preconditions)
          object = await transform(current)
        } catch (error) {
          // perhaps only because the cache was behind
          if (!isLive && (await refresh())) continue
          throw error
        }
        if (current && isUnchanged(object, current)) {
          if (!isLive && (await refresh())) continue
          // what lies there under an older key is written again under the new one
          const isStale = kv !== undefined && transformerOf(kind).fromStorage(kv.value, key).isStale
          if (!isStale) return { stored: current, created: false }
        }
        if (options.dryRun) return { stored: unstored(key, object), created: !current }
        const outcome = await put(kind, key, object, current?.revision ?? 0)
        if ('stored' in outcome) return { stored: outcome.stored, created: !current }
        takeOver(outcome.current)
      }
    },

    async delete(kind, key, name, options, admit) {
      let current = await read(kind, key)
      for (;;) {
        if (!current) throw notFound(groupResourceOf(kind), name)
        checkPreconditions(kind, key, name, current, options.preconditions)
        await admit(current)
        if (options.dryRun) return current
        const { revision } = current
        const answer = await measure('delete', kind, () =>
          storeOf(kind).txn({
            compare: [{ key, modRevision: revision }],
            success: [{ type: 'delete', key }],
            failure: [{ type: 'get', key }],
          }),
        )
        if (answer.succeeded) return storedAt(key, cloneJson(current.object), answer.revision)
        const newer: KeyValue | undefined = answer.responses[0]
        current = newer && decode(kind, newer)
      }
    },
  }
}

function duplicate(kind: KindDefinition, name: string, current: StoredObject | undefined): Error {
  const error = alreadyExists(groupResourceOf(kind), name)
  if (!(current?.object['metadata'] as ObjectMeta | undefined)?.deletionTimestamp) return error
  return failure(409, 'AlreadyExists', `object is being deleted: ${error.message}`, error.status.details)
}

/** A failure without a reason: upstream's plain Go error. */
export const plainError = (message: string, code = 500) => failure(code, '', message)

function checkPreconditions(
  kind: KindDefinition,
  key: string,
  name: string,
  current: StoredObject | undefined,
  preconditions: Preconditions | undefined,
): void {
  if (!preconditions) return
  const meta = (current?.object['metadata'] ?? {}) as ObjectMeta
  const refuse = (text: string): Error =>
    conflict(
      groupResourceOf(kind),
      name,
      `StorageError: invalid object, Code: 4, Key: ${key}, ResourceVersion: 0, AdditionalErrorMsg: ${text}`,
    )
  if (preconditions.uid !== undefined && preconditions.uid !== meta.uid) {
    throw refuse(
      `Precondition failed: UID in precondition: ${preconditions.uid}, UID in object meta: ${meta.uid ?? ''}`,
    )
  }
  if (preconditions.resourceVersion !== undefined && preconditions.resourceVersion !== meta.resourceVersion) {
    throw refuse(
      `Precondition failed: ResourceVersion in precondition: ${preconditions.resourceVersion}, ResourceVersion in object meta: ${meta.resourceVersion}`,
    )
  }
}

/** The stored form: without resourceVersion, which is the revision of the write. */
export function encodeForStore(object: JsonObject): Uint8Array {
  const metadata = object['metadata'] as JsonObject
  const { resourceVersion: _resourceVersion, ...rest } = metadata
  return textEncoder.encode(JSON.stringify({ ...object, metadata: rest }))
}

function isUnchanged(object: JsonObject, current: StoredObject): boolean {
  metadataOf(object)['resourceVersion'] = String(current.revision)
  return equalJson(object, current.object)
}

/** What a dry run answers with: the object as it would have been stored. */
function unstored(key: string, object: JsonObject): StoredObject {
  freezeJson(object)
  return storedObject(key, object, 0)
}
