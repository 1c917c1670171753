import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Deployment, ReplicaSet } from '#api/types/apps.ts'
import {
  annotationsAfterRollback,
  findNewReplicaSet,
  isSameTemplate,
  lastRevision,
  maxRevision,
  newReplicaSet,
  newSetAnnotations,
  REVISION,
} from '#controllers/deployment/revisions.ts'

const HISTORY = 'deployment.kubernetes.io/revision-history'
const LAST_APPLIED = 'kubectl.kubernetes.io/last-applied-configuration'

const deployment = {
  metadata: {
    name: 'web',
    namespace: 'default',
    uid: 'd',
    annotations: { note: 'a', [LAST_APPLIED]: '{}', [REVISION]: '7' },
  },
  spec: {
    replicas: 2,
    selector: { matchLabels: { app: 'web' } },
    template: { metadata: { labels: { app: 'web' } }, spec: { containers: [{ name: 'c', image: 'i' }] } },
  },
} as unknown as Deployment

function set(
  name: string,
  annotations: Record<string, string>,
  created = '2026-01-01T00:00:00Z',
): ReplicaSet {
  return {
    metadata: { name, uid: name, annotations, creationTimestamp: created },
    spec: { ...newReplicaSet(deployment, 2, 1n).spec },
  } as ReplicaSet
}

test('a new set carries the Deployment’s annotations, but not those that are its own', () => {
  assert.deepEqual(newSetAnnotations(deployment, undefined, 3n), { note: 'a', [REVISION]: '3' })
})

test('a set that is right keeps the very annotations that it has', () => {
  const current = { note: 'a', [REVISION]: '3' }
  assert.equal(newSetAnnotations(deployment, current, 3n), current)
  assert.equal(newSetAnnotations(deployment, current, 2n), current, 'a revision never falls')
})

test('a set that is rolled back to remembers its older revisions', () => {
  const first = newSetAnnotations(deployment, { note: 'a', [REVISION]: '1' }, 3n)
  assert.deepEqual(first, { note: 'a', [REVISION]: '3', [HISTORY]: '1' })
  assert.equal(newSetAnnotations(deployment, first, 5n)?.[HISTORY], '1,3')
})

test('a history that grows too long loses its oldest part', () => {
  const long = Array.from({ length: 500 }, (_, i) => String(i + 100)).join(',')
  const history = newSetAnnotations(deployment, { [REVISION]: '600', [HISTORY]: long }, 601n)?.[HISTORY] ?? ''
  assert.ok(history.length <= 2000)
  assert.ok(history.startsWith('101,') && history.endsWith(',599,600'))
})

test('a revision that is no number is left alone', () => {
  const current = { note: 'a', [REVISION]: 'x' }
  assert.equal(newSetAnnotations(deployment, current, 3n), current)
})

test('revisions are counted over all sets', () => {
  const sets = [
    set('a', { [REVISION]: '3' }),
    set('b', { [REVISION]: '5' }),
    set('c', {}),
    set('d', { [REVISION]: 'x' }),
  ]
  assert.equal(maxRevision(sets), 5n)
  assert.equal(lastRevision(sets), 3n)
  assert.equal(maxRevision([]), 0n)
})

test('a revision beyond what a double holds is counted exactly', () => {
  const sets = [set('a', { [REVISION]: '3546343826724305832' })]
  assert.equal(maxRevision(sets) + 1n, 3_546_343_826_724_305_833n)
})

test('templates are the same whatever their hash label', () => {
  const { template } = deployment.spec ?? {}
  assert.ok(isSameTemplate(set('a', {}).spec?.template, template))
  assert.ok(!isSameTemplate({ ...template, metadata: { labels: { app: 'other' } } }, template))
})

test('of several sets with the template the oldest is the new one', () => {
  const young = set('a', {}, '2026-01-02T00:00:00Z')
  const old = set('b', {}, '2026-01-01T00:00:00Z')
  assert.equal(findNewReplicaSet(deployment, [young, old]), old)
})

test('a rollback brings the set’s notes back and leaves the Deployment’s own annotations', () => {
  const target = set('a', { note: 'old', [REVISION]: '1', other: 'x' })
  assert.deepEqual(annotationsAfterRollback(deployment, target), {
    [LAST_APPLIED]: '{}',
    [REVISION]: '7',
    note: 'old',
    other: 'x',
  })
})

test('a set is named, labelled and owned so that it can be found again', () => {
  const made = newReplicaSet(deployment, 2, 4n)
  const hash = made.metadata?.labels?.['pod-template-hash'] ?? ''
  assert.equal(made.metadata?.name, `web-${hash}`)
  assert.deepEqual(made.spec?.selector, { matchLabels: { app: 'web', 'pod-template-hash': hash } })
  assert.equal(made.metadata?.ownerReferences?.[0]?.uid, 'd')
})

test('a long name is cut so that the hash still fits', () => {
  const long = { ...deployment, metadata: { ...deployment.metadata, name: 'x'.repeat(253) } }
  assert.equal(newReplicaSet(long, 1, 1n).metadata?.name?.length, 253)
})
