import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Pod } from '#api/types/core.ts'
import type { ReplicaOwner } from '#controllers/replicaset/replica-owner.ts'
import { isStatusNews, replicaSetStatus } from '#controllers/replicaset/status.ts'
import { formatTime } from '#sys/clock.ts'

const NOW = Date.UTC(2026, 0, 1)
const owner: ReplicaOwner = {
  metadata: { name: 'web', generation: 2 },
  spec: { replicas: 2, minReadySeconds: 10, template: { metadata: { labels: { app: 'web', v: '1' } } } },
}

function pod(labels: Record<string, string>, readyForSeconds?: number): Pod {
  if (readyForSeconds === undefined) return { metadata: { labels } }
  const lastTransitionTime = formatTime(NOW - readyForSeconds * 1000)
  return {
    metadata: { labels },
    status: { conditions: [{ type: 'Ready', status: 'True', lastTransitionTime }] },
  }
}

const input = { owner, active: [] as Pod[], terminating: 0, failure: undefined, nowMs: NOW }

test('pods are counted by labels, readiness and time of readiness', () => {
  const active = [pod({ app: 'web', v: '1' }, 10), pod({ app: 'web', v: '1' }, 9), pod({ app: 'web' })]
  assert.deepEqual(replicaSetStatus({ ...input, active, terminating: 1 }), {
    replicas: 3,
    fullyLabeledReplicas: 2,
    readyReplicas: 2,
    availableReplicas: 1,
    terminatingReplicas: 1,
    observedGeneration: 2,
  })
})

test('counts of zero are left out, but for replicas and those that terminate', () => {
  assert.deepEqual(replicaSetStatus(input), { replicas: 0, terminatingReplicas: 0, observedGeneration: 2 })
})

test('a failure is told with its first message, and goes with the next success', () => {
  const first = replicaSetStatus({ ...input, failure: 'quota exceeded' })
  assert.deepEqual(first.conditions, [
    {
      type: 'ReplicaFailure',
      status: 'True',
      reason: 'FailedCreate',
      message: 'quota exceeded',
      lastTransitionTime: '2026-01-01T00:00:00Z',
    },
  ])
  const failing: ReplicaOwner = { ...owner, status: first }
  const again = replicaSetStatus({ ...input, owner: failing, failure: 'something else', nowMs: NOW + 5000 })
  assert.deepEqual(again.conditions, first.conditions)
  assert.equal(replicaSetStatus({ ...input, owner: failing }).conditions, undefined)
})

test('a status that says the same in other words is no news', () => {
  const told: ReplicaOwner = {
    ...owner,
    status: { replicas: 0, readyReplicas: 0, terminatingReplicas: 0, observedGeneration: 2, conditions: [] },
  }
  assert.equal(isStatusNews(told, replicaSetStatus(input)), false)
  assert.equal(isStatusNews(owner, replicaSetStatus(input)), true)
})
