// The store as one version of a custom kind sees it: every object in that version, whatever lies there.
//
// Conversion by webhook takes time, and all that reads objects (watch caches, tables, selectors) wants them at once. So it
// happens below them: values are converted on the way out of the store, and into the stored version on the way in. Each
// version has a watch cache of its own, fed from here. The price is one call of the webhook for each version and change.
// What is encrypted at rest is decrypted for the webhook, and encrypted again for those above, who know nothing of this.
// Invariant: revisions and order are the store's own.

import type { CustomConversion } from '#api/kinds/kind.ts'
import type { JsonObject } from '#api/meta/object.ts'
import type { Convert } from '#apiserver/customresources/conversion.ts'
import type { ValueTransformer } from '#apiserver/encryption/value-transformer.ts'
import type { KeyValue, Op, Store, StoreEvent, WatchBatch, WatchRequest } from '#store/store.ts'

/** So many batches may wait for their conversion before the watch is ended; who watches begins again from where it was. */
const MAX_WAITING = 1_000

const decoder = new TextDecoder()
const encoder = new TextEncoder()

interface Keyed {
  readonly key: string
  readonly value: Uint8Array
}

/** `apiVersion`: the version that this store shows; `transformer`: how its objects are encrypted. */
export function convertingStore(
  store: Store,
  conversion: CustomConversion,
  apiVersion: string,
  convert: Convert,
  transformer: ValueTransformer,
): Store {
  async function convertValues(stored: readonly Keyed[], wanted: string): Promise<Uint8Array[]> {
    const objects = stored.map(({ key, value }) => {
      const plain = transformer.fromStorage(value, key).value
      return JSON.parse(decoder.decode(plain)) as JsonObject
    })
    const converted = await convert(conversion, objects, wanted)
    return converted.map((object, i) => {
      const { key, value } = stored[i]!
      return object === objects[i]
        ? value
        : transformer.toStorage(encoder.encode(JSON.stringify(object)), key)
    })
  }

  async function shown(kvs: readonly KeyValue[]): Promise<KeyValue[]> {
    const values = await convertValues(kvs, apiVersion)
    return kvs.map((kv, i) => ({ ...kv, value: values[i]! }))
  }

  /** All states in a batch are converted by one call. */
  async function shownBatch(batch: WatchBatch): Promise<WatchBatch> {
    // read once: a store may make the state before anew each time
    const changes = batch.events.map(({ type, kv, previous }) => ({ type, kv, previous }))
    const states = changes.flatMap(({ type, kv, previous }) => [
      ...(type === 'put' ? [kv] : []),
      ...(previous ? [previous] : []),
    ])
    if (states.length === 0) return batch
    const converted = await shown(states)
    const found = new Map(states.map((state, i) => [state, converted[i]!]))
    const events = changes.map(
      ({ type, kv, previous }): StoreEvent => ({
        type,
        kv: found.get(kv) ?? kv,
        previous: previous && found.get(previous),
      }),
    )
    return { ...batch, events }
  }

  async function storedOps(ops: readonly Op[]): Promise<readonly Op[]> {
    return Promise.all(
      ops.map(async (op) => {
        if (op.type !== 'put') return op
        const [value] = await convertValues([op], conversion.storedAs)
        return { ...op, value: value! }
      }),
    )
  }

  return {
    ...methodsOf(store),
    async range(request) {
      const answer = await store.range(request)
      if (request.keysOnly || request.countOnly) return answer
      return { ...answer, kvs: await shown(answer.kvs) }
    },
    async txn(request) {
      const answer = await store.txn({ ...request, success: await storedOps(request.success) })
      const ops = answer.succeeded ? request.success : (request.failure ?? [])
      const responses = await Promise.all(
        answer.responses.map(async (kv, i) => (kv && ops[i]?.type === 'get' ? (await shown([kv]))[0] : kv)),
      )
      return { ...answer, responses }
    },
    watch: (request) => store.watch(inTurn(request, shownBatch)),
  }
}

/** Without the ones that are replaced; a store is a class whose methods know themselves. */
function methodsOf(store: Store): Store {
  return {
    range: (request) => store.range(request),
    txn: (request) => store.txn(request),
    watch: (request) => store.watch(request),
    currentRevision: () => store.currentRevision(),
    compact: (revision) => store.compact(revision),
    grantLease: (ttlSeconds) => store.grantLease(ttlSeconds),
    keepLeaseAlive: (id) => store.keepLeaseAlive(id),
    revokeLease: (id) => store.revokeLease(id),
    sizeBytes: () => store.sizeBytes(),
    close: () => store.close(),
  }
}

/** The watch with each batch converted, one after the other; a conversion that fails ends it. */
function inTurn(request: WatchRequest, convert: (batch: WatchBatch) => Promise<WatchBatch>): WatchRequest {
  const controller = new AbortController()
  const stop = (): void => controller.abort()
  request.signal.addEventListener('abort', stop, { once: true })
  if (request.signal.aborted) stop()
  let waiting = 0
  let hasEnded = false
  let turn: Promise<void> = Promise.resolve()
  const end = (error: Error | undefined): void => {
    if (hasEnded) return
    hasEnded = true
    request.signal.removeEventListener('abort', stop)
    stop()
    request.onEnd(error)
  }
  const deliver = async (batch: WatchBatch): Promise<void> => {
    try {
      const converted = hasEnded ? undefined : await convert(batch)
      if (converted && !hasEnded && !request.signal.aborted) request.onBatch(converted)
    } catch (error) {
      end(error instanceof Error ? error : new Error(String(error)))
    }
    waiting--
  }
  return {
    ...request,
    signal: controller.signal,
    onBatch(batch) {
      if (++waiting > MAX_WAITING) end(new Error('conversions cannot keep up with the changes'))
      turn = turn.then(() => deliver(batch))
    },
    onEnd(error) {
      turn = turn.then(() => end(error))
    },
  }
}
