import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { events, leases, nodes, pods } from '#api/resources.ts'
import type { Node, Pod } from '#api/types/core.ts'
import { startTestApiServer, type TestApiServer } from '#apiserver/testing.ts'
import { startTestControllers, type TestControllers } from '#controllers/testing.ts'
import { formatMicroTime, formatTime } from '#sys/clock.ts'
import { type FakeClock, fakeClock } from '#sys/fake-clock.ts'

let server: TestApiServer
let controllers: TestControllers
let clock: FakeClock

before(async () => {
  clock = fakeClock(Date.now())
  server = await startTestApiServer({ namespaces: ['default', 'kube-node-lease'] })
  controllers = await startTestControllers(server.client, {
    controllers: [
      'node-ipam-controller',
      'node-lifecycle-controller',
      'taint-eviction-controller',
      'pod-garbage-collector-controller',
    ],
    settings: { clusterCIDRs: ['10.244.0.0/16'] },
    clock,
  })
})

after(async () => {
  await controllers.stop()
  await server.stop()
  assert.equal(clock.pendingCount(), 0)
})

/** What a kubelet says of itself. */
async function report(name: string): Promise<void> {
  const time = formatTime(clock.now())
  const condition = { type: 'Ready', status: 'True', lastHeartbeatTime: time, lastTransitionTime: time }
  const status = { status: { conditions: [condition] } }
  await server.client.resource(nodes).patch('', name, 'merge', status, { subresource: 'status' })
  await renew(name)
}

async function join(name: string): Promise<void> {
  await server.client.resource(nodes).create({ metadata: { name } })
  await report(name)
  await controllers.until(
    nodes,
    name,
    (node) => ready(node) === 'True' && (node?.spec?.podCIDRs ?? []).length === 1,
  )
}

async function renew(name: string): Promise<void> {
  const spec = { holderIdentity: name, renewTime: formatMicroTime(clock.now()), leaseDurationSeconds: 40 }
  const metadata = { namespace: 'kube-node-lease', name }
  const existing = controllers.informers
    .informer(leases, { namespace: 'kube-node-lease' })
    .get(`kube-node-lease/${name}`)
  const resource = server.client.resource(leases)
  await (existing
    ? resource.patch('kube-node-lease', name, 'merge', { spec })
    : resource.create({ metadata, spec }))
}

/** Time goes by in steps, while the kubelets of `living` renew their leases. */
async function pass(seconds: number, living: readonly string[]): Promise<void> {
  for (let left = seconds; left > 0; left -= 5) {
    for (const name of living) await renew(name)
    await clock.advance(5_000)
  }
}

async function run(name: string, nodeName: string, spec: object = {}): Promise<void> {
  const created = await server.client.resource(pods).create({
    metadata: { name, namespace: 'default' },
    spec: { nodeName, containers: [{ name: 'c', image: 'i' }], ...spec },
  } as Pod)
  const conditions = [{ type: 'Ready', status: 'True', lastTransitionTime: formatTime(clock.now()) }]
  await server.client.resource(pods).updateStatus({ ...created, status: { phase: 'Running', conditions } })
  await controllers.until(pods, `default/${name}`, (pod) => pod?.status?.phase === 'Running')
}

const ready = (node: Node | undefined): string | undefined =>
  node?.status?.conditions?.find(({ type }) => type === 'Ready')?.status

const taintsOf = (node: Node | undefined): string[] =>
  (node?.spec?.taints ?? [])
    .map(({ key, effect }) => `${key.replace('node.kubernetes.io/', '')}:${effect}`)
    .sort()

const tolerate = (tolerationSeconds: number) => ({
  tolerations: [
    { key: 'node.kubernetes.io/unreachable', operator: 'Exists', effect: 'NoExecute', tolerationSeconds },
  ],
})

test('a silent node is given up, its pods are told, and leave when their patience ends', async () => {
  await join('alive')
  await join('lost')
  assert.notEqual(
    (await server.client.resource(nodes).get('', 'alive')).spec?.podCIDR,
    (await server.client.resource(nodes).get('', 'lost')).spec?.podCIDR,
  )
  await run('patient', 'lost', tolerate(300))
  await run('other', 'alive')

  await pass(40, ['alive'])
  assert.equal(ready(await server.client.resource(nodes).get('', 'lost')), 'True', 'it may still answer')
  await pass(20, ['alive'])
  const lost = await controllers.until(nodes, 'lost', (node) => taintsOf(node).length === 2)
  assert.equal(ready(lost), 'Unknown')
  assert.deepEqual(taintsOf(lost), ['unreachable:NoExecute', 'unreachable:NoSchedule'])
  assert.equal(ready(await server.client.resource(nodes).get('', 'alive')), 'True')

  const told = await controllers.until(
    pods,
    'default/patient',
    (pod) => pod?.status?.conditions?.[0]?.status === 'False',
  )
  assert.equal(told?.metadata?.deletionTimestamp, undefined)
  await pass(310, ['alive'])
  const leaving = await controllers.until(
    pods,
    'default/patient',
    (pod) => pod?.metadata?.deletionTimestamp !== undefined,
  )
  const why = leaving?.status?.conditions?.find(({ type }) => type === 'DisruptionTarget')
  assert.equal(why?.reason, 'DeletionByTaintManager')
  assert.ok(
    (await server.client.resource(pods).get('default', 'other')).metadata?.deletionTimestamp === undefined,
  )

  const wanted = [
    'Node lost event: Registered Node lost in Controller',
    'Node lost status is now: NodeNotReady',
    'Node is not ready',
    'Marking for deletion Pod default/patient',
  ]
  await controllers.untilAll(events, (all) =>
    wanted.every((text) => all.some(({ message }) => message === text)),
  )
})

test('a node that answers again loses its taints, and evictions are called off', async () => {
  await join('back')
  await run('stays', 'back', tolerate(300))
  await pass(60, ['alive'])
  await controllers.until(nodes, 'back', (node) => taintsOf(node).length > 0)
  await report('back')
  await controllers.until(nodes, 'back', (now) => ready(now) === 'True' && taintsOf(now).length === 0)
  await pass(400, ['alive', 'back'])
  assert.equal(
    (await server.client.resource(pods).get('default', 'stays')).metadata?.deletionTimestamp,
    undefined,
  )
})

test('the pods of a node that is deleted go after the quarantine', async () => {
  await join('gone')
  await run('left', 'gone')
  await server.client.resource(nodes).delete('', 'gone')
  await controllers.until(nodes, 'gone', (node) => node === undefined)
  await pass(30, ['alive', 'back'])
  assert.equal((await server.client.resource(pods).get('default', 'left')).status?.phase, 'Running')
  await pass(15, ['alive', 'back'])
  await controllers.until(pods, 'default/left', (pod) => pod === undefined)
})
