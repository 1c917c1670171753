// One apply, followed through all components: the order that the guide describes is the order that happens.
//
// A watcher that sees everything writes down when each step first shows; nothing here looks into a component.

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { KubeObject } from '#api/meta/object.ts'
import type { ResourceType } from '#api/resources.ts'
import { deployments, endpointSlices, events, pods, replicaSets, services } from '#api/resources.ts'
import type { Deployment, ReplicaSet } from '#api/types/apps.ts'
import type { Event, Pod, Service } from '#api/types/core.ts'
import type { EndpointSlice } from '#api/types/discovery.ts'
import { type Change, createInformer } from '#client/informer.ts'
import { startCluster, type TestCluster } from '#cluster/start-cluster.ts'
import { systemClock } from '#sys/clock.ts'
import { silentLogger } from '#sys/log.ts'
import { systemRandom } from '#sys/random.ts'
import { type Kubectl, kubectlFor } from '#test/e2e/kubectl.ts'

let cluster: TestCluster
let kubectl: Kubectl

before(async () => {
  cluster = await startCluster({ nodes: 1 })
  kubectl = await kubectlFor(cluster.kubeconfig)
})

after(async () => {
  await cluster?.stop()
})

const DEPLOYMENT = {
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'web' },
  spec: {
    replicas: 1,
    selector: { matchLabels: { app: 'web' } },
    template: {
      metadata: { labels: { app: 'web' } },
      spec: { containers: [{ name: 'web', image: 'k8ts.dev/hello:1', ports: [{ containerPort: 8080 }] }] },
    },
  },
}
const SERVICE = {
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name: 'web' },
  spec: { selector: { app: 'web' }, ports: [{ port: 80, targetPort: 8080 }] },
}

/** The steps in the order of docs/README.md. Those on one line may come in either order. */
const ORDER = [
  'the API server stores the Deployment',
  'the deployment controller makes a ReplicaSet',
  'the replicaset controller makes a Pod',
  'the scheduler binds the Pod to a node',
  'the kubelet starts it, and it has an address',
  'the kubelet says that it is ready',
  'the endpointslice controller lists it as ready',
] as const

test('an apply goes from component to component in the order of the guide', { timeout: 90_000 }, async () => {
  const seen = new Map<string, number>()
  const stop = new AbortController()
  const note = (step: (typeof ORDER)[number]) => {
    if (!seen.has(step)) seen.set(step, seen.size)
  }
  const running: Promise<void>[] = []
  const done = new Promise<void>((resolve) => {
    const watch = <T extends KubeObject>(type: ResourceType<T>, onChange: (change: Change<T>) => void) => {
      const dependencies = {
        client: cluster.client,
        clock: systemClock,
        random: systemRandom,
        log: silentLogger,
      }
      const informer = createInformer(type, { namespace: 'default' }, dependencies)
      informer.onChange(onChange)
      running.push(informer.run(stop.signal))
      return informer.whenSynced()
    }
    const ready = Promise.all([
      watch<Deployment>(deployments, () => note(ORDER[0])),
      watch<ReplicaSet>(replicaSets, () => note(ORDER[1])),
      watch<Pod>(pods, ({ object: { spec, status } }) => {
        note(ORDER[2])
        if (spec?.nodeName) note(ORDER[3])
        if (status?.podIP) note(ORDER[4])
        if (status?.conditions?.some(({ type, status: value }) => type === 'Ready' && value === 'True'))
          note(ORDER[5])
      }),
      watch<EndpointSlice>(endpointSlices, ({ object }) => {
        const isOurs = object.metadata?.labels?.['kubernetes.io/service-name'] === 'web'
        if (!isOurs || !object.endpoints?.some(({ conditions }) => conditions?.ready)) return
        note(ORDER[6])
        resolve()
      }),
      watch<Service>(services, () => undefined),
      watch<Event>(events, () => undefined),
    ])
    void ready.then(() => kubectl.apply([DEPLOYMENT, SERVICE]))
  })
  await done
  stop.abort()
  await Promise.all(running)
  assert.deepEqual([...seen.keys()], ORDER)
})

test('the proxy and DNS follow: the name answers', { timeout: 60_000 }, async () => {
  const name = (await kubectl('get', 'pods', '-l', 'app=web', '-o', 'name')).trim()
  const text = await kubectl(
    'exec',
    name,
    '--',
    'sh',
    '-c',
    'until timeout 2 wget -q -O - http://web; do sleep 0.1; done',
  )
  assert.match(text, /^Hello from pod /)
})

test('each component told people what it did', { timeout: 30_000 }, async () => {
  const text = await kubectl('get', 'events', '-o', 'jsonpath={range .items[*]}{.reason}{"\\n"}{end}')
  for (const reason of [
    'ScalingReplicaSet',
    'SuccessfulCreate',
    'Scheduled',
    'Pulled',
    'Created',
    'Started',
  ]) {
    assert.match(text, new RegExp(`^${reason}$`, 'm'))
  }
})
