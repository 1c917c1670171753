// One informer for each kind of object that can be deleted, started and stopped as kinds come and go.
//
// Kinds that other controllers use are shared with them; the others belong to the collector alone.
// Upstream: pkg/controller/garbagecollector/graph_builder.go (syncMonitors)

import { setMaxListeners } from 'node:events'
import type { KubeObject } from '#api/meta/object.ts'
import type { Change } from '#client/informer.ts'
import type { ControllerContext } from '#controllers/controller.ts'
import { type DiscoveredResource, type Discovery, discover } from '#controllers/discovery.ts'
import { type KindMonitor, kindId, monitorKind } from '#controllers/kind-monitor.ts'

/** How long to wait for kinds that do not come: their server may be down. */
const SYNC_TIMEOUT_MS = 30_000

const NEEDED_VERBS = ['delete', 'list', 'watch']
/** Events are many, are owned by nobody, and end by themselves. */
const IGNORED = new Set(['/events', 'events.k8s.io/events'])

export class Monitors {
  readonly #context: ControllerContext
  readonly #onChange: (type: DiscoveredResource, change: Change<KubeObject>) => void
  readonly #monitors = new Map<string, KindMonitor>()
  readonly #ended: Promise<void>[] = []
  #types = new Map<string, DiscoveredResource>()

  constructor(
    context: ControllerContext,
    onChange: (type: DiscoveredResource, change: Change<KubeObject>) => void,
  ) {
    this.#context = context
    this.#onChange = onChange
  }

  /** The resource that an owner reference means, in whatever version it is served. */
  typeOf(apiVersion: string, kind: string): DiscoveredResource | undefined {
    const slash = apiVersion.indexOf('/')
    return this.#types.get(`${slash < 0 ? '' : apiVersion.slice(0, slash)}/${kind}`)
  }

  /** Asks what there is, starts and stops informers accordingly, and waits for the new ones. */
  async sync(signal: AbortSignal): Promise<Discovery> {
    const found = await discover(this.#context.client)
    this.#types = new Map(found.resources.map((type) => [`${type.group}/${type.kind}`, type]))
    const wanted = found.resources.filter(isCollectable)
    const ids = new Set(wanted.map(kindId))
    for (const [id, monitor] of this.#monitors) {
      // A group that does not answer now is not known to be gone.
      if (ids.has(id) || found.failures.has(id.slice(0, id.lastIndexOf('/')))) continue
      monitor.stop()
      this.#monitors.delete(id)
    }
    for (const type of wanted) {
      if (!this.#monitors.has(kindId(type))) this.#monitors.set(kindId(type), this.#start(type, signal))
    }
    await this.#whenSynced(signal)
    return found
  }

  /** Ends all of them. */
  async stop(): Promise<void> {
    for (const monitor of this.#monitors.values()) monitor.stop()
    await Promise.all(this.#ended)
  }

  #start(type: DiscoveredResource, signal: AbortSignal): KindMonitor {
    const monitor = monitorKind(this.#context, type, (change) => this.#onChange(type, change), signal)
    this.#ended.push(monitor.ended)
    return monitor
  }

  async #whenSynced(signal: AbortSignal): Promise<void> {
    const enough = new AbortController()
    const timer = this.#context.clock.after(SYNC_TIMEOUT_MS, () => enough.abort(new Error('timed out')))
    const stop = AbortSignal.any([signal, enough.signal])
    setMaxListeners(0, stop)
    try {
      await Promise.all([...this.#monitors.values()].map(({ informer }) => informer.whenSynced(stop)))
    } catch (error) {
      if (signal.aborted) throw error
      const missing = [...this.#monitors]
        .filter(([, { informer }]) => !informer.hasSynced())
        .map(([id]) => id)
      this.#context.log.warn({ missing }, 'some kinds cannot be watched; going on without them')
    } finally {
      timer.cancel()
    }
  }
}

function isCollectable(type: DiscoveredResource): boolean {
  return (
    NEEDED_VERBS.every((verb) => type.verbs.includes(verb)) && !IGNORED.has(`${type.group}/${type.resource}`)
  )
}
