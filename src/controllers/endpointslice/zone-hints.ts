// Hints by which each zone serves itself (`service.kubernetes.io/topology-mode: Auto`): endpoints are shared out over zones as
// CPU is, so that no zone's endpoints get much more than their part of the traffic. Pure.
//
//   nodes ─▶ each zone's share of CPU ─▶ how many endpoints it should have ─▶ own ones first, then some of zones with too many
//
// Slices that need no change keep the hints they have, as long as no zone gets more than its maximum.
// Upstream: staging/src/k8s.io/endpointslice/topologycache

import { toMillis } from '#api/meta/quantity.ts'
import type { Node, Service } from '#api/types/core.ts'
import type { Endpoint, EndpointSlice } from '#api/types/discovery.ts'
import { endpointsOf } from '#controllers/endpointslice/endpoint.ts'

/** Zone → its part of all CPU; undefined where the nodes do not tell enough. */
export type ZoneShares = ReadonlyMap<string, number>

/** By how much a zone's endpoints may get more than their part. */
const OVERLOAD = 0.2
const ZONE = 'topology.kubernetes.io/zone'
const EXCLUDED = ['node-role.kubernetes.io/control-plane', 'node-role.kubernetes.io/master']

/** Whether the Service asks for it, by the annotation or by the older one. */
export function wantsZoneHints({ metadata }: Service): boolean {
  const { annotations } = metadata ?? {}
  const mode =
    annotations?.['service.kubernetes.io/topology-aware-hints'] ??
    annotations?.['service.kubernetes.io/topology-mode']
  return mode === 'Auto' || mode === 'auto'
}

/** Each zone's share of the CPU of nodes that are ready. */
export function zoneShares(nodes: readonly Node[]): ZoneShares | undefined {
  const cpus = new Map<string, number>()
  for (const { metadata, status } of nodes) {
    if (EXCLUDED.some((label) => metadata?.labels?.[label] !== undefined)) continue
    if (!status?.conditions?.some((condition) => condition.type === 'Ready' && condition.status === 'True'))
      continue
    const zone = metadata?.labels?.[ZONE]
    const cpu = toMillis(status.allocatable?.['cpu'] ?? '0')
    if (!zone || cpu === 0) return undefined
    cpus.set(zone, (cpus.get(zone) ?? 0) + cpu)
  }
  const total = [...cpus.values()].reduce((sum, cpu) => sum + cpu, 0)
  return cpus.size < 2 ? undefined : new Map([...cpus].map(([zone, cpu]) => [zone, cpu / total]))
}

interface Allocation {
  readonly minimum: number
  readonly maximum: number
  readonly desired: number
}

/** A Service's slices of one address family. */
export interface FamilySlices {
  /** Those that are written anyway. */
  readonly written: readonly EndpointSlice[]
  readonly unchanged: readonly EndpointSlice[]
}

/** The slices with their hints, in the same order; `problem` tells why there are none. */
export function withZoneHints(
  slices: FamilySlices,
  shares: ZoneShares | undefined,
): FamilySlices & { problem?: string } {
  const all = [...slices.written, ...slices.unchanged]
  const ready = all.flatMap(endpointsOf).filter(isReady)
  const allocations = allocate(ready.length, shares)
  if (typeof allocations === 'string') return withoutHints(slices, allocations)
  const allocated = new Map<string, number>()
  const kept = slices.unchanged.filter((slice) => keepsHints(slice, allocations, allocated))
  const hinted = all.filter((slice) => !kept.includes(slice))
  for (const { zone } of hinted.flatMap(endpointsOf).filter(isReady)) {
    if (!zone) return withoutHints(slices, 'One or more endpoints do not have a zone specified')
    allocated.set(zone, (allocated.get(zone) ?? 0) + 1)
  }
  if (allocated.size === 0) return withoutHints(slices, 'No hints allocated for zones')
  const moves = movesOf(allocations, allocated)
  const hint = (slice: EndpointSlice): EndpointSlice => {
    if (kept.includes(slice)) return slice
    return { ...slice, endpoints: endpointsOf(slice).map((endpoint) => zoneHint(endpoint, moves)) }
  }
  return { written: slices.written.map(hint), unchanged: slices.unchanged.map(hint) }
}

function withoutHints(slices: FamilySlices, problem: string): FamilySlices & { problem: string } {
  const strip = (slice: EndpointSlice): EndpointSlice => {
    if (!endpointsOf(slice).some(({ hints }) => hints)) return slice
    return { ...slice, endpoints: endpointsOf(slice).map(({ hints: _hints, ...endpoint }) => endpoint) }
  }
  return { written: slices.written.map(strip), unchanged: slices.unchanged.map(strip), problem }
}

const isReady = ({ conditions }: Endpoint): boolean => conditions?.ready === true

/** How many endpoints each zone should have, or why that cannot be said. */
function allocate(count: number, shares: ZoneShares | undefined): ReadonlyMap<string, Allocation> | string {
  if (!shares) {
    return 'Insufficient Node information: allocatable CPU or zone not specified on one or more nodes'
  }
  const numbers = `(${count} endpoints, ${shares.size} zones)`
  if (shares.size > count) return `Insufficient number of endpoints ${numbers}`
  const minima = new Map(
    [...shares].map(([zone, share]) => [zone, Math.ceil((share * count) / (1 + OVERLOAD))]),
  )
  const spare = count - [...minima.values()].reduce((sum, minimum) => sum + minimum, 0)
  if (spare < 0) {
    return `Unable to allocate minimum required endpoints to each zone without exceeding overload threshold ${numbers}`
  }
  return new Map(
    [...minima].map(([zone, minimum]) => [
      zone,
      { minimum, maximum: minimum + spare, desired: Math.max((shares.get(zone) ?? 0) * count, minimum) },
    ]),
  )
}

/** Whether an unchanged slice's hints may stay; if so they are counted. */
function keepsHints(
  slice: EndpointSlice,
  allocations: ReadonlyMap<string, Allocation>,
  allocated: Map<string, number>,
): boolean {
  const zones = new Map<string, number>()
  for (const { hints } of endpointsOf(slice).filter(isReady)) {
    if (!hints?.forZones?.length) return false
    for (const { name } of hints.forZones) zones.set(name, (zones.get(name) ?? 0) + 1)
  }
  for (const [zone, count] of zones) {
    if (count + (allocated.get(zone) ?? 0) > (allocations.get(zone)?.maximum ?? 0)) return false
  }
  for (const [zone, count] of zones) allocated.set(zone, (allocated.get(zone) ?? 0) + count)
  return true
}

/** From which zone to which others endpoints are lent: always from the one with most too many to the one with most too few. */
function movesOf(
  allocations: ReadonlyMap<string, Allocation>,
  allocated: ReadonlyMap<string, number>,
): Map<string, string[]> {
  const surplus = new Map(
    [...allocations].map(([zone, { desired }]) => [zone, (allocated.get(zone) ?? 0) - desired]),
  )
  const moves = new Map<string, string[]>()
  for (;;) {
    const order = [...surplus].sort(([, a], [, b]) => b - a)
    const [giving, most] = order[0] ?? ['', 0]
    const [receiving, least] = order.at(-1) ?? ['', 0]
    if ((most < 1 && -least < 1) || most < 0.5 || -least < 0.5) return moves
    moves.set(giving, [...(moves.get(giving) ?? []), receiving])
    surplus.set(giving, most - 1)
    surplus.set(receiving, least + 1)
  }
}

/** For the endpoint's own zone, or for one that it is lent to; takes the loan out of `moves`. */
function zoneHint({ hints: _old, ...endpoint }: Endpoint, moves: Map<string, string[]>): Endpoint {
  if (!isReady(endpoint) || !endpoint.zone) return endpoint
  const name = moves.get(endpoint.zone)?.shift() ?? endpoint.zone
  return { ...endpoint, hints: { forZones: [{ name }] } }
}
