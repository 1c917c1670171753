// The store that a cluster was made with.

import type { ClusterConfig } from '#cluster/config.ts'
import type { ClusterLayout } from '#cluster/layout.ts'
import { ownEtcdUrl, runsOwnEtcd } from '#cluster/supervisor/processes.ts'
import { openStore } from '#store/open-store.ts'
import type { Store } from '#store/store.ts'
import { systemClock } from '#sys/clock.ts'
import { systemRandom } from '#sys/random.ts'

export function openClusterStore(layout: ClusterLayout, config: ClusterConfig): Promise<Store> {
  const endpoints = runsOwnEtcd(config) ? [ownEtcdUrl(config)] : config.etcdServers
  const options =
    config.store === 'embedded'
      ? ({ type: 'embedded', path: layout.storeDir } as const)
      : ({ type: 'etcd', endpoints } as const)
  return openStore(options, systemClock, systemRandom)
}
