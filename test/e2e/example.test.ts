// The example of the guide on two nodes: what a newcomer does first has to work.

import assert from 'node:assert/strict'
import path from 'node:path'
import { after, before, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { startCluster, type TestCluster } from '#cluster/start-cluster.ts'
import { type Kubectl, kubectlFor } from '#test/e2e/kubectl.ts'

const MANIFEST = path.join(import.meta.dirname, '..', '..', '..', 'example-deployment.yaml')
const NAME = 'http://hello.default.svc.cluster.local'

let cluster: TestCluster
let kubectl: Kubectl

before(async () => {
  cluster = await startCluster({ nodes: 2 })
  kubectl = await kubectlFor(cluster.kubeconfig)
})

after(async () => {
  await cluster?.stop()
})

interface PodList {
  readonly items: readonly {
    readonly metadata: { readonly name: string; readonly uid: string }
    readonly spec: { readonly nodeName: string }
    readonly status: {
      readonly podIP: string
      readonly containerStatuses: readonly { readonly restartCount: number }[]
    }
  }[]
}

const pods = async (): Promise<PodList['items']> =>
  (JSON.parse(await kubectl('get', 'pods', '-l', 'app=hello', '-o', 'json')) as PodList).items

test('the pods of the Deployment run on both nodes', { timeout: 120_000 }, async () => {
  await kubectl('apply', '-f', MANIFEST)
  await kubectl('rollout', 'status', 'deployment/hello', '--timeout=60s')
  const list = await pods()
  assert.equal(list.length, 4)
  assert.equal(new Set(list.map((pod) => pod.spec.nodeName)).size, 2)
  assert.equal(new Set(list.map((pod) => pod.status.podIP)).size, 4)
})

test('every pod reaches every other by its address', { timeout: 60_000 }, async () => {
  const list = await pods()
  for (const from of list) {
    const urls = list.map((pod) => `http://${pod.status.podIP}:8080`)
    const text = await kubectl(
      'exec',
      from.metadata.name,
      '--',
      'sh',
      '-c',
      urls.map((url) => `timeout 5 wget -q -O - ${url}`).join(' && '),
    )
    for (const to of list)
      assert.match(
        text,
        new RegExp(`pod ${to.metadata.name} on node ${to.spec.nodeName} at ${to.status.podIP}`),
      )
  }
})

test('the Service answers by cluster address and by name, from several pods', {
  timeout: 60_000,
}, async () => {
  const [first] = await pods()
  const address = await kubectl('get', 'service', 'hello', '-o', 'jsonpath={.spec.clusterIP}')
  for (const url of [`http://${address}`, NAME, 'http://hello']) {
    const text = await kubectl(
      'exec',
      first?.metadata.name ?? '',
      '--',
      'sh',
      '-c',
      `for i in $(seq 24); do timeout 5 wget -q -O - ${url}; done`,
    )
    assert.ok(new Set(text.match(/pod \S+/g)).size > 1, `only one pod answered at ${url}`)
  }
})

test('the Service answers by node port: on the machine, and at each node', { timeout: 60_000 }, async () => {
  const addresses = (
    await kubectl(
      'get',
      'nodes',
      '-o',
      'jsonpath={.items[*].status.addresses[?(@.type=="InternalIP")].address}',
    )
  ).split(' ')
  for (const host of ['127.0.0.1', ...addresses]) {
    const response = await fetch(`http://${host}:30080`, { signal: AbortSignal.timeout(5_000) })
    assert.match(await response.text(), /^Hello from pod hello-/)
  }
})

test('applying again changes nothing', { timeout: 30_000 }, async () => {
  assert.match(
    await kubectl('apply', '-f', MANIFEST),
    /deployment.apps\/hello unchanged\nservice\/hello unchanged/,
  )
})

test('after down and up the same pods answer', { timeout: 180_000 }, async () => {
  const before = (await pods()).map((pod) => pod.metadata.uid).sort()
  await cluster.pause()
  await cluster.resume()
  await kubectl('rollout', 'status', 'deployment/hello', '--timeout=60s')
  assert.deepEqual((await pods()).map((pod) => pod.metadata.uid).sort(), before)
  assert.match(await firstAnswer('http://127.0.0.1:30080'), /^Hello/)
})

test('a deleted Deployment takes its pods along', { timeout: 90_000 }, async () => {
  await kubectl('delete', '-f', MANIFEST, '--wait=true')
  await kubectl('wait', '--for=delete', 'pod', '-l', 'app=hello', '--timeout=60s')
  assert.deepEqual(await pods(), [])
})

/** Rules follow readiness by a moment: asks until somebody answers. */
async function firstAnswer(url: string): Promise<string> {
  const deadline = AbortSignal.timeout(10_000)
  for (;;) {
    try {
      return await (await fetch(url, { signal: AbortSignal.timeout(2_000) })).text()
    } catch (error) {
      if (deadline.aborted) throw error
      await sleep(50)
    }
  }
}
