import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Pod } from '#api/types/core.ts'
import { balancedAllocation } from '#scheduler/plugins/balanced-allocation.ts'
import { NodeInfo } from '#scheduler/snapshot.ts'

const pod = (requests: Record<string, string>): Pod => ({
  metadata: { name: `p-${JSON.stringify(requests)}`, namespace: 'n' },
  spec: { containers: [{ name: 'c', resources: { requests } }] },
})
const score = (
  used: Record<string, string>,
  wanted: Record<string, string>,
  allocatable = { cpu: '4', memory: '4Gi' },
) => {
  const node = new NodeInfo('n')
  node.setNode({ metadata: { name: 'n' }, status: { allocatable: { ...allocatable, pods: '10' } } })
  node.addPod(pod(used))
  return balancedAllocation.score?.(pod(wanted), node, new Map())
}

const rows: readonly [
  name: string,
  used: Record<string, string>,
  wanted: Record<string, string>,
  expected: number,
][] = [
  [
    'an even pod on an even node changes nothing',
    { cpu: '1', memory: '1Gi' },
    { cpu: '1', memory: '1Gi' },
    75,
  ],
  ['a pod that evens out is liked', { cpu: '2' }, { cpu: '1', memory: '3Gi' }, 87],
  ['a pod that tips the balance is not', {}, { cpu: '4' }, 50],
  ['a pod that asks for nothing has no say', { cpu: '2' }, {}, 0],
]
for (const [name, used, wanted, expected] of rows) {
  test(name, () => assert.equal(score(used, wanted), expected))
}

test('what a node does not have is left out', () => {
  assert.equal(score({}, { cpu: '4' }, { cpu: '4', memory: '0' }), 75)
})
