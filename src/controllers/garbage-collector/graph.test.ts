import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { KubeObject, ObjectMeta, OwnerReference } from '#api/meta/object.ts'
import type { DiscoveredResource } from '#controllers/discovery.ts'
import { type GraphWork, OwnerGraph } from '#controllers/garbage-collector/graph.ts'

const type = (kind: string, namespaced = true): DiscoveredResource => ({
  group: '',
  version: 'v1',
  resource: `${kind.toLowerCase()}s`,
  kind,
  namespaced,
  verbs: [],
  subresources: [],
})
const THING = type('Thing')
const GLOBAL = type('Global', false)

const owner = (uid: string, more: Partial<OwnerReference> = {}): OwnerReference => ({
  apiVersion: 'v1',
  kind: 'Thing',
  name: uid,
  uid,
  ...more,
})

function object(uid: string, owners: readonly OwnerReference[] = [], meta: ObjectMeta = {}): KubeObject {
  return { metadata: { name: uid, namespace: 'default', uid, ownerReferences: owners, ...meta } }
}

const deleted = (finalizer?: string): ObjectMeta => ({
  deletionTimestamp: '2026-01-01T00:00:00Z',
  ...(finalizer && { finalizers: [finalizer] }),
})

const visits = (work: GraphWork): string[] => [...work.visit].sort()

test('a dependent of a known owner needs no look', () => {
  const graph = new OwnerGraph()
  graph.put(THING, object('a'))
  assert.deepEqual(visits(graph.put(THING, object('b', [owner('a')]))), [])
})

test('a dependent of an owner that was never seen is looked at', () => {
  const graph = new OwnerGraph()
  assert.deepEqual(visits(graph.put(THING, object('b', [owner('a')]))), ['b'])
  assert.equal(graph.hasOnlyLastingOwners(graph.get('b')!), false)
  graph.put(THING, object('a'))
  assert.equal(graph.hasOnlyLastingOwners(graph.get('b')!), true)
})

test('when an owner goes, its dependents are looked at', () => {
  const graph = new OwnerGraph()
  graph.put(THING, object('a'))
  graph.put(THING, object('b', [owner('a')]))
  graph.put(THING, object('c', [owner('a')]))
  assert.deepEqual(visits(graph.remove('a')), ['b', 'c'])
})

test('an owner that waits for its dependents is looked at when one of them goes', () => {
  const graph = new OwnerGraph()
  graph.put(THING, object('a'))
  graph.put(THING, object('b', [owner('a', { blockOwnerDeletion: true })]))
  assert.deepEqual(visits(graph.put(THING, object('a', [], deleted('foregroundDeletion')))), ['a', 'b'])
  assert.deepEqual(visits(graph.put(THING, object('a', [], deleted('foregroundDeletion')))), [], 'once')
  assert.deepEqual(
    graph.blockingDependents('a').map(({ uid }) => uid),
    ['b'],
  )
  assert.deepEqual(visits(graph.remove('b')), ['a'])
})

test('a dependent that stops blocking lets its owner be looked at', () => {
  const graph = new OwnerGraph()
  graph.put(THING, object('a', [], deleted('foregroundDeletion')))
  graph.put(THING, object('b', [owner('a', { blockOwnerDeletion: true })]))
  assert.deepEqual(visits(graph.put(THING, object('b', [owner('a', { blockOwnerDeletion: false })]))), ['a'])
})

test('orphaning is told once', () => {
  const graph = new OwnerGraph()
  graph.put(THING, object('a'))
  const orphan = (): string[] => [...graph.put(THING, object('a', [], deleted('orphan'))).orphan]
  assert.deepEqual(orphan(), ['a'])
  assert.deepEqual(orphan(), [])
})

test('an owner of another kind or name than the reference says is none', () => {
  const graph = new OwnerGraph()
  graph.put(THING, object('a'))
  assert.deepEqual(visits(graph.put(THING, object('b', [owner('a', { kind: 'Other' })]))), ['b'])
  assert.deepEqual(visits(graph.put(THING, object('c', [owner('a', { name: 'x' })]))), ['c'])
})

test('an owner in another namespace is told of, whichever comes first', () => {
  const elsewhere = { metadata: { name: 'a', namespace: 'other', uid: 'a' } }
  const first = new OwnerGraph()
  first.put(THING, elsewhere)
  const late = first.put(THING, object('b', [owner('a')]))
  assert.deepEqual([visits(late), late.strangers], [['b'], [['b', 'a']]])
  const second = new OwnerGraph()
  second.put(THING, object('b', [owner('a')]))
  assert.deepEqual(second.put(THING, elsewhere).strangers, [['b', 'a']])
})

test('a cluster-scoped owner may have dependents everywhere', () => {
  const graph = new OwnerGraph()
  graph.put(GLOBAL, { metadata: { name: 'g', uid: 'g' } })
  assert.deepEqual(visits(graph.put(THING, object('b', [owner('g', { kind: 'Global' })]))), [])
})
