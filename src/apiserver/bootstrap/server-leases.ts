// Which API servers live: each keeps a key with a short lease in the store, and watches those of the others.
//
// `default/kubernetes` must list the living servers without a server having to ask another, so they meet in the store,
// under the key that upstream's servers use as well. A server that dies loses its key when the lease runs out.
// Upstream: pkg/controlplane/reconcilers/lease.go

import { LeaseNotFoundError, prefixEnd, type Store } from '#store/store.ts'
import type { Clock } from '#sys/clock.ts'
import type { Logger } from '#sys/log.ts'

const PREFIX = '/registry/masterleases/'
const LEASE_SECONDS = 15
const RENEW_MS = 10_000
const RETRY_MS = 1_000

export interface ServerLeases {
  /** Addresses of the living servers, sorted. */
  list(): Promise<readonly string[]>
  /** Writes the own key; then keeps it alive and tells of changes until `signal` aborts. */
  join(address: string, onChange: () => void, signal: AbortSignal): Promise<{ readonly left: Promise<void> }>
}

export function serverLeases(store: Store, clock: Clock, log: Logger): ServerLeases {
  async function write(address: string): Promise<number> {
    const lease = await store.grantLease(LEASE_SECONDS)
    const value = {
      apiVersion: 'v1',
      kind: 'Endpoints',
      metadata: {},
      subsets: [{ addresses: [{ ip: address }] }],
    }
    const bytes = new TextEncoder().encode(JSON.stringify(value))
    await store.txn({ compare: [], success: [{ type: 'put', key: PREFIX + address, value: bytes, lease }] })
    return lease
  }

  async function keepAlive(address: string, first: number, signal: AbortSignal): Promise<void> {
    let lease = first
    while (!signal.aborted) {
      await clock.sleep(RENEW_MS, signal).catch(() => undefined)
      if (signal.aborted) break
      try {
        await store.keepLeaseAlive(lease)
      } catch (error) {
        if (error instanceof LeaseNotFoundError) lease = await write(address).catch(() => lease)
        else log.warn({ error: String(error) }, 'could not renew the lease of this API server')
      }
    }
    // The store may be gone already; then the lease runs out by itself.
    await store.revokeLease(lease).catch(() => undefined)
  }

  async function watchOthers(onChange: () => void, signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const ended = new Promise<void>((resolve) => {
        const onBatch = ({ events }: { readonly events: readonly unknown[] }) => {
          if (events.length > 0) onChange()
        }
        store
          .watch({ start: PREFIX, end: prefixEnd(PREFIX), onBatch, onEnd: () => resolve(), signal })
          .then(onChange, () => resolve())
      })
      await ended
      if (!signal.aborted) await clock.sleep(RETRY_MS, signal).catch(() => undefined)
    }
  }

  return {
    async list() {
      const { kvs } = await store.range({ start: PREFIX, end: prefixEnd(PREFIX), keysOnly: true })
      return kvs.map(({ key }) => key.slice(PREFIX.length)).sort()
    },
    async join(address, onChange, signal) {
      const lease = await write(address)
      const left = Promise.all([keepAlive(address, lease, signal), watchOthers(onChange, signal)])
      return { left: left.then(() => undefined) }
    },
  }
}
