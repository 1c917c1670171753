// Leases for objects with a time to live (events): one lease serves all objects of the same minute.
//
// A lease per object would make the store keep as many timers as there are events.
// Upstream: staging/src/k8s.io/apiserver/pkg/storage/etcd3/lease_manager.go

import type { Store } from '#store/store.ts'
import type { Clock } from '#sys/clock.ts'

export interface LeasePool {
  /** The lease of an object that is to live for `ttlSeconds` at least. */
  leaseFor(ttlSeconds: number): Promise<number>
}

/** How long one lease is given to new objects, and how many objects it may carry. */
const REUSE_SECONDS = 60
const MAX_OBJECTS = 1000

export function createLeasePool(store: Store, clock: Clock): LeasePool {
  const current = new Map<number, { id: Promise<number>; until: number; objects: number }>()
  return {
    async leaseFor(ttlSeconds) {
      const entry = current.get(ttlSeconds)
      const now = clock.monotonic()
      if (entry && now < entry.until && entry.objects < MAX_OBJECTS) {
        entry.objects++
        return entry.id
      }
      const id = store.grantLease(ttlSeconds + REUSE_SECONDS)
      current.set(ttlSeconds, { id, until: now + REUSE_SECONDS * 1000, objects: 1 })
      id.catch(() => current.delete(ttlSeconds))
      return id
    },
  }
}
