// Keeps the condition `Dangling` of flow schemas true: whether the level that a schema names exists.
//
// Event-driven by the informers. Several servers of different versions may disagree and change it back and forth, so
// one schema is written at most six times a minute.
// Upstream: digestConfigObjects in staging/src/k8s.io/apiserver/pkg/util/flowcontrol/apf_controller.go

import { apiVersionOf } from '#api/meta/object.ts'
import { isNotFound } from '#api/meta/status.ts'
import { flowSchemas } from '#api/resources.ts'
import type { FlowSchema, PriorityLevelConfiguration } from '#api/types/flowcontrol.ts'
import { danglingCondition } from '#apiserver/flowcontrol/configuration.ts'
import type { Client } from '#client/client.ts'
import type { Informer } from '#client/informer.ts'
import type { Requeue } from '#client/work-queue.ts'
import { type Clock, formatTime } from '#sys/clock.ts'

const FIELD_MANAGER = 'api-priority-and-fairness-config-consumer-v1'
const WINDOW_MS = 60_000
const MAX_WRITES = 6

export interface SchemaStatusOptions {
  readonly client: Client
  readonly clock: Clock
  readonly schemas: Informer<FlowSchema>
  readonly levels: Informer<PriorityLevelConfiguration>
}

/** Gives the work for one schema's name. */
export function schemaStatus(options: SchemaStatusOptions): (name: string) => Promise<Requeue> {
  const { client, clock, schemas, levels } = options
  const writes = new Map<string, readonly number[]>()

  return async (name) => {
    const schema = schemas.get(name)
    if (!schema) {
      writes.delete(name)
      return undefined
    }
    const names = new Set(levels.list().map(({ metadata }) => metadata?.name ?? ''))
    const condition = danglingCondition(schema, names, formatTime(clock.now()))
    if (!condition) return undefined
    const now = clock.monotonic()
    const recent = (writes.get(name) ?? []).filter((at) => now - at < WINDOW_MS)
    if (recent.length >= MAX_WRITES) return { afterMs: WINDOW_MS - (now - recent[0]!) }
    writes.set(name, [...recent, now])
    const patch = {
      apiVersion: apiVersionOf(flowSchemas.group, flowSchemas.version),
      kind: flowSchemas.kind,
      metadata: { name },
      status: { conditions: [condition] },
    }
    const apply = { subresource: 'status', fieldManager: FIELD_MANAGER, force: true }
    try {
      await client.resource(flowSchemas).patch('', name, 'apply', patch, apply)
    } catch (error) {
      if (!isNotFound(error)) throw error
    }
    return undefined
  }
}
