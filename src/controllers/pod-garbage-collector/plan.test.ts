import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Node, Pod } from '#api/types/core.ts'
import { hasEnded, isAbandoned, surplusOfEnded } from '#controllers/pod-garbage-collector/plan.ts'

const DELETED = { deletionTimestamp: '2026-01-01T00:00:00Z' }

function node(ready: string, taint?: string): Node {
  return {
    spec: taint ? { taints: [{ key: taint, effect: 'NoExecute' }] } : {},
    status: { conditions: [{ type: 'Ready', status: ready }] },
  }
}

const CASES: readonly { name: string; pod: Pod; node?: Node; expect: boolean }[] = [
  { name: 'one that stays', pod: { metadata: {} }, expect: false },
  { name: 'one that goes and never had a node', pod: { metadata: DELETED }, expect: true },
  {
    name: 'one that goes on a living node',
    pod: { metadata: DELETED, spec: { containers: [], nodeName: 'n' } },
    node: node('True'),
    expect: false,
  },
  {
    name: 'one that goes on a node that is out of service',
    pod: { metadata: DELETED, spec: { containers: [], nodeName: 'n' } },
    node: node('Unknown', 'node.kubernetes.io/out-of-service'),
    expect: true,
  },
  {
    name: 'one that goes on a node that is said to be out of service and yet answers',
    pod: { metadata: DELETED, spec: { containers: [], nodeName: 'n' } },
    node: node('True', 'node.kubernetes.io/out-of-service'),
    expect: false,
  },
]

for (const { name, pod, node: on, expect } of CASES) {
  test(`${expect ? 'abandoned' : 'not abandoned'}: ${name}`, () => assert.equal(isAbandoned(pod, on), expect))
}

test('evicted pods go first, then the oldest', () => {
  const pod = (name: string, day: number, reason?: string): Pod => ({
    metadata: { name, creationTimestamp: `2026-01-0${day}T00:00:00Z` },
    status: { phase: reason ? 'Failed' : 'Succeeded', ...(reason && { reason }) },
  })
  const ended = [pod('new', 3), pod('old', 1), pod('evicted', 2, 'Evicted')]
  assert.deepEqual(
    surplusOfEnded(ended, 1).map(({ metadata }) => metadata?.name),
    ['evicted', 'old'],
  )
  assert.deepEqual(surplusOfEnded(ended, 3), [])
})

test('running, pending and unknown pods have not ended', () => {
  const ended = ['Running', 'Pending', 'Unknown', 'Failed', 'Succeeded'].filter((phase) =>
    hasEnded({ status: { phase } }),
  )
  assert.deepEqual(ended, ['Failed', 'Succeeded'])
})
