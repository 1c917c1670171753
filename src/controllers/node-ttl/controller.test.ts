import assert from 'node:assert/strict'
import { test } from 'node:test'
import { nodes } from '#api/resources.ts'
import { startTestApiServer } from '#apiserver/testing.ts'
import { nextStep } from '#controllers/node-ttl/controller.ts'
import { startTestControllers } from '#controllers/testing.ts'

const rows: readonly [step: number, nodeCount: number, expected: number][] = [
  [0, 100, 0],
  [0, 101, 1],
  [1, 95, 1],
  [1, 89, 0],
  [0, 5000, 4],
  [4, 1800, 4],
  [4, 3, 0],
]

for (const [step, nodeCount, expected] of rows) {
  test(`${nodeCount} nodes, from step ${step}: step ${expected}`, () => {
    assert.equal(nextStep(step, nodeCount), expected)
  })
}

test('a node is told how long it may keep what it has read', async () => {
  const server = await startTestApiServer({ secured: true })
  const controllers = await startTestControllers(server.client, {
    controllers: ['ttl-controller'],
    clientFor: (account) =>
      server.clientAs({
        name: `system:serviceaccount:kube-system:${account}`,
        groups: ['system:serviceaccounts', 'system:authenticated'],
      }),
  })
  await server.client.resource(nodes).create({ metadata: { name: 'n1' } })
  await controllers.until(
    nodes,
    'n1',
    (node) => node?.metadata?.annotations?.['node.alpha.kubernetes.io/ttl'] === '0',
  )
  await controllers.stop()
  await server.stop()
})
