// The same cluster on a real etcd: the store is a choice that nobody else notices.

import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { after, before, test } from 'node:test'
import { startCluster, type TestCluster } from '#cluster/start-cluster.ts'
import { parseIdentity } from '#cluster/supervisor/child.ts'
import { systemClock } from '#sys/clock.ts'
import { signalProcess } from '#sys/process.ts'
import { type Kubectl, kubectlFor } from '#test/e2e/kubectl.ts'

let cluster: TestCluster
let kubectl: Kubectl

before(async () => {
  cluster = await startCluster({ nodes: 1, store: 'etcd' })
  kubectl = await kubectlFor(cluster.kubeconfig)
})

after(async () => {
  await cluster?.stop()
})

test('a pod runs with its state in etcd', { timeout: 90_000 }, async () => {
  await kubectl('run', 'one', '--image=k8ts.dev/hello:1', '--image-pull-policy=Never')
  await kubectl('wait', 'pod/one', '--for=condition=Ready', '--timeout=60s')
})

test('a killed etcd comes back with every object', { timeout: 90_000 }, async () => {
  await kubectl('create', 'configmap', 'kept', '--from-literal=a=1')
  const uid = await kubectl('get', 'configmap', 'kept', '-o', 'jsonpath={.metadata.uid}')
  const identity = parseIdentity(await readFile(path.join(cluster.layout.runDir, 'etcd.pid'), 'utf8'))
  assert.ok(identity && signalProcess(identity, 'SIGKILL'))
  // While etcd is away the server says so; it is asked until etcd answers again.
  while ((await kubectl.try('get', '--raw', '/readyz/etcd')).code !== 0) await systemClock.sleep(50)
  await kubectl('wait', 'pod/one', '--for=condition=Ready', '--timeout=30s')
  await kubectl('annotate', 'configmap', 'kept', 'written=later')
  assert.equal(await kubectl('get', 'configmap', 'kept', '-o', 'jsonpath={.metadata.uid}'), uid)
})
