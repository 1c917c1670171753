import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Deployment } from '#api/types/apps.ts'
import { maxSurge, maxUnavailable } from '#controllers/deployment/fenceposts.ts'

const CASES: readonly [
  replicas: number,
  surge: number | string,
  unavailable: number | string,
  expect: [number, number],
][] = [
  [4, '25%', '25%', [1, 1]],
  [3, '25%', '25%', [1, 0]],
  [10, '30%', '30%', [3, 3]],
  [1, '1%', '25%', [1, 0]],
  [2, 0, '1%', [0, 1]],
  [2, 0, 0, [0, 1]],
  [3, 2, 5, [2, 3]],
  [0, '25%', '25%', [0, 0]],
]

for (const [replicas, surge, unavailable, expect] of CASES) {
  test(`${replicas} replicas, surge ${surge}, unavailable ${unavailable}: ${expect}`, () => {
    const deployment = {
      spec: {
        replicas,
        strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: surge, maxUnavailable: unavailable } },
      },
    } as unknown as Deployment
    assert.deepEqual([maxSurge(deployment), maxUnavailable(deployment)], expect)
  })
}

test('Recreate has neither', () => {
  const deployment = { spec: { replicas: 4, strategy: { type: 'Recreate' } } } as unknown as Deployment
  assert.deepEqual([maxSurge(deployment), maxUnavailable(deployment)], [0, 0])
})
