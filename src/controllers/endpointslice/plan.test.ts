import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Node, Pod, Service } from '#api/types/core.ts'
import type { EndpointSlice } from '#api/types/discovery.ts'
import { planSlices, type SlicePlan } from '#controllers/endpointslice/plan.ts'

interface Traits {
  readonly ready?: boolean
  readonly leaving?: boolean
  readonly ip?: string
  readonly port?: string
}

const service: Service = {
  metadata: { name: 'web', namespace: 'default', uid: 's', labels: { team: 'a' } },
  spec: {
    clusterIP: '10.96.0.5',
    ipFamilies: ['IPv4'],
    ports: [{ port: 80, targetPort: 8080, protocol: 'TCP' }],
  },
}

function pod(i: number, { ready = true, leaving = false, ip = `10.0.0.${i}`, port }: Traits = {}): Pod {
  return {
    metadata: {
      name: `p${i}`,
      namespace: 'default',
      uid: `p${i}`,
      ...(leaving && { deletionTimestamp: '2026-01-01T00:00:00Z' }),
    },
    spec: {
      nodeName: 'n',
      containers: [
        { name: 'c', ...(port && { ports: [{ name: port, containerPort: 9000 + i, protocol: 'TCP' }] }) },
      ],
    },
    status: {
      podIP: ip,
      podIPs: [{ ip }],
      conditions: [{ type: 'Ready', status: ready ? 'True' : 'False' }],
    },
  } as Pod
}

const pods = (from: number, count: number): Pod[] => Array.from({ length: count }, (_, i) => pod(from + i))
const node = (labels: Record<string, string> = {}): Node => ({ metadata: { name: 'n', labels } })
const plan = (
  of: Service,
  behind: readonly Pod[],
  slices: readonly EndpointSlice[] = [],
  labels = {},
): SlicePlan => planSlices(of, behind, slices, () => node(labels))

/** The slices as the server would have them after the plan. */
function written({ create, update }: SlicePlan, names = 0): EndpointSlice[] {
  return [
    ...create.map((slice, i) => ({
      ...slice,
      metadata: { ...slice.metadata, name: `web-${names + i}`, uid: `u${names + i}` },
    })),
    ...update,
  ]
}

const counts = ({ create, update, remove }: SlicePlan): number[] => [
  create.length,
  update.length,
  remove.length,
]

test('a Service without pods has one empty slice', () => {
  const first = plan(service, [])
  assert.deepEqual(counts(first), [1, 0, 0])
  assert.deepEqual([first.create[0]?.endpoints, first.create[0]?.ports], [[], []])
  assert.deepEqual(counts(plan(service, [], written(first))), [0, 0, 0])
})

test('an endpoint tells address, readiness, node and pod', () => {
  const [slice] = plan(service, [pod(1)], [], { 'topology.kubernetes.io/zone': 'a' }).create
  assert.deepEqual(slice?.endpoints, [
    {
      addresses: ['10.0.0.1'],
      conditions: { ready: true, serving: true, terminating: false },
      targetRef: { kind: 'Pod', namespace: 'default', name: 'p1', uid: 'p1' },
      nodeName: 'n',
      zone: 'a',
    },
  ])
  assert.deepEqual(slice?.ports, [{ name: '', port: 8080, protocol: 'TCP' }])
  assert.deepEqual(slice?.metadata?.labels, {
    team: 'a',
    'kubernetes.io/service-name': 'web',
    'endpointslice.kubernetes.io/managed-by': 'endpointslice-controller.k8s.io',
  })
})

const READINESS: readonly [name: string, Traits, lenient: boolean, expect: [boolean, boolean, boolean]][] = [
  ['ready', {}, false, [true, true, false]],
  ['not ready', { ready: false }, false, [false, false, false]],
  ['not ready, published all the same', { ready: false }, true, [true, false, false]],
  ['ready and leaving', { leaving: true }, false, [false, true, true]],
]

for (const [name, traits, lenient, [ready, serving, terminating]] of READINESS) {
  test(`readiness: ${name}`, () => {
    const of = { ...service, spec: { ...service.spec, publishNotReadyAddresses: lenient } }
    assert.deepEqual(plan(of, [pod(1, traits)]).create[0]?.endpoints?.[0]?.conditions, {
      ready,
      serving,
      terminating,
    })
  })
}

test('a change of readiness is one update of one slice', () => {
  const slices = written(plan(service, pods(1, 150)))
  const changed = pods(1, 150).map((one, i) => (i === 120 ? pod(121, { ready: false }) : one))
  const next = plan(service, changed, slices)
  assert.deepEqual(counts(next), [0, 1, 0])
})

test('a hundred endpoints to a slice, and new ones fill what changes or what fits', () => {
  const slices = written(plan(service, pods(1, 150)))
  assert.deepEqual(
    slices.map((slice) => slice.endpoints?.length),
    [100, 50],
  )
  const more = plan(service, pods(1, 190), slices)
  assert.deepEqual(counts(more), [0, 1, 0])
  assert.equal(more.update[0]?.endpoints?.length, 90)
  assert.deepEqual(
    counts(plan(service, pods(1, 210), slices)),
    [1, 0, 0],
    'what fits nowhere gets a slice of its own',
  )
})

test('a slice that empties goes, another set of ports takes its place', () => {
  const slices = written(plan(service, pods(1, 150)))
  const fewer = plan(service, pods(1, 100), slices)
  assert.deepEqual(counts(fewer), [0, 0, 1])
  const moved = {
    ...service,
    spec: { ...service.spec, ports: [{ port: 80, targetPort: 9090, protocol: 'TCP' }] },
  }
  const other = plan(moved, pods(1, 100), written(plan(service, pods(1, 100))))
  assert.deepEqual(counts(other), [0, 1, 0], 'the old slice is used again')
  assert.equal(other.update[0]?.metadata?.name, 'web-0')
})

test('pods that serve a named port under different numbers share no slice', () => {
  const named = {
    ...service,
    spec: { ...service.spec, ports: [{ port: 80, targetPort: 'http', protocol: 'TCP' }] },
  }
  const { create } = plan(named, [pod(1, { port: 'http' }), pod(2, { port: 'http' })])
  assert.deepEqual(create.map(({ ports }) => ports?.[0]?.port).sort(), [9001, 9002])
})

test('what belongs to an earlier Service of the same name goes', () => {
  const slices = written(plan({ ...service, metadata: { ...service.metadata, uid: 'old' } }, [pod(1)]))
  const next = plan(service, [pod(1)], slices)
  assert.deepEqual(counts(next), [1, 0, 1])
})

test('labels of the Service reach its slices', () => {
  const slices = written(plan(service, [pod(1)]))
  const renamed = { ...service, metadata: { ...service.metadata, labels: { team: 'b' } } }
  const next = plan(renamed, [pod(1)], slices)
  assert.equal(next.update[0]?.metadata?.labels?.['team'], 'b')
})

test('a headless Service says so, and needs no ports', () => {
  const headless: Service = { ...service, spec: { clusterIP: 'None', ipFamilies: ['IPv4'] } }
  const [slice] = plan(headless, [pod(1)]).create
  assert.equal(slice?.metadata?.labels?.['service.kubernetes.io/headless'], '')
  assert.deepEqual(slice?.ports, [])
  assert.equal(slice?.endpoints?.length, 1)
})

test('each family has slices of its own, and slices of a family that is no more go', () => {
  const dual: Service = { ...service, spec: { ...service.spec, ipFamilies: ['IPv4', 'IPv6'] } }
  const both = pod(1)
  const behind = [{ ...both, status: { ...both.status, podIPs: [{ ip: '10.0.0.1' }, { ip: 'fd00::1' }] } }]
  const first = plan(dual, behind)
  assert.deepEqual(
    first.create.map(({ addressType, endpoints }) => [addressType, endpoints?.[0]?.addresses[0]]),
    [
      ['IPv4', '10.0.0.1'],
      ['IPv6', 'fd00::1'],
    ],
  )
  assert.deepEqual(counts(plan(service, behind, written(first))), [0, 0, 1])
})

test('a pod on a node that is not known is no endpoint yet', () => {
  const { create, problems } = planSlices(service, [pod(1)], [], () => undefined)
  assert.equal(create[0]?.endpoints?.length, 0)
  assert.deepEqual(problems, ['skipping Pod p1 for Service default/web: Node n Not Found'])
})

test('a Service that prefers what is near gets hints, and loses them again', () => {
  const near: Service = { ...service, spec: { ...service.spec, trafficDistribution: 'PreferSameNode' } }
  const zone = { 'topology.kubernetes.io/zone': 'a' }
  const slices = written(plan(near, [pod(1)], [], zone))
  assert.deepEqual(slices[0]?.endpoints?.[0]?.hints, { forNodes: [{ name: 'n' }], forZones: [{ name: 'a' }] })
  assert.deepEqual(counts(plan(near, [pod(1)], slices, zone)), [0, 0, 0])
  const plain = plan(service, [pod(1)], slices, zone)
  assert.deepEqual(counts(plain), [0, 1, 0])
  assert.equal(plain.update[0]?.endpoints?.[0]?.hints, undefined)
})
