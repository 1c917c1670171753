// Measures a cluster beside the raw floor: the same pods through CRI alone, in the same run, on the same runtime.
// The floor of many pods is the better of two ways: all at once, and as many at a time as the kubelet has in the making.
//
// Run: `npm run bench` (as root). It starts a cluster of its own and takes it down again. On a shared machine the
// ratios mean more than the times.

import { pods } from '#api/resources.ts'
import type { Pod } from '#api/types/core.ts'
import { rawPods } from '#bench/cluster/raw-pods.ts'
import { createInformer } from '#client/informer.ts'
import { BUSYBOX_IMAGE } from '#cluster/images/names.ts'
import { nodeLayout } from '#cluster/layout.ts'
import { startCluster, type TestCluster } from '#cluster/start-cluster.ts'
import { askSupervisor } from '#cluster/supervisor/control-socket.ts'
import { SANDBOXES_AT_ONCE } from '#kubelet/assemble.ts'
import { systemClock } from '#sys/clock.ts'
import { silentLogger } from '#sys/log.ts'
import { systemRandom } from '#sys/random.ts'

const ROUNDS = 5
const MANY = 50
/** A process is at rest when what its start has left to do is done, compiled and collected. */
const SETTLE_MS = 60_000
const REST_MS = 60_000
const NAMESPACE = 'default'

const seconds = (ms: number): string => `${(ms / 1000).toFixed(2)} s`
const median = (values: readonly number[]): number =>
  [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0

async function timed(work: () => Promise<unknown>): Promise<number> {
  const since = systemClock.monotonic()
  await work()
  return systemClock.monotonic() - since
}

const pod = (name: string, nodeName: string): Pod => ({
  metadata: { namespace: NAMESPACE, name, labels: { bench: 'yes' } },
  spec: {
    nodeSelector: { 'kubernetes.io/hostname': nodeName },
    terminationGracePeriodSeconds: 0,
    containers: [{ name: 'c', image: BUSYBOX_IMAGE, imagePullPolicy: 'Never', command: ['sleep', '3600'] }],
  },
})

const isReady = (object: Pod): boolean =>
  (object.status?.conditions ?? []).some(({ type, status }) => type === 'Ready' && status === 'True')

/** A pod as the API server completes it; it asks for a node that is not there, so that nothing comes of it. */
async function completedPod(cluster: TestCluster): Promise<Pod> {
  const resource = cluster.client.resource<Pod>(pods)
  const completed = await resource.create(pod('template', 'nowhere'))
  await resource.delete(NAMESPACE, 'template', { gracePeriodSeconds: 0 })
  return completed
}

/**
 * Pods through the whole of Kubernetes: from the first POST until a watcher has seen the last of them Ready.
 * `whileReady` runs before they are deleted.
 */
async function clusterPods(
  cluster: TestCluster,
  count: number,
  whileReady: () => Promise<void> = () => Promise.resolve(),
): Promise<number> {
  const stop = new AbortController()
  const informer = createInformer<Pod>(
    pods,
    { namespace: NAMESPACE, labelSelector: 'bench=yes' },
    { client: cluster.client, clock: systemClock, random: systemRandom, log: silentLogger },
  )
  const until = (condition: () => boolean) =>
    new Promise<void>((resolve) => {
      const off = informer.onChange(() => queueMicrotask(() => condition() && resolve()))
      stop.signal.addEventListener('abort', off, { once: true })
    })
  const running = informer.run(stop.signal)
  await informer.whenSynced()
  const resource = cluster.client.resource<Pod>(pods)
  const nodeName = nodeLayout(cluster.layout, 1).name
  const ready = until(() => informer.list().filter(isReady).length === count)
  const time = await timed(async () => {
    await Promise.all(Array.from({ length: count }, (_, i) => resource.create(pod(`bench-${i}`, nodeName))))
    await ready
  })
  await whileReady()
  const gone = until(() => informer.list().length === 0)
  await resource.deleteCollection(
    { namespace: NAMESPACE, labelSelector: 'bench=yes' },
    { gracePeriodSeconds: 0 },
  )
  await gone
  stop.abort()
  await running
  return time
}

async function atRest(cluster: TestCluster): Promise<readonly string[]> {
  const read = async () => (await askSupervisor(cluster.layout.supervisorSocket, 'status'))?.processes ?? []
  await systemClock.sleep(SETTLE_MS)
  const before = await read()
  await systemClock.sleep(REST_MS)
  return (await read()).map((process) => {
    const cpu = process.cpuMs - (before.find(({ name }) => name === process.name)?.cpuMs ?? 0)
    return `  ${process.name.padEnd(16)} ${String(Math.round(process.memoryBytes / 2 ** 20)).padStart(4)} MiB   ${((100 * cpu) / REST_MS).toFixed(1)} % of a core`
  })
}

/** One line: the floor, the cluster, how they compare. */
async function comparedPods(cluster: TestCluster, template: Pod, count: number): Promise<string> {
  const ways = count === 1 ? [1] : [SANDBOXES_AT_ONCE, count]
  const rounds = count === 1 ? ROUNDS : 1
  const raw = new Map<number, number[]>(ways.map((atOnce) => [atOnce, []]))
  const whole: number[] = []
  for (let i = 0; i < rounds; i++) {
    for (const [atOnce, times] of raw) times.push(await rawPods(cluster, template, count, atOnce))
    whole.push(await clusterPods(cluster, count))
  }
  const floors = [...raw].map(([atOnce, times]) => ({ atOnce, time: median(times) }))
  const floor = Math.min(...floors.map(({ time }) => time))
  const details = floors.map(({ atOnce, time }) => `${atOnce} at a time ${seconds(time)}`).join(', ')
  return (
    `${String(count).padStart(2)} pod${count === 1 ? ' ' : 's'} on one node   raw CRI ${details}   ` +
    `create to Ready ${seconds(median(whole))}   ${(median(whole) / floor).toFixed(2)}x`
  )
}

async function bench(): Promise<void> {
  const print = (text: string) => process.stdout.write(`${text}\n`)
  let cluster: TestCluster | undefined
  const cold = await timed(async () => {
    cluster = await startCluster({ nodes: 2 })
  })
  if (!cluster) return
  try {
    print(`new cluster, 2 nodes Ready      ${seconds(cold)}`)
    const started = cluster
    const warm: number[] = []
    for (let i = 0; i < 3; i++) {
      await started.pause()
      warm.push(await timed(() => started.resume()))
    }
    print(`warm up, 2 nodes Ready          ${seconds(median(warm))} (${warm.map(seconds).join(', ')})`)
    print(`at rest, over ${REST_MS / 1000} s:`)
    for (const line of await atRest(started)) print(line)
    const template = await completedPod(started)
    for (const count of [1, MANY]) print(await comparedPods(started, template, count))
    await clusterPods(started, MANY, async () => {
      print(`at rest with ${MANY} pods on the first node, over ${REST_MS / 1000} s:`)
      for (const line of await atRest(started)) print(line)
    })
  } finally {
    await cluster.stop()
  }
}

await bench()
process.exit(0)
