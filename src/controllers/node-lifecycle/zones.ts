// How fast nodes may be emptied: less where many nodes of a zone fail, not at all where all do.
//
// When most of a zone falls silent at once, the fault is more likely in the network than in the nodes, and
// moving all pods would make it worse. When every node of every zone is silent, the control plane is the one
// that is cut off: nothing is evicted. Upstream: pkg/controller/nodelifecycle (handleDisruption),
// pkg/controller/nodelifecycle/scheduler/rate_limited_queue.go

import type { Node } from '#api/types/core.ts'
import { nodeCondition } from '#controllers/node-lifecycle/status.ts'

type ZoneState = 'initial' | 'normal' | 'partial-disruption' | 'full-disruption'

/** Nodes a second. */
const EVICTION_RATE = 0.1
const SECONDARY_EVICTION_RATE = 0.01
/** A zone of at most so many nodes is not emptied at all while it is partially disrupted. */
const LARGE_ZONE = 50
const UNHEALTHY_SHARE = 0.55
const MIN_UNHEALTHY = 3

interface Zone {
  state: ZoneState
  rate: number
  /** When the last node was let go, as a limiter of one token sees it. */
  tokens: number
  filledAt: number
}

/** What a change of the zones' states means for all nodes. */
export type ZonesTurn = 'isolated' | 'recovered' | undefined

export function zoneOf(node: Node): string {
  const labels = node.metadata?.labels ?? {}
  const zone = labels['failure-domain.beta.kubernetes.io/zone'] ?? labels['topology.kubernetes.io/zone'] ?? ''
  const region =
    labels['failure-domain.beta.kubernetes.io/region'] ?? labels['topology.kubernetes.io/region'] ?? ''
  return zone === '' && region === '' ? '' : `${region}:\0:${zone}`
}

export class Zones {
  readonly #zones = new Map<string, Zone>()

  /**
   * Brings the states up to date. `isolated`: all nodes became silent, so none is to be emptied. `recovered`:
   * some answer again, so all get a new chance to report.
   */
  update(nodes: readonly Node[], nowMs: number): ZonesTurn {
    const next = statesOf(nodes)
    const wasIsolated = this.#isIsolated(next)
    for (const name of next.keys()) {
      if (!this.#zones.has(name))
        this.#zones.set(name, { state: 'initial', rate: EVICTION_RATE, tokens: 1, filledAt: nowMs })
    }
    for (const name of [...this.#zones.keys()]) if (!next.has(name)) this.#zones.delete(name)
    const isIsolated = next.size > 0 && [...next.values()].every(({ state }) => state === 'full-disruption')
    for (const [name, { state, size }] of next) {
      const zone = this.#zones.get(name)
      if (!zone || (zone.state === state && isIsolated === wasIsolated)) continue
      this.#fill(zone, nowMs)
      zone.state = state
      zone.rate = isIsolated ? 0 : rateOf(state, size)
    }
    if (isIsolated === wasIsolated) return undefined
    return isIsolated ? 'isolated' : 'recovered'
  }

  /** 0 when a node of the zone may be emptied now; else how long to wait, infinite where it is not allowed. */
  takeTurn(zoneName: string, nowMs: number): number {
    const zone = this.#zones.get(zoneName)
    if (!zone || zone.rate === 0) return Number.POSITIVE_INFINITY
    this.#fill(zone, nowMs)
    if (zone.tokens < 1) return Math.ceil(((1 - zone.tokens) / zone.rate) * 1000)
    zone.tokens -= 1
    return 0
  }

  /** All known zones that still exist were fully disrupted before. */
  #isIsolated(next: ReadonlyMap<string, unknown>): boolean {
    const known = [...this.#zones].filter(([name]) => next.has(name))
    return known.length > 0 && known.every(([, { state }]) => state === 'full-disruption')
  }

  #fill(zone: Zone, nowMs: number): void {
    zone.tokens = Math.min(1, zone.tokens + ((nowMs - zone.filledAt) / 1000) * zone.rate)
    zone.filledAt = nowMs
  }
}

function rateOf(state: ZoneState, size: number): number {
  if (state === 'partial-disruption') return size > LARGE_ZONE ? SECONDARY_EVICTION_RATE : 0
  return EVICTION_RATE
}

function statesOf(nodes: readonly Node[]): ReadonlyMap<string, { state: ZoneState; size: number }> {
  const counts = new Map<string, { ready: number; size: number }>()
  for (const node of nodes) {
    if (node.metadata?.labels?.['node.kubernetes.io/exclude-disruption'] !== undefined) continue
    const zone = zoneOf(node)
    const count = counts.get(zone) ?? { ready: 0, size: 0 }
    count.size++
    if (nodeCondition(node, 'Ready')?.status === 'True') count.ready++
    counts.set(zone, count)
  }
  return new Map([...counts].map(([zone, { ready, size }]) => [zone, { state: stateOf(ready, size), size }]))
}

function stateOf(ready: number, size: number): ZoneState {
  const unhealthy = size - ready
  if (ready === 0 && unhealthy > 0) return 'full-disruption'
  if (unhealthy >= MIN_UNHEALTHY && unhealthy / size >= UNHEALTHY_SHARE) return 'partial-disruption'
  return 'normal'
}
