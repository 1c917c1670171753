import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { KindDefinition } from '#api/kinds/kind.ts'
import type { JsonObject, ObjectMeta } from '#api/meta/object.ts'
import { isConflict } from '#api/meta/status.ts'
import { beforeDelete } from '#apiserver/registry/before-delete.ts'

const NOW = Date.UTC(2026, 0, 1)
const base = { singular: '', namespaced: true, versions: ['v1'], storageVersion: 'v1' }
const configMap: KindDefinition = { ...base, group: '', kind: 'ConfigMap', resource: 'configmaps' }
const job: KindDefinition = { ...base, group: 'batch', kind: 'Job', resource: 'jobs' }
const event: KindDefinition = { ...base, group: '', kind: 'Event', resource: 'events' }
const pod: KindDefinition = {
  ...base,
  group: '',
  kind: 'Pod',
  resource: 'pods',
  gracePeriodSeconds: (_object, requested) => requested ?? 30,
}

function objectWith(metadata: ObjectMeta): JsonObject {
  return { metadata: { name: 'x', uid: 'u1', resourceVersion: '7', ...metadata } }
}

interface Row {
  readonly name: string
  readonly kind: KindDefinition
  readonly metadata?: ObjectMeta
  readonly options?: Parameters<typeof beforeDelete>[2]
  readonly verdict: string
  readonly after?: ObjectMeta
}

const none = { dryRun: false }
const rows: readonly Row[] = [
  { name: 'without finalizers goes at once', kind: configMap, verdict: 'now' },
  {
    name: 'with a finalizer is marked',
    kind: configMap,
    metadata: { finalizers: ['a/b'], generation: 3 },
    verdict: 'marked',
    after: { deletionTimestamp: '2026-01-01T00:00:00Z', deletionGracePeriodSeconds: 0, generation: 4 },
  },
  {
    name: 'orphaning sets the finalizer',
    kind: configMap,
    options: { ...none, propagationPolicy: 'Orphan' },
    verdict: 'marked',
    after: { finalizers: ['orphan'] },
  },
  {
    name: 'foreground replaces orphan',
    kind: configMap,
    metadata: { finalizers: ['orphan'] },
    options: { ...none, propagationPolicy: 'Foreground' },
    verdict: 'marked',
    after: { finalizers: ['foregroundDeletion'] },
  },
  {
    name: 'background takes both away',
    kind: configMap,
    metadata: { finalizers: ['foregroundDeletion'] },
    options: { ...none, propagationPolicy: 'Background' },
    verdict: 'now',
  },
  { name: 'jobs orphan by default', kind: job, verdict: 'marked', after: { finalizers: ['orphan'] } },
  {
    name: 'events never get a finalizer',
    kind: event,
    options: { ...none, propagationPolicy: 'Foreground' },
    verdict: 'now',
  },
  {
    name: 'a pod gets its grace period',
    kind: pod,
    verdict: 'marked',
    after: { deletionTimestamp: '2026-01-01T00:00:30Z', deletionGracePeriodSeconds: 30 },
  },
  {
    name: 'a pod with grace 0 goes at once',
    kind: pod,
    options: { ...none, gracePeriodSeconds: 0 },
    verdict: 'expired',
  },
  {
    name: 'a second deletion of a pod waits for the first',
    kind: pod,
    metadata: { deletionTimestamp: '2026-01-01T00:00:20Z', deletionGracePeriodSeconds: 30 },
    verdict: 'pending',
  },
  {
    name: 'a shorter grace period moves the end forward',
    kind: pod,
    metadata: { deletionTimestamp: '2026-01-01T00:00:25Z', deletionGracePeriodSeconds: 30 },
    options: { ...none, gracePeriodSeconds: 10 },
    verdict: 'marked',
    after: { deletionTimestamp: '2026-01-01T00:00:05Z', deletionGracePeriodSeconds: 10 },
  },
  {
    name: 'but never into the past',
    kind: pod,
    metadata: { deletionTimestamp: '2026-01-01T00:00:05Z', deletionGracePeriodSeconds: 30 },
    options: { ...none, gracePeriodSeconds: 10 },
    verdict: 'marked',
    after: { deletionTimestamp: '2026-01-01T00:00:00Z', deletionGracePeriodSeconds: 1 },
  },
  {
    name: 'a negative grace period is one second',
    kind: pod,
    options: { ...none, gracePeriodSeconds: -5 },
    verdict: 'marked',
    after: { deletionGracePeriodSeconds: 1 },
  },
]

for (const row of rows) {
  test(row.name, () => {
    const draft = objectWith(row.metadata ?? {})
    assert.equal(beforeDelete(row.kind, draft, row.options ?? none, NOW), row.verdict)
    for (const [field, value] of Object.entries(row.after ?? {})) {
      assert.deepEqual((draft['metadata'] as JsonObject)[field], value, field)
    }
  })
}

test('preconditions are judged first', () => {
  assert.throws(
    () => beforeDelete(configMap, objectWith({}), { ...none, preconditions: { uid: 'u2' } }, NOW),
    isConflict,
  )
  assert.throws(
    () => beforeDelete(configMap, objectWith({}), { ...none, preconditions: { resourceVersion: '6' } }, NOW),
    isConflict,
  )
})
