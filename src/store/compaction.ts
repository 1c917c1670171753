// Forgets the history of the store beyond five to ten minutes, so that it does not grow with every change.
//
// Every five minutes all is compacted that was history at the round before. Several servers on one etcd may each do
// this: they agree on what is old, and compacting twice does nothing.
// Upstream: staging/src/k8s.io/apiserver/pkg/storage/etcd3/compact.go

import type { Revision, Store } from '#store/store.ts'
import type { Clock } from '#sys/clock.ts'
import type { Logger } from '#sys/log.ts'

/** kube-apiserver's --etcd-compaction-interval. */
const INTERVAL_MS = 300_000

/** Compacts until `signal` aborts; a round that fails is logged and made up for by the next. */
export async function runCompaction(
  store: Store,
  clock: Clock,
  log: Logger,
  signal: AbortSignal,
): Promise<void> {
  let before: Revision = 0
  while (!signal.aborted) {
    try {
      const revision = await store.currentRevision()
      if (before > 0) await store.compact(before)
      before = revision
    } catch (error) {
      log.warn({ error: String(error) }, 'the store could not be compacted')
    }
    await clock.sleep(INTERVAL_MS, signal).catch(() => undefined)
  }
}
