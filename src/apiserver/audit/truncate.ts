// Bounds the size of what a backend gets: too large an event loses its objects, too large a batch is split.
//
// Upstream: staging/src/k8s.io/apiserver/plugin/pkg/audit/truncate/truncate.go

import type { AuditBackend, OnLost } from '#apiserver/audit/backend.ts'
import { type AuditEvent, encodeEvent, isAtLeast } from '#apiserver/audit/event.ts'

export interface TruncateOptions {
  readonly maxEventBytes: number
  readonly maxBatchBytes: number
}

export function truncating(backend: AuditBackend, options: TruncateOptions, onLost: OnLost): AuditBackend {
  return {
    async process(events) {
      let isKept = true
      for (const batch of batches(events, options, onLost)) isKept = (await backend.process(batch)) && isKept
      return isKept
    },
    close: () => backend.close(),
  }
}

function batches(events: readonly AuditEvent[], options: TruncateOptions, onLost: OnLost): AuditEvent[][] {
  const out: AuditEvent[][] = []
  let room = 0
  let lost = 0
  for (const whole of events) {
    let event = whole
    let size = sizeOf(event)
    if (size > options.maxEventBytes && isAtLeast(event.level, 'Request')) {
      event = withoutObjects(event)
      size = sizeOf(event)
    }
    if (size > options.maxEventBytes) {
      lost++
      continue
    }
    if (out.length === 0 || size > room) {
      out.push([])
      room = options.maxBatchBytes
    }
    room -= size
    out.at(-1)!.push(event)
  }
  if (lost > 0) onLost('truncate', new Error('event is too large even after truncating'), lost)
  return out
}

const sizeOf = (event: AuditEvent): number => Buffer.byteLength(encodeEvent(event)) + 1

function withoutObjects({
  requestObject: _request,
  responseObject: _response,
  ...rest
}: AuditEvent): AuditEvent {
  return { ...rest, annotations: { ...rest.annotations, 'audit.k8s.io/truncated': 'true' } }
}
