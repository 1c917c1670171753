import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { StatefulSet, StatefulSetSpec } from '#api/types/apps.ts'
import type { Pod } from '#api/types/core.ts'
import { statefulPod } from '#controllers/statefulset/identity.ts'
import { planStatefulSet, type StatefulPlanInput } from '#controllers/statefulset/plan.ts'

const NOW = Date.parse('2026-01-01T00:00:00Z')
const template = { metadata: { labels: { app: 'db' } }, spec: { containers: [{ name: 'c', image: 'i' }] } }
const OLD = { revision: 'db-old', template }
const NEW = { revision: 'db-new', template }

const setOf = (spec: Partial<StatefulSetSpec>, currentReplicas = 0): StatefulSet => ({
  metadata: { name: 'db', namespace: 'default', uid: 'set' },
  spec: {
    replicas: 3,
    serviceName: 'db',
    selector: { matchLabels: { app: 'db' } },
    template,
    updateStrategy: { type: 'RollingUpdate', rollingUpdate: { partition: 0 } },
    ...spec,
  },
  status: { replicas: 0, currentReplicas },
})

type PodState = 'ready' | 'waiting' | 'failed' | 'leaving'

function podOf(set: StatefulSet, ordinal: number, state: PodState = 'ready', revision = NEW): Pod {
  const pod = statefulPod(set, template, revision.revision, ordinal)
  const phase = { ready: 'Running', waiting: 'Pending', failed: 'Failed', leaving: 'Running' }[state]
  const status = state === 'ready' || state === 'leaving' ? 'True' : 'False'
  const condition = { type: 'Ready', status, lastTransitionTime: '2025-12-31T23:59:50Z' }
  return {
    ...pod,
    metadata: { ...pod.metadata, ...(state === 'leaving' && { deletionTimestamp: '2026-01-01T00:00:00Z' }) },
    status: { phase, conditions: [condition] },
  }
}

function steps(set: StatefulSet, pods: readonly Pod[], more: Partial<StatefulPlanInput> = {}): string {
  const phases = planStatefulSet({
    set,
    pods,
    current: OLD,
    update: NEW,
    areClaimsRight: () => true,
    isClaimStale: () => false,
    nowMs: NOW,
    ...more,
  })
  return phases
    .flat()
    .map(({ action, ordinal, pod }) => {
      const revision = pod.metadata?.labels?.['controller-revision-hash']
      return `${action} ${ordinal}${action === 'create' ? ` ${revision?.slice(3)}` : ''}`
    })
    .join(', ')
}

const PARALLEL = { podManagementPolicy: 'Parallel' }

test('in order: the next pod only when those before it are available', () => {
  const set = setOf({})
  assert.equal(steps(set, []), 'create 0 new')
  assert.equal(steps(set, [podOf(set, 0, 'waiting')]), '')
  assert.equal(steps(set, [podOf(set, 0)]), 'create 1 new')
  const slow = setOf({ minReadySeconds: 11 })
  assert.equal(steps(slow, [podOf(slow, 0)]), '')
  assert.equal(steps(set, [podOf(set, 0), podOf(set, 1, 'failed')]), 'delete 1')
  assert.equal(steps(set, [podOf(set, 0), podOf(set, 1, 'leaving')]), '')
  assert.equal(steps(set, [podOf(set, 0), podOf(set, 1), podOf(set, 2)]), '')
})

test('parallel: all at once, and an update still one at a time', () => {
  const set = setOf(PARALLEL)
  assert.equal(steps(set, []), 'create 0 new, create 1 new, create 2 new')
  assert.equal(steps(set, [podOf(set, 1, 'waiting')]), 'create 0 new, create 2 new')
  const less = setOf({ ...PARALLEL, replicas: 1 })
  assert.equal(
    steps(
      less,
      [0, 1, 2].map((i) => podOf(less, i)),
    ),
    'delete 2, delete 1',
  )
  const olds = [0, 1, 2].map((i) => podOf(set, i, 'ready', OLD))
  assert.equal(steps(set, olds), 'replace 2')
})

test('ordinals may begin anywhere', () => {
  const set = setOf({ ordinals: { start: 5 }, replicas: 2 })
  assert.equal(steps(set, []), 'create 5 new')
  assert.equal(steps(set, [podOf(set, 5)]), 'create 6 new')
  assert.equal(steps(set, [podOf(set, 5), podOf(set, 6), podOf(set, 4)]), 'delete 4')
})

test('scaling down takes the highest, and waits for a broken one below it', () => {
  const set = setOf({ replicas: 1 })
  const pods = [0, 1, 2].map((i) => podOf(set, i))
  assert.equal(steps(set, pods), 'delete 2')
  assert.equal(steps(set, [podOf(set, 0), podOf(set, 1), podOf(set, 2, 'leaving')]), '')
  assert.equal(steps(set, [podOf(set, 0), podOf(set, 1), podOf(set, 2, 'waiting')]), 'delete 2')
  assert.equal(steps(set, [podOf(set, 0), podOf(set, 1, 'waiting'), podOf(set, 2, 'waiting')]), '')
})

test('an update replaces from the highest down to the partition, one by one', () => {
  const set = setOf({})
  const olds = (from: number, to: number) =>
    Array.from({ length: to - from }, (_, i) => podOf(set, from + i, 'ready', OLD))
  assert.equal(steps(set, olds(0, 3)), 'replace 2')
  assert.equal(steps(set, [...olds(0, 2), podOf(set, 2, 'leaving', OLD)]), '')
  assert.equal(steps(set, [...olds(0, 2), podOf(set, 2)]), 'replace 1')
  assert.equal(steps(set, [...olds(0, 2), podOf(set, 2, 'waiting')]), '')
  const partitioned = setOf({ updateStrategy: { type: 'RollingUpdate', rollingUpdate: { partition: 2 } } })
  assert.equal(steps(partitioned, [...olds(0, 2), podOf(set, 2)]), '')
  assert.equal(steps(partitioned, []), 'create 0 old')
  const onDelete = setOf({ updateStrategy: { type: 'OnDelete' } })
  assert.equal(steps(onDelete, olds(0, 3)), '')
  assert.equal(steps(onDelete, olds(0, 2)), 'create 2 new')
})

test('a claim of an earlier pod is waited for, wrong owners are set right', () => {
  const set = setOf({})
  assert.equal(steps(set, [], { isClaimStale: () => true }), '')
  const all = [0, 1, 2].map((i) => podOf(set, i))
  assert.equal(steps(set, all, { areClaimsRight: (ordinal) => ordinal !== 1 }), 'repair 1')
  const less = setOf({ replicas: 2 })
  assert.equal(steps(less, all, { areClaimsRight: (ordinal) => ordinal !== 2 }), 'owners 2, delete 2')
})

test('a waiting pod gets the claims that it lacks', () => {
  const set = setOf({ volumeClaimTemplates: [{ metadata: { name: 'data' } }] })
  assert.equal(steps(set, [podOf(set, 0, 'waiting')]), 'claims 0')
})

test('a pod without the labels of its identity gets them', () => {
  const set = setOf({ replicas: 1 })
  const pod = podOf(set, 0)
  const bare = { ...pod, metadata: { ...pod.metadata, labels: { 'controller-revision-hash': 'db-new' } } }
  assert.equal(steps(set, [bare]), 'repair 0')
})

test('a set that is being deleted is left to the garbage collector', () => {
  const set = setOf({})
  const leaving = { ...set, metadata: { ...set.metadata, deletionTimestamp: '2026-01-01T00:00:00Z' } }
  assert.equal(steps(leaving, []), '')
})
