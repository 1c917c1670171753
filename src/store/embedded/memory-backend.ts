// The log of an embedded store that ends with its process: for tests.

import type { Backend, Batch, State } from '#store/embedded/backend.ts'
import type { Revision } from '#store/store.ts'

/** Revisions stay far below the point where this product loses precision. */
const MAX_SUB = 4096

const slotOf = (state: State): number => state.revision * MAX_SUB + state.sub

export function createMemoryBackend(): Backend {
  const values = new Map<number, Uint8Array>()
  let size = 0
  let revision: Revision = 1
  return {
    load: () => ({ revision, compactRevision: 0, records: [], leases: [] }),
    async commit(batch: Batch) {
      revision = batch.revision
      for (const { state, value } of batch.writes) {
        if (state.version === 0) continue
        values.set(slotOf(state), value)
        size += value.length
      }
      for (const state of batch.removes) {
        size -= values.get(slotOf(state))?.length ?? 0
        values.delete(slotOf(state))
      }
    },
    value: (state) => values.get(slotOf(state)),
    writtenRevision: () => revision,
    sizeBytes: () => size,
    async close() {
      values.clear()
    },
  }
}
