import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Node } from '#api/types/core.ts'
import type { EndpointSlice } from '#api/types/discovery.ts'
import { withZoneHints, type ZoneShares, zoneShares } from '#controllers/endpointslice/zone-hints.ts'

const node = (zone: string | undefined, cpu: string, isReady = true, labels: object = {}): Node => ({
  metadata: { name: 'n', labels: { ...(zone && { 'topology.kubernetes.io/zone': zone }), ...labels } },
  status: { allocatable: { cpu }, conditions: [{ type: 'Ready', status: isReady ? 'True' : 'False' }] },
})
/** One endpoint for each letter: its zone; a capital one is not ready. */
const slice = (zones: string, hints?: string): EndpointSlice => ({
  addressType: 'IPv4',
  endpoints: [...zones].map((zone, i) => ({
    addresses: [`10.0.0.${i}`],
    conditions: { ready: zone === zone.toLowerCase() },
    ...(zone !== '-' && { zone: zone.toLowerCase() }),
    ...(hints && { hints: { forZones: [{ name: hints[i] ?? '' }] } }),
  })),
})
/** The zones of the hints, one letter an endpoint. */
const hintsOf = (slices: readonly EndpointSlice[]): string =>
  slices
    .flatMap(({ endpoints }) => endpoints ?? [])
    .map(({ hints }) => hints?.forZones?.[0]?.name ?? '.')
    .join('')

const HALVES: ZoneShares = new Map([
  ['a', 0.5],
  ['b', 0.5],
])
const rows: readonly [
  name: string,
  zones: string,
  shares: ZoneShares | undefined,
  hints: string,
  problem?: string,
][] = [
  ['each zone serves itself', 'aabb', HALVES, 'aabb'],
  ['those that are not ready get none', 'aAabb', HALVES, 'a.abb'],
  ['a zone with too few borrows', 'aaab', HALVES, 'baab'],
  [
    'a larger zone gets more',
    'aabb',
    new Map([
      ['a', 0.75],
      ['b', 0.25],
    ]),
    'aaab',
  ],
  [
    'nodes that do not tell',
    'ab',
    undefined,
    '..',
    'Insufficient Node information: allocatable CPU or zone not specified on one or more nodes',
  ],
  ['fewer endpoints than zones', 'a', HALVES, '.', 'Insufficient number of endpoints (1 endpoints, 2 zones)'],
  ['an endpoint without zone', 'aab-', HALVES, '....', 'One or more endpoints do not have a zone specified'],
  [
    'zones that cannot all have enough',
    'aab',
    new Map([
      ['a', 0.5],
      ['b', 0.45],
      ['c', 0.05],
    ]),
    '...',
    'Unable to allocate minimum required endpoints to each zone without exceeding overload threshold (3 endpoints, 3 zones)',
  ],
]
for (const [name, zones, shares, hints, problem] of rows) {
  test(name, () => {
    const result = withZoneHints({ written: [slice(zones)], unchanged: [] }, shares)
    assert.equal(hintsOf(result.written), hints)
    assert.equal(result.problem, problem)
  })
}

test('slices that are right are left alone, others are hinted anew', () => {
  const right = slice('aabb', 'aabb')
  assert.equal(withZoneHints({ written: [], unchanged: [right] }, HALVES).unchanged[0], right)
  const wrong = slice('aabb', 'aaaa')
  assert.equal(hintsOf(withZoneHints({ written: [], unchanged: [wrong] }, HALVES).unchanged), 'aabb')
})

test('the share of a zone is that of the CPU of its ready nodes', () => {
  const nodes = [node('a', '3'), node('b', '500m'), node('b', '500m'), node('a', '8', false)]
  assert.deepEqual(
    zoneShares(nodes),
    new Map([
      ['a', 0.75],
      ['b', 0.25],
    ]),
  )
  const excluded = node('a', '8', true, { 'node-role.kubernetes.io/control-plane': '' })
  assert.deepEqual(zoneShares([...nodes, excluded]), zoneShares(nodes))
  assert.equal(zoneShares([node('a', '1')]), undefined)
  assert.equal(zoneShares([...nodes, node(undefined, '1')]), undefined)
})
