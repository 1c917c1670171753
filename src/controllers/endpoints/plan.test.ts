import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { EndpointSubset, Endpoints, Pod, Service } from '#api/types/core.ts'
import { planEndpoints, repack } from '#controllers/endpoints/plan.ts'

const service: Service = {
  metadata: { name: 'web', namespace: 'default', uid: 's' },
  spec: {
    clusterIP: '10.96.0.5',
    ipFamilies: ['IPv4'],
    ports: [{ port: 80, targetPort: 8080, protocol: 'TCP' }],
  },
}

function pod(i: number, ready = true): Pod {
  const ip = `10.0.${Math.floor(i / 250)}.${i % 250}`
  return {
    metadata: { name: `p${i}`, namespace: 'default', uid: `p${String(i).padStart(4, '0')}` },
    spec: { nodeName: 'n', containers: [] },
    status: {
      podIP: ip,
      podIPs: [{ ip }],
      conditions: [{ type: 'Ready', status: ready ? 'True' : 'False' }],
    },
  }
}

const plan = (of: Service, pods: readonly Pod[], current?: Endpoints): Endpoints | undefined =>
  planEndpoints(of, pods, current, undefined)

test('ready and other addresses lie side by side', () => {
  const subsets = plan(service, [pod(2), pod(1, false)])?.subsets
  assert.deepEqual(
    subsets?.map(({ addresses, notReadyAddresses, ports }) => [
      addresses?.[0]?.ip,
      notReadyAddresses?.[0]?.ip,
      ports,
    ]),
    [['10.0.0.2', '10.0.0.1', [{ port: 8080, protocol: 'TCP' }]]],
  )
})

test('what is right is not written again', () => {
  const first = plan(service, [pod(1), pod(2)])
  assert.equal(plan(service, [pod(2), pod(1)], first), undefined)
  assert.notEqual(plan(service, [pod(1)], first), undefined)
})

test('a headless Service says so in a label', () => {
  const headless: Service = { ...service, spec: { clusterIP: 'None', ipFamilies: ['IPv4'] } }
  const first = plan(headless, [pod(1)])
  assert.deepEqual(first?.metadata?.labels, {
    'service.kubernetes.io/headless': '',
    'endpoints.kubernetes.io/managed-by': 'endpoint-controller',
  })
  assert.deepEqual(
    first?.subsets?.map(({ ports }) => ports),
    [undefined],
  )
})

test('beyond a thousand addresses the rest is cut, the ready ones last', () => {
  const many = [
    ...Array.from({ length: 900 }, (_, i) => pod(i)),
    ...Array.from({ length: 300 }, (_, i) => pod(1000 + i, false)),
  ]
  const first = plan(service, many)
  const count = (side: 'addresses' | 'notReadyAddresses'): number =>
    (first?.subsets ?? []).reduce((sum, subset) => sum + (subset[side]?.length ?? 0), 0)
  assert.deepEqual([count('addresses'), count('notReadyAddresses')], [900, 100])
  assert.equal(first?.metadata?.annotations?.['endpoints.kubernetes.io/over-capacity'], 'truncated')
})

test('ports with equal addresses are packed into one subset', () => {
  const at = (ip: string, port: number): EndpointSubset => ({
    addresses: [{ ip }],
    ports: [{ port, protocol: 'TCP' }],
  })
  const packed = repack([at('10.0.0.1', 80), at('10.0.0.1', 81), at('10.0.0.2', 80), at('10.0.0.2', 81)])
  assert.equal(packed.length, 1)
  assert.deepEqual(
    packed[0]?.addresses?.map(({ ip }) => ip),
    ['10.0.0.1', '10.0.0.2'],
  )
  assert.deepEqual(packed[0]?.ports?.map(({ port }) => port).sort(), [80, 81])
})

test('an address that is ready here and not there is not ready', () => {
  const ports = [{ port: 80, protocol: 'TCP' }]
  const packed = repack([
    { addresses: [{ ip: '10.0.0.1' }], ports },
    { notReadyAddresses: [{ ip: '10.0.0.1' }], ports },
  ])
  assert.deepEqual(packed, [{ notReadyAddresses: [{ ip: '10.0.0.1' }], ports }])
})
