// Which API servers live: each keeps a key with a short lease in the store, and watches those of the others.
//
// `default/kubernetes` must list the living servers without a server having to ask another, so they meet in the store,
// under the prefix that upstream's servers use as well. A server that dies loses its key when the lease runs out.
// Upstream: pkg/controlplane/reconcilers/lease.go

import { LeaseNotFoundError, prefixEnd, type Store } from '#store/store.ts'
import type { Clock } from '#sys/clock.ts'
import type { Logger } from '#sys/log.ts'

const PREFIX = '/registry/masterleases/'
const LEASE_SECONDS = 15
const RENEW_MS = 10_000
const RETRY_MS = 1_000

/** Where other machines and pods reach an API server. */
export interface ServerAddress {
  readonly address: string
  readonly port: number
}

export interface ServerLeases {
  /** The living servers, by address and port. */
  list(): Promise<readonly ServerAddress[]>
  /** Writes the own key; then keeps it alive and tells of changes until `signal` aborts. */
  join(
    server: ServerAddress,
    onChange: () => void,
    signal: AbortSignal,
  ): Promise<{ readonly left: Promise<void> }>
}

/** What a key holds, in the form that upstream's servers read. */
interface LeaseValue {
  readonly subsets: readonly {
    readonly addresses: readonly { readonly ip: string }[]
    readonly ports: readonly { readonly name: string; readonly port: number; readonly protocol: string }[]
  }[]
}

export function serverLeases(store: Store, clock: Clock, log: Logger): ServerLeases {
  async function write({ address, port }: ServerAddress): Promise<number> {
    const lease = await store.grantLease(LEASE_SECONDS)
    const subset = { addresses: [{ ip: address }], ports: [{ name: 'https', port, protocol: 'TCP' }] }
    const endpoints = { apiVersion: 'v1', kind: 'Endpoints', metadata: {}, subsets: [subset] }
    const value = new TextEncoder().encode(JSON.stringify(endpoints))
    // several servers may share a machine: the address alone does not tell them apart
    const key = `${PREFIX}${address}:${port}`
    await store.txn({ compare: [], success: [{ type: 'put', key, value, lease }] })
    return lease
  }

  async function keepAlive(server: ServerAddress, first: number, signal: AbortSignal): Promise<void> {
    let lease = first
    while (!signal.aborted) {
      await clock.sleep(RENEW_MS, signal).catch(() => undefined)
      if (signal.aborted) break
      try {
        await store.keepLeaseAlive(lease)
      } catch (error) {
        if (error instanceof LeaseNotFoundError) lease = await write(server).catch(() => lease)
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
      const { kvs } = await store.range({ start: PREFIX, end: prefixEnd(PREFIX) })
      const servers = kvs.flatMap(({ value }) => serversIn(value))
      return servers.sort((a, b) =>
        a.address < b.address ? -1 : a.address > b.address ? 1 : a.port - b.port,
      )
    },
    async join(server, onChange, signal) {
      const lease = await write(server)
      const left = Promise.all([keepAlive(server, lease, signal), watchOthers(onChange, signal)])
      return { left: left.then(() => undefined) }
    },
  }
}

/** What is not JSON is of a server that cannot share this store: it is nobody's endpoint. */
function serversIn(value: Uint8Array): ServerAddress[] {
  let parsed: LeaseValue
  try {
    parsed = JSON.parse(new TextDecoder().decode(value)) as LeaseValue
  } catch {
    return []
  }
  return parsed.subsets.flatMap(({ addresses, ports }) =>
    addresses.flatMap(({ ip }) => ports.map(({ port }) => ({ address: ip, port }))),
  )
}
