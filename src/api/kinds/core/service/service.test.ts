import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { service } from '#api/kinds/core/service.ts'
import { cellsOf, created, errorsOfNew, errorsOfUpdate, updated, warningsOfNew } from '#api/kinds/testing.ts'
import type { JsonObject } from '#api/meta/object.ts'

const serviceOf = (spec: object, metadata: object = {}): JsonObject => ({
  metadata: { name: 's', namespace: 'default', ...metadata },
  spec: { ports: [{ port: 80 }], ...spec },
})

const ADDRESS = {
  clusterIP: '10.96.0.9',
  clusterIPs: ['10.96.0.9'],
  ipFamilies: ['IPv4'],
  ipFamilyPolicy: 'SingleStack',
}

test('a service that says nothing', () => {
  assert.deepEqual(created(service, serviceOf({}))['spec'], {
    ports: [{ port: 80, protocol: 'TCP', targetPort: 80 }],
    sessionAffinity: 'None',
    type: 'ClusterIP',
    internalTrafficPolicy: 'Cluster',
  })
})

describe('what is wrong', () => {
  const rows: readonly (readonly [name: string, spec: object, errors: readonly string[]])[] = [
    ['nothing', {}, []],
    ['no ports', { ports: [] }, ['spec.ports: Required value']],
    ['no ports, but no address either', { ports: [], clusterIP: 'None', clusterIPs: ['None'] }, []],
    [
      'two ports without names',
      { ports: [{ port: 80 }, { port: 81 }] },
      ['spec.ports[0].name: Required value', 'spec.ports[1].name: Required value'],
    ],
    [
      'one port twice',
      {
        ports: [
          { name: 'a', port: 80 },
          { name: 'b', port: 80 },
        ],
      },
      [
        'spec.ports[1]: Duplicate value: {"Name":"","Protocol":"TCP","AppProtocol":null,"Port":80,"TargetPort":0,"NodePort":0}',
      ],
    ],
    [
      'a node port of a cluster IP',
      { ports: [{ port: 80, nodePort: 30_000 }] },
      ["spec.ports[0].nodePort: Forbidden: may not be used when `type` is 'ClusterIP'"],
    ],
    [
      'a headless node port',
      { type: 'NodePort', clusterIP: 'None', clusterIPs: ['None'] },
      ['spec.clusterIPs[0]: Invalid value: "None": may not be set to \'None\' for NodePort services'],
    ],
    ['a name without a name', { type: 'ExternalName' }, ['spec.externalName: Required value']],
    [
      'affinity for too long',
      { sessionAffinity: 'ClientIP', sessionAffinityConfig: { clientIP: { timeoutSeconds: 90_000 } } },
      [
        'spec.sessionAffinityConfig.clientIP.timeoutSeconds: Invalid value: 90000: must be greater than 0 and less than 86400',
      ],
    ],
    [
      'an address of its node',
      { externalIPs: ['127.0.0.1'] },
      [
        'spec.externalIPs[0]: Invalid value: "127.0.0.1": may not be in the loopback range (127.0.0.0/8, ::1/128)',
      ],
    ],
    [
      'ranges without a load balancer',
      { loadBalancerSourceRanges: ['10.0.0.0/8'] },
      ["spec.LoadBalancerSourceRanges: Forbidden: may only be used when `type` is 'LoadBalancer'"],
    ],
    [
      'an address of the wrong family',
      { ...ADDRESS, ipFamilies: ['IPv6'] },
      [
        'spec.clusterIPs[0]: Invalid value: "10.96.0.9": expected an IPv6 value as indicated by `ipFamilies[0]`',
      ],
    ],
    [
      'two addresses of one family',
      { clusterIP: '10.96.0.9', clusterIPs: ['10.96.0.9', '10.96.0.10'] },
      [
        'spec.clusterIPs: Invalid value: ["10.96.0.9","10.96.0.10"]: may specify no more than one IP for each IP family',
      ],
    ],
    [
      'a policy for traffic that does not come',
      { externalTrafficPolicy: 'Local' },
      [
        'spec.externalTrafficPolicy: Invalid value: "Local": may only be set for externally-accessible services',
      ],
    ],
    [
      'a load balancer that asks for health at no port',
      { type: 'LoadBalancer', externalTrafficPolicy: 'Local' },
      ['spec.healthCheckNodePort: Required value'],
    ],
  ]
  for (const [name, spec, errors] of rows) {
    test(name, () => assert.deepEqual(errorsOfNew(service, serviceOf(spec)), errors))
  }
})

describe('changes', () => {
  const old = created(service, serviceOf(ADDRESS))
  test('an address stays', () => {
    const other = serviceOf({ ...ADDRESS, clusterIP: '10.96.0.10', clusterIPs: ['10.96.0.10'] })
    assert.deepEqual(errorsOfUpdate(service, old, other), [
      'spec.clusterIPs[0]: Invalid value: ["10.96.0.10"]: may not change once set',
    ])
  })
  test('a class stays', () => {
    const of = (loadBalancerClass: string): JsonObject =>
      serviceOf({ ...ADDRESS, type: 'LoadBalancer', loadBalancerClass })
    assert.deepEqual(errorsOfUpdate(service, created(service, of('a.io/b')), of('a.io/c')), [
      'spec.loadBalancerClass: Invalid value: "a.io/c": may not change once set',
    ])
  })
  test('fields of the old type go', () => {
    const nodePort = { ...ADDRESS, type: 'NodePort', ports: [{ port: 80, nodePort: 30_000 }] }
    const before = created(service, serviceOf(nodePort))
    const spec = updated(
      service,
      before,
      serviceOf({ ...nodePort, type: 'ClusterIP', externalTrafficPolicy: 'Cluster' }),
    )['spec'] as JsonObject
    assert.equal(spec['externalTrafficPolicy'], undefined)
    assert.deepEqual(spec['ports'], [{ port: 80, protocol: 'TCP', targetPort: 80 }])
  })
  test('what the client sets as well is judged', () => {
    const before = created(
      service,
      serviceOf({ ...ADDRESS, type: 'NodePort', ports: [{ port: 80, nodePort: 30_000 }] }),
    )
    assert.deepEqual(
      errorsOfUpdate(service, before, serviceOf({ ...ADDRESS, ports: [{ port: 80, nodePort: 30_001 }] })),
      ["spec.ports[0].nodePort: Forbidden: may not be used when `type` is 'ClusterIP'"],
    )
  })
  test('only a load balancer has ingress points', () => {
    const status = { loadBalancer: { ingress: [{ ip: '1.2.3.4' }] } }
    assert.deepEqual(errorsOfUpdate(service, old, { ...serviceOf(ADDRESS), status }, 'status'), [
      "status.loadBalancer.ingress: Forbidden: may only be used when `spec.type` is 'LoadBalancer'",
    ])
  })
})

test('warnings', () => {
  assert.deepEqual(
    warningsOfNew(service, serviceOf({ externalName: 'a.b', trafficDistribution: 'PreferClose' })),
    [
      'spec.externalName is ignored when spec.type is not "ExternalName"',
      'spec.trafficDistribution: "PreferClose" is deprecated; use "PreferSameZone"',
    ],
  )
})

describe('columns', () => {
  const rows: readonly (readonly [spec: object, status: object, external: string, ports: string])[] = [
    [{ type: 'ClusterIP', ports: [{ port: 80, protocol: 'TCP' }] }, {}, '<none>', '80/TCP'],
    [
      { type: 'NodePort', ports: [{ port: 80, nodePort: 30_000, protocol: 'TCP' }] },
      {},
      '<none>',
      '80:30000/TCP',
    ],
    [{ type: 'LoadBalancer', ports: [] }, {}, '<pending>', '<none>'],
    [{ type: 'LoadBalancer' }, { loadBalancer: { ingress: [{ ip: '1.2.3.4' }] } }, '1.2.3.4', '<none>'],
    [{ type: 'ExternalName', externalName: 'a.b' }, {}, 'a.b', '<none>'],
  ]
  for (const [spec, status, external, ports] of rows) {
    test(JSON.stringify(spec), () => {
      const cells = cellsOf(service, { metadata: { name: 's' }, spec, status })
      assert.deepEqual([cells['External-IP'], cells['Port(s)']], [external, ports])
    })
  }
})
