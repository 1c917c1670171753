// Where audit events go: one interface for the log, the webhook, and what is put around them.
//
// ```
//   request ─▶ truncate? ─▶ buffer? (mode batch) ─▶ log or webhook
// ```
// In mode `batch` a request waits for nobody; in `blocking` its answer waits until the event is where it belongs, and in
// `blocking-strict` it is refused when the event that announced it could not be kept.
// Upstream: staging/src/k8s.io/apiserver/pkg/audit/{types,union}.go

import type { AuditEvent } from '#apiserver/audit/event.ts'

export interface AuditBackend {
  /** Resolves with false when events were lost that the request must not go on without. Never rejects. */
  process(events: readonly AuditEvent[]): Promise<boolean>
  /** Resolves when all that was taken has been written or given up. */
  close(): Promise<void>
}

/** Told of events that are lost: for the log and the metrics. `plugin` is upstream's name of the backend. */
export type OnLost = (
  plugin: 'log' | 'webhook' | 'buffered' | 'truncate',
  error: Error,
  count: number,
) => void

/** All of them get every event. */
export function unionBackend(backends: readonly AuditBackend[]): AuditBackend {
  return {
    async process(events) {
      const results = await Promise.all(backends.map((backend) => backend.process(events)))
      return results.every((isKept) => isKept)
    },
    async close() {
      await Promise.all(backends.map((backend) => backend.close()))
    },
  }
}

/** Mode `blocking`: a request waits, and goes on whatever happened. */
export function ignoreErrors(backend: AuditBackend): AuditBackend {
  return {
    async process(events) {
      await backend.process(events)
      return true
    },
    close: () => backend.close(),
  }
}
