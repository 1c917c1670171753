import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Node } from '#api/types/core.ts'
import { Zones, zoneOf } from '#controllers/node-lifecycle/zones.ts'

function node(ready: boolean, zone = 'a', labels: Record<string, string> = {}): Node {
  return {
    metadata: { labels: { 'topology.kubernetes.io/zone': zone, ...labels } },
    status: { conditions: [{ type: 'Ready', status: ready ? 'True' : 'Unknown' }] },
  }
}

const nodes = (ready: number, silent: number, zone = 'a'): Node[] => [
  ...Array.from({ length: ready }, () => node(true, zone)),
  ...Array.from({ length: silent }, () => node(false, zone)),
]

const A = zoneOf(node(true))

test('one node may be emptied at once, the next ten seconds later', () => {
  const zones = new Zones()
  zones.update(nodes(5, 2), 0)
  assert.equal(zones.takeTurn(A, 0), 0)
  assert.equal(zones.takeTurn(A, 0), 10_000)
  assert.equal(zones.takeTurn(A, 4_000), 6_000)
  assert.equal(zones.takeTurn(A, 10_000), 0)
})

test('a small zone most of which is silent is not emptied', () => {
  const zones = new Zones()
  zones.update(nodes(2, 3), 0)
  assert.equal(zones.takeTurn(A, 100_000), Number.POSITIVE_INFINITY)
})

test('a large zone most of which is silent is emptied slowly', () => {
  const zones = new Zones()
  zones.update(nodes(20, 40), 0)
  assert.equal(zones.takeTurn(A, 0), 0)
  assert.equal(zones.takeTurn(A, 0), 100_000)
})

test('two silent nodes of three are no disruption of the zone', () => {
  const zones = new Zones()
  zones.update(nodes(1, 2), 0)
  assert.equal(zones.takeTurn(A, 0), 0)
})

test('a zone that is silent as a whole is emptied while others answer', () => {
  const zones = new Zones()
  zones.update([...nodes(0, 2), ...nodes(3, 0, 'b')], 0)
  assert.equal(zones.takeTurn(A, 0), 0)
})

test('when all zones are silent nothing is emptied, until one answers', () => {
  const zones = new Zones()
  assert.equal(zones.update(nodes(2, 0), 0), undefined)
  assert.equal(zones.update(nodes(0, 2), 1_000), 'isolated')
  assert.equal(zones.takeTurn(A, 50_000), Number.POSITIVE_INFINITY)
  assert.equal(zones.update(nodes(0, 2), 60_000), undefined)
  assert.equal(zones.update(nodes(1, 1), 90_000), 'recovered')
  assert.equal(zones.takeTurn(A, 90_000), 0)
})

test('an empty cluster is not isolated', () => {
  const zones = new Zones()
  assert.equal(zones.update([], 0), undefined)
  assert.equal(zones.update(nodes(0, 1), 0), 'isolated')
})

test('nodes may be left out of the count', () => {
  const zones = new Zones()
  zones.update([node(true), node(false, 'a', { 'node.kubernetes.io/exclude-disruption': '' })], 0)
  assert.equal(
    zones.update([node(true), node(false, 'a', { 'node.kubernetes.io/exclude-disruption': '' })], 1),
    undefined,
  )
})
