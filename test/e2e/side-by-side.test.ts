// Two clusters at once, for neither of which anybody chose ranges: each works as if it were alone.

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { startCluster, type TestCluster } from '#cluster/start-cluster.ts'
import { kubectlFor } from '#test/e2e/kubectl.ts'

let clusters: readonly TestCluster[] = []

before(async () => {
  const started = await Promise.allSettled([startCluster({ nodes: 1 }), startCluster({ nodes: 1 })])
  clusters = started.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []))
  assert.equal(
    clusters.length,
    2,
    JSON.stringify(
      started.map((result) => (result.status === 'rejected' ? String(result.reason) : 'started')),
    ),
  )
})

after(async () => {
  await Promise.all(clusters.map((cluster) => cluster.stop()))
})

test('they have no range in common', () => {
  const ranges = clusters.flatMap(({ config }) => [config.podCIDR, config.serviceCIDR, config.hostCIDR])
  assert.equal(new Set(ranges).size, 6, ranges.join(', '))
})

test('in each, a pod is reached by the name of its own service', { timeout: 120_000 }, async () => {
  await Promise.all(
    clusters.map(async (cluster) => {
      const kubectl = await kubectlFor(cluster.kubeconfig)
      await kubectl(
        'run',
        'web',
        '--image=k8ts.dev/hello:1',
        '--port=8080',
        `--env=POD_NAME=${cluster.config.name}`,
      )
      await kubectl('expose', 'pod', 'web', '--name=site', '--port=80', '--target-port=8080')
      await kubectl('wait', 'pod/web', '--for=condition=Ready', '--timeout=60s')
      const ask = 'until timeout 5 wget -q -O - http://site; do usleep 100000; done'
      const answer = await kubectl('exec', 'web', '--', 'timeout', '20', 'sh', '-c', ask)
      assert.match(answer, new RegExp(`pod ${cluster.config.name} `))
    }),
  )
})
