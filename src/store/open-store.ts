// Opens the store that a server is configured with: embedded, or an etcd cluster.

import { openEmbeddedStore } from '#store/embedded/embedded-store.ts'
import type { EtcdTls } from '#store/etcd/connection.ts'
import { openEtcdStore } from '#store/etcd/etcd-store.ts'
import type { Store } from '#store/store.ts'
import type { Clock } from '#sys/clock.ts'
import type { Random } from '#sys/random.ts'

export type StoreOptions =
  | {
      readonly type: 'embedded'
      /** The data directory; absent: in memory. */
      readonly path?: string | undefined
      readonly quotaBytes?: number
    }
  | { readonly type: 'etcd'; readonly endpoints: readonly string[]; readonly tls?: EtcdTls | undefined }

/** Rejects with StoreUnavailableError, whose message says what to do. */
export function openStore(options: StoreOptions, clock: Clock, random: Random): Promise<Store> {
  return options.type === 'etcd'
    ? openEtcdStore({ ...options, clock, random })
    : openEmbeddedStore({ ...options, clock })
}
