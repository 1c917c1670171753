import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Pod } from '#api/types/core.ts'
import { BURST_REPLICAS, planReplicas } from '#controllers/replicaset/plan.ts'

const pods = (count: number): Pod[] =>
  Array.from({ length: count }, (_, i) => ({ metadata: { name: `p${i}`, uid: `p${i}` } }))

const CASES: readonly [name: string, wanted: number, there: number, create: number, remove: number][] = [
  ['enough pods: nothing to do', 3, 3, 0, 0],
  ['too few: the missing ones', 3, 1, 2, 0],
  ['too many: the surplus', 1, 3, 0, 2],
  ['none wanted: all go', 0, 3, 0, 3],
  ['very many missing: a burst', 2000, 10, BURST_REPLICAS, 0],
  ['very many too many: a burst', 0, 2000, 0, BURST_REPLICAS],
]

for (const [name, wanted, there, create, remove] of CASES) {
  test(name, () => {
    const plan = planReplicas(wanted, pods(there), [], 0)
    assert.deepEqual([plan.create, plan.remove.length], [create, remove])
  })
}

test('of several, a pod that is not ready goes first', () => {
  const ready: Pod = {
    metadata: { name: 'ready' },
    status: { phase: 'Running', conditions: [{ type: 'Ready', status: 'True' }] },
  }
  const broken: Pod = { metadata: { name: 'broken' }, status: { phase: 'Running' } }
  assert.deepEqual(planReplicas(1, [ready, broken], [], 0).remove, [broken])
})
