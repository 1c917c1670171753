// kill -9 of each process in turn, and of all at once as at a power cut: nothing acknowledged is lost, no
// container is restarted without need, and everything is Ready again soon.

import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { after, before, test } from 'node:test'
import { configMaps, nodes } from '#api/resources.ts'
import type { Node } from '#api/types/core.ts'
import { createInformer } from '#client/informer.ts'
import { processesIn } from '#cluster/hosts/cgroups.ts'
import { nodeLayout } from '#cluster/layout.ts'
import { startCluster, type TestCluster } from '#cluster/start-cluster.ts'
import { parseIdentity } from '#cluster/supervisor/child.ts'
import { systemClock } from '#sys/clock.ts'
import { silentLogger } from '#sys/log.ts'
import { isRunning, signalProcess } from '#sys/process.ts'
import { systemRandom } from '#sys/random.ts'
import { type Kubectl, kubectlFor } from '#test/e2e/kubectl.ts'

const RECOVERY_MS = 10_000
const PROCESSES = ['node-1', 'containerd-1', 'control-plane'] as const

let cluster: TestCluster
let kubectl: Kubectl

before(async () => {
  cluster = await startCluster({ nodes: 1 })
  kubectl = await kubectlFor(cluster.kubeconfig)
  await kubectl.apply({
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'web' },
    spec: {
      replicas: 2,
      selector: { matchLabels: { app: 'web' } },
      template: {
        metadata: { labels: { app: 'web' } },
        spec: { containers: [{ name: 'web', image: 'k8ts.dev/hello:1' }] },
      },
    },
  })
  await kubectl('rollout', 'status', 'deployment/web', '--timeout=60s')
})

after(async () => {
  await cluster?.stop()
})

async function identityOf(name: string) {
  const identity = parseIdentity(await readFile(path.join(cluster.layout.runDir, `${name}.pid`), 'utf8'))
  assert.ok(identity, `${name} has no pid file`)
  return identity
}

async function kill(name: string): Promise<void> {
  const identity = await identityOf(name)
  assert.ok(signalProcess(identity, 'SIGKILL'), `${name} did not run`)
}

/** Container ids and restart counts: equal before and after means that nothing was restarted. */
const containers = () =>
  kubectl(
    'get',
    'pods',
    '-o',
    'jsonpath={range .items[*]}{.metadata.name} {.status.containerStatuses[0].containerID} {.status.containerStatuses[0].restartCount}{"\\n"}{end}',
  )

/** Waits until the process runs under another pid and the node reports Ready after `since`. */
async function untilReadyAgain(since: number): Promise<void> {
  const stop = new AbortController()
  const dependencies = { client: cluster.client, clock: systemClock, random: systemRandom, log: silentLogger }
  const informer = createInformer<Node>(nodes, {}, dependencies)
  const ready = new Promise<void>((resolve, reject) => {
    const timer = systemClock.after(RECOVERY_MS, () => reject(new Error('not Ready in time')))
    informer.onChange(({ object }) => {
      const condition = object.status?.conditions?.find(({ type }) => type === 'Ready')
      if (condition?.status !== 'True' || systemClock.monotonic() < since) return
      timer.cancel()
      resolve()
    })
  })
  const running = informer.run(stop.signal)
  try {
    await ready
  } finally {
    stop.abort()
    await running
  }
}

for (const name of PROCESSES) {
  test(`${name} comes back, and no container notices`, { timeout: 60_000 }, async () => {
    const before = await containers()
    const old = await identityOf(name)
    const since = systemClock.monotonic()
    await kill(name)
    while (isRunning(old) || (await identityOf(name)).pid === old.pid) await systemClock.sleep(20)
    await untilReadyAgain(since)
    await kubectl('rollout', 'status', 'deployment/web', '--timeout=30s')
    assert.equal(await containers(), before)
  })
}

test('the supervisor comes back, and takes over what runs', { timeout: 60_000 }, async () => {
  const before = await containers()
  const old = await identityOf('supervisor')
  const nodeProcess = await identityOf('node-1')
  const since = systemClock.monotonic()
  await kill('supervisor')
  while ((await identityOf('supervisor')).pid === old.pid) {
    assert.ok(systemClock.monotonic() - since < RECOVERY_MS, 'nobody started it again')
    await systemClock.sleep(20)
  }
  assert.deepEqual(await identityOf('node-1'), nodeProcess)
  // It watches again over what the old one started.
  await kill('node-1')
  const killed = systemClock.monotonic()
  while ((await identityOf('node-1')).pid === nodeProcess.pid) {
    assert.ok(systemClock.monotonic() - killed < RECOVERY_MS, 'the node process was not started again')
    await systemClock.sleep(20)
  }
  await untilReadyAgain(killed)
  assert.equal(await containers(), before)
})

test('a killed container is started again by its kubelet, in its pod', { timeout: 60_000 }, async () => {
  const pids = await processesIn(nodeLayout(cluster.layout, 1).cgroup)
  const servers = [...pids].filter((pid) => readFileSync(`/proc/${pid}/cmdline`, 'utf8').startsWith('httpd'))
  const victim = servers[0]
  assert.ok(victim !== undefined, 'no process of a container was found')
  const podName = readFileSync(`/proc/${victim}/environ`, 'utf8').match(/HOSTNAME=([^\0]+)/)?.[1]
  const name = `pod/${podName}`
  process.kill(victim, 'SIGKILL')
  await kubectl('wait', name, '--for=jsonpath={.status.containerStatuses[0].restartCount}=1', '--timeout=40s')
  await kubectl('wait', name, '--for=condition=Ready', '--timeout=40s')
})

test('after everything was killed at once, up brings the same cluster back', {
  timeout: 90_000,
}, async () => {
  const before = await containers()
  const resource = cluster.client.resource(configMaps)
  const written = await resource.create({
    metadata: { namespace: 'default', name: 'acknowledged' },
    data: { a: '1' },
  })
  for (const name of ['supervisor', ...PROCESSES]) await kill(name)
  const since = systemClock.monotonic()
  await cluster.resume()
  assert.ok(systemClock.monotonic() - since < RECOVERY_MS, 'not back in time')
  const kept = await resource.get('default', 'acknowledged')
  assert.equal(kept.metadata?.uid, written.metadata?.uid)
  await kubectl('rollout', 'status', 'deployment/web', '--timeout=30s')
  assert.equal(await containers(), before)
})

test('after a power cut, which ends containers too, each pod is started again where it was', {
  timeout: 120_000,
}, async () => {
  const places = () =>
    kubectl('get', 'pods', '-o', 'jsonpath={range .items[*]}{.metadata.uid} {.spec.nodeName}{"\\n"}{end}')
  const before = await places()
  for (const name of ['supervisor', ...PROCESSES]) await kill(name)
  for (const pid of await processesIn(nodeLayout(cluster.layout, 1).cgroup)) process.kill(pid, 'SIGKILL')
  await cluster.resume()
  await kubectl('rollout', 'status', 'deployment/web', '--timeout=60s')
  await kubectl('wait', 'pods', '--all', '--for=condition=Ready', '--timeout=60s')
  assert.equal(await places(), before)
})
