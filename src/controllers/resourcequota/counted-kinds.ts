// The kinds that quotas count, each watched from when the first quota names it.
//
// Quotas may count objects of any kind (`count/widgets.example.com`), and most clusters count few: what no quota names
// costs nothing. A kind that the server does not serve (yet) is left out; its quotas keep what they say.
// Upstream: pkg/controller/resourcequota/resource_quota_monitor.go. Upstream watches all kinds that can be listed and
// deleted, and asks every 30 seconds for new ones; here the watches of definitions and aggregated APIs bring them.

import type { KubeObject } from '#api/meta/object.ts'
import { type Evaluator, evaluatorFor } from '#api/quota/evaluator.ts'
import {
  configMaps,
  persistentVolumeClaims,
  pods,
  type ResourceType,
  replicationControllers,
  resourceQuotas,
  secrets,
  services,
} from '#api/resources.ts'
import type { Change, Informer } from '#client/informer.ts'
import type { ControllerContext } from '#controllers/controller.ts'
import { type DiscoveredResource, discover } from '#controllers/discovery.ts'
import { type KindMonitor, monitorKind } from '#controllers/kind-monitor.ts'

export interface CountedKind {
  readonly evaluator: Evaluator
  readonly informer: Informer<KubeObject>
}

/** Those that quotas know by more names than `count/…`. */
const NAMED: readonly ResourceType[] = [
  pods,
  services,
  persistentVolumeClaims,
  configMaps,
  secrets,
  replicationControllers,
  resourceQuotas,
]
const COUNT_PREFIX = 'count/'
const REQUIRED_VERBS = ['create', 'list', 'watch', 'delete']

const idOf = ({ group, resource }: ResourceType): string => (group ? `${resource}.${group}` : resource)

export class CountedKinds {
  readonly #context: ControllerContext
  readonly #onChange: (evaluator: Evaluator, change: Change<KubeObject>) => void
  readonly #monitors = new Map<string, { readonly monitor: KindMonitor; readonly evaluator: Evaluator }>()
  readonly #ended: Promise<void>[] = []
  #served: Promise<ReadonlyMap<string, DiscoveredResource>> | undefined

  constructor(
    context: ControllerContext,
    onChange: (evaluator: Evaluator, change: Change<KubeObject>) => void,
  ) {
    this.#context = context
    this.#onChange = onChange
  }

  /** The kinds that `names` of a quota count, their informers synced. */
  async of(names: readonly string[], signal: AbortSignal): Promise<readonly CountedKind[]> {
    const wanted = NAMED.filter(({ group, resource }) => {
      return (evaluatorFor(group, resource)?.matching(names) ?? []).length > 0
    })
    const known = new Set(NAMED.map(idOf))
    const others = names
      .filter((name) => name.startsWith(COUNT_PREFIX))
      .map((name) => name.slice(COUNT_PREFIX.length))
      .filter((id) => !known.has(id))
    const served = others.length > 0 ? await this.#discover() : new Map<string, DiscoveredResource>()
    const found = others.flatMap((id) => served.get(id) ?? [])
    const kinds = [...wanted, ...found].flatMap((type) => this.#start(type, signal) ?? [])
    await Promise.all(kinds.map(({ informer }) => informer.whenSynced(signal)))
    return kinds
  }

  /** Kinds have come or gone: asks anew, and ends the watches of those that are not served any more. */
  async refresh(): Promise<void> {
    this.#served = undefined
    const served = await this.#discover()
    const known = new Set(NAMED.map(idOf))
    for (const [id, { monitor }] of this.#monitors) {
      if (known.has(id) || served.has(id)) continue
      monitor.stop()
      this.#monitors.delete(id)
    }
  }

  async stop(): Promise<void> {
    for (const { monitor } of this.#monitors.values()) monitor.stop()
    await Promise.all(this.#ended)
  }

  #start(type: ResourceType, signal: AbortSignal): CountedKind | undefined {
    const evaluator = evaluatorFor(type.group, type.resource)
    if (!evaluator) return undefined
    let entry = this.#monitors.get(idOf(type))
    if (!entry) {
      const monitor = monitorKind(this.#context, type, (change) => this.#onChange(evaluator, change), signal)
      this.#ended.push(monitor.ended)
      entry = { monitor, evaluator }
      this.#monitors.set(idOf(type), entry)
    }
    return { evaluator, informer: entry.monitor.informer }
  }

  #discover(): Promise<ReadonlyMap<string, DiscoveredResource>> {
    this.#served ??= discover(this.#context.client).then(
      ({ resources }) =>
        new Map(
          resources
            .filter(
              ({ namespaced, verbs }) => namespaced && REQUIRED_VERBS.every((verb) => verbs.includes(verb)),
            )
            .map((type) => [idOf(type), type]),
        ),
      (error: unknown) => {
        this.#served = undefined
        throw error
      },
    )
    return this.#served
  }
}
