// An informer of a kind that was found by discovery, for as long as somebody wants it.
//
// Kinds that controllers read anyway are shared with them; the others have an informer of their own, which can be
// stopped when the kind is gone. Upstream: pkg/controller/garbagecollector/graph_builder.go (monitor),
// pkg/controller/resourcequota/resource_quota_monitor.go

import type { KubeObject } from '#api/meta/object.ts'
import * as builtIn from '#api/resources.ts'
import { type Change, createInformer, type Informer } from '#client/informer.ts'
import type { ControllerContext } from '#controllers/controller.ts'

export interface KindMonitor {
  readonly informer: Informer<KubeObject>
  /** Hears no change any more. */
  stop(): void
  /** Resolves when it has stopped, or the signal has aborted, and nothing runs any more. */
  readonly ended: Promise<void>
}

export const kindId = (type: builtIn.ResourceType): string =>
  `${type.group ? `${type.group}/` : ''}${type.version}/${type.resource}`

const SHARED: ReadonlySet<string> = new Set(Object.values(builtIn).map(kindId))

/** Watches a kind until `signal` aborts or it is stopped. */
export function monitorKind(
  context: ControllerContext,
  type: builtIn.ResourceType,
  onChange: (change: Change<KubeObject>) => void,
  signal: AbortSignal,
): KindMonitor {
  if (SHARED.has(kindId(type))) {
    const informer = context.informers.informer(type)
    return { informer, stop: informer.onChange(onChange), ended: Promise.resolve() }
  }
  const own = new AbortController()
  const informer = createInformer<KubeObject>(type, {}, context)
  informer.onChange(onChange)
  const ended = informer.run(AbortSignal.any([signal, own.signal]))
  return { informer, stop: () => own.abort(), ended }
}
