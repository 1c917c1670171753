// Keeps the default flow schemas and priority levels: the mandatory ones as they are, the suggested ones as long as
// nobody has taken them over.
//
// Whoever changes a suggested object sets its annotation `apf.kubernetes.io/autoupdate-spec` to false and keeps the
// change. Defaults of earlier versions that still carry `true` are removed. Event-driven: a change of any of them is
// looked at at once. Upstream: pkg/registry/flowcontrol/{rest,ensurer}

import { MANDATORY_FLOW_SCHEMAS } from '#api/kinds/flowcontrol/mandatory.ts'
import { semanticEqual } from '#api/meta/equality.ts'
import { flowSchemas, priorityLevelConfigurations, type ResourceType } from '#api/resources.ts'
import type { FlowSchema, PriorityLevelConfiguration } from '#api/types/flowcontrol.ts'
import type { ServerAccess } from '#apiserver/access.ts'
import { ensure, type Repair, unlessNotFound } from '#apiserver/bootstrap/ensure.ts'
import {
  AUTOUPDATE_SPEC_ANNOTATION,
  FLOW_CONTROL_MANAGER,
  FLOW_SCHEMAS,
  PRIORITY_LEVELS,
} from '#apiserver/bootstrap/flow-control.ts'
import type { Informer } from '#client/informer.ts'
import { createWorkQueue } from '#client/work-queue.ts'

type Configured = FlowSchema | PriorityLevelConfiguration

const RETRY_MS = 1_000
const KEY = 'defaults'

export interface FlowControlObjects {
  /** Resolves when all of them are there. Call it when the informers have synced. */
  ensure(): Promise<void>
  /** Keeps them so until `signal` aborts. */
  run(signal: AbortSignal): Promise<void>
}

/** To be made before the informers start. */
export function flowControlObjects({ client, informers, clock, log }: ServerAccess): FlowControlObjects {
  const levels = informers.informer(priorityLevelConfigurations)
  const schemas = informers.informer(flowSchemas)

  async function ensureAll<T extends Configured>(
    type: ResourceType<T>,
    wanted: readonly T[],
    informer: Informer<T>,
  ): Promise<void> {
    const names = new Set(wanted.map(nameOf))
    const unwanted = informer.list().filter((object) => !names.has(nameOf(object)) && followsDefaults(object))
    const differing = wanted.filter((object) => {
      const present = informer.get(nameOf(object))
      return !present || repair(object)(present) !== undefined
    })
    await Promise.all([
      ...unwanted.map((object) => unlessNotFound(client.resource(type).delete('', nameOf(object)))),
      ...differing.map((object) => ensure(client, type, object, repair(object), FLOW_CONTROL_MANAGER)),
    ])
  }

  async function ensureDefaults(): Promise<void> {
    await Promise.all([
      ensureAll(priorityLevelConfigurations, PRIORITY_LEVELS, levels),
      ensureAll(flowSchemas, FLOW_SCHEMAS, schemas),
    ])
  }

  return {
    ensure: ensureDefaults,
    async run(signal) {
      const queue = createWorkQueue({
        clock,
        baseDelayMs: RETRY_MS,
        work: async () => {
          await ensureDefaults()
          return undefined
        },
        onError: (_key, error) => log.warn({ error: String(error) }, 'could not keep flow control objects'),
      })
      const stopFollowing = [levels, schemas].map((informer) => informer.onChange(() => queue.add(KEY)))
      await queue.run(signal)
      for (const stop of stopFollowing) stop()
    },
  }
}

const nameOf = (object: Configured): string => object.metadata?.name ?? ''

const annotationOf = (object: Configured): string | undefined =>
  object.metadata?.annotations?.[AUTOUPDATE_SPEC_ANNOTATION]

const followsDefaults = (object: Configured): boolean => annotationOf(object) === 'true'

/** What brings a default object back to what it should be. Pure; exported for its test. */
export function repair<T extends Configured>(wanted: T): Repair<T> {
  return (present) => {
    const isKept = isMandatory(wanted) || mayUpdate(present)
    const annotation = String(isKept)
    const spec = isKept ? wanted.spec : present.spec
    if (annotationOf(present) === annotation && semanticEqual(present.spec, spec)) return undefined
    const annotations = { ...present.metadata?.annotations, [AUTOUPDATE_SPEC_ANNOTATION]: annotation }
    return { type: 'update', object: { ...present, spec, metadata: { ...present.metadata, annotations } } }
  }
}

// schemas and levels that are mandatory have the same names
const isMandatory = (object: Configured): boolean => Object.hasOwn(MANDATORY_FLOW_SCHEMAS, nameOf(object))

/** Without a word on it: whether nobody has changed the spec since it was created. */
function mayUpdate(present: Configured): boolean {
  const annotation = annotationOf(present)
  if (annotation === 'true' || annotation === 'false') return annotation === 'true'
  return present.metadata?.generation === 1
}
