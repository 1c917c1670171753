import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Pod } from '#api/types/core.ts'
import {
  averageMeasure,
  proposeReplicas,
  requestsOf,
  utilizationMeasure,
} from '#controllers/horizontalpodautoscaler/replicas.ts'

const NOW = Date.parse('2026-01-01T12:00:00Z')

interface PodSpec {
  readonly phase?: string
  readonly ready?: boolean
  readonly leaving?: boolean
}

const pod = (name: string, { phase = 'Running', ready = true, leaving = false }: PodSpec = {}): Pod => ({
  metadata: { name, ...(leaving && { deletionTimestamp: '2026-01-01T11:59:00Z' }) },
  spec: { containers: [{ name: 'c', image: 'i', resources: { requests: { cpu: '100m' } } }] },
  status: {
    phase,
    startTime: '2026-01-01T11:00:00Z',
    conditions: [
      { type: 'Ready', status: ready ? 'True' : 'False', lastTransitionTime: '2026-01-01T11:00:10Z' },
    ],
  },
})

const metrics = (used: Readonly<Record<string, number>>) =>
  new Map(Object.entries(used).map(([name, value]) => [name, { value, atMs: NOW, windowMs: 30_000 }]))

const rows: readonly [
  name: string,
  pods: readonly Pod[],
  used: Readonly<Record<string, number>>,
  expected: number,
][] = [
  ['as wanted', [pod('a'), pod('b')], { a: 50, b: 50 }, 2],
  ['a little more than wanted', [pod('a'), pod('b')], { a: 54, b: 54 }, 2],
  ['twice as much as wanted', [pod('a'), pod('b')], { a: 100, b: 100 }, 4],
  ['half as much as wanted', [pod('a'), pod('b')], { a: 25, b: 25 }, 1],
  ['much, one is unknown and taken to use nothing', [pod('a'), pod('b')], { a: 150 }, 3],
  ['little, one is unknown and taken to use all', [pod('a'), pod('b')], { a: 10 }, 2],
  ['much, one has not begun', [pod('a'), pod('b', { phase: 'Pending' })], { a: 150 }, 3],
  ['much, one was never ready', [pod('a'), pod('b', { ready: false })], { a: 150, b: 900 }, 3],
  ['much, one leaves', [pod('a'), pod('b', { leaving: true })], { a: 100, b: 900 }, 2],
]

for (const [name, pods, used, expected] of rows) {
  test(`half of what is requested is wanted, used is ${name}: ${expected}`, () => {
    const proposal = proposeReplicas(
      {
        pods,
        metrics: metrics(used),
        resource: 'cpu',
        currentReplicas: pods.length,
        tolerances: { up: 0.1, down: 0.1 },
        nowMs: NOW,
      },
      utilizationMeasure(50, requestsOf(pods, 'cpu', '')),
    )
    assert.equal(proposal.replicas, expected)
  })
}

test('an average amount', () => {
  const pods = [pod('a'), pod('b')]
  const { replicas, usage } = proposeReplicas(
    {
      pods,
      metrics: metrics({ a: 300, b: 300 }),
      resource: 'memory',
      currentReplicas: 2,
      tolerances: { up: 0.1, down: 0.1 },
      nowMs: NOW,
    },
    averageMeasure(200),
  )
  assert.equal(replicas, 3)
  assert.deepEqual(usage, { ratio: 1.5, averageMillis: 300 })
})

test('without pods, metrics or requests nothing can be said', () => {
  const input = {
    pods: [pod('a')],
    metrics: metrics({}),
    resource: 'cpu',
    currentReplicas: 1,
    tolerances: { up: 0, down: 0 },
    nowMs: NOW,
  }
  const measure = averageMeasure(1)
  assert.throws(() => proposeReplicas({ ...input, pods: [] }, measure), /no pods returned by selector/)
  assert.throws(() => proposeReplicas(input, measure), /did not receive metrics for targeted pods/)
  assert.throws(
    () => requestsOf([pod('a')], 'memory', ''),
    /missing request for memory in container c of Pod a/,
  )
})
