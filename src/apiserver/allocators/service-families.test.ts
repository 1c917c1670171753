import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Service } from '#api/types/core.ts'
import {
  decideFamilies,
  normalizeClusterIPs,
  type ServiceDraft,
} from '#apiserver/allocators/service-families.ts'

type Spec = NonNullable<Service['spec']>
const SINGLE = ['IPv4'] as const
const DUAL = ['IPv4', 'IPv6'] as const

function decide(spec: Spec, families: readonly ('IPv4' | 'IPv6')[] = SINGLE, old?: Spec) {
  const draft = structuredClone({ metadata: { name: 's' }, spec }) as ServiceDraft
  normalizeClusterIPs(draft, old && { spec: old })
  const errors = decideFamilies(draft, old && { spec: old }, families).map(
    ({ field, body }) => `${field}: ${body}`,
  )
  return {
    errors,
    policy: draft.spec.ipFamilyPolicy,
    families: draft.spec.ipFamilies,
    ips: draft.spec.clusterIPs,
  }
}

test('what a new service gets', () => {
  const rows: readonly (readonly [
    name: string,
    spec: Spec,
    cluster: readonly ('IPv4' | 'IPv6')[],
    policy: string | undefined,
    families: readonly string[] | undefined,
  ])[] = [
    ['the default', {}, SINGLE, 'SingleStack', ['IPv4']],
    ['a chosen address', { clusterIP: 'fd00::5' }, DUAL, 'SingleStack', ['IPv6']],
    [
      'dual stack where there is',
      { ipFamilyPolicy: 'PreferDualStack' },
      DUAL,
      'PreferDualStack',
      ['IPv4', 'IPv6'],
    ],
    [
      'dual stack where there is not',
      { ipFamilyPolicy: 'PreferDualStack' },
      SINGLE,
      'PreferDualStack',
      ['IPv4'],
    ],
    [
      'the other family first',
      { ipFamilyPolicy: 'PreferDualStack', ipFamilies: ['IPv6'] },
      DUAL,
      'PreferDualStack',
      ['IPv6', 'IPv4'],
    ],
    ['headless with selector', { clusterIP: 'None', selector: { a: 'b' } }, SINGLE, 'SingleStack', ['IPv4']],
    ['headless without selector', { clusterIP: 'None' }, SINGLE, 'RequireDualStack', ['IPv4', 'IPv6']],
    ['an external name', { type: 'ExternalName', externalName: 'x' }, SINGLE, undefined, undefined],
  ]
  for (const [name, spec, cluster, policy, families] of rows) {
    const result = decide(spec, cluster)
    assert.deepEqual([result.errors, result.policy, result.families], [[], policy, families], name)
  }
})

test('what is refused', () => {
  const rows: readonly (readonly [name: string, spec: Spec, error: string])[] = [
    [
      'no address',
      { clusterIP: 'x' },
      'spec.clusterIPs[0]: Invalid value: "x": must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)',
    ],
    [
      'two of a family',
      { clusterIP: '10.0.0.1', clusterIPs: ['10.0.0.1', '10.0.0.2'] },
      'spec.clusterIPs: Invalid value: ["10.0.0.1","10.0.0.2"]: may specify no more than one IP for each IP family',
    ],
    [
      'lists that disagree',
      { clusterIP: '10.0.0.1', clusterIPs: ['10.0.0.2'] },
      'spec.clusterIPs: Invalid value: ["10.0.0.2"]: first value must match `clusterIP`',
    ],
    [
      'a list alone',
      { clusterIPs: ['10.0.0.2'] },
      'spec.clusterIPs: Invalid value: ["10.0.0.2"]: must be empty when `clusterIP` is not specified',
    ],
    [
      'another policy',
      { ipFamilyPolicy: 'x' },
      'spec.ipFamilyPolicy: Unsupported value: "x": supported values: "PreferDualStack", "RequireDualStack", "SingleStack"',
    ],
    [
      'a family that the cluster lacks',
      { ipFamilies: ['IPv6'] },
      'spec.ipFamilies[0]: Invalid value: "IPv6": not configured on this cluster',
    ],
    [
      'dual stack that the cluster lacks',
      { ipFamilyPolicy: 'RequireDualStack' },
      'spec.ipFamilyPolicy: Invalid value: "RequireDualStack": this cluster is not configured for dual-stack services',
    ],
    [
      'an address of another family',
      { clusterIP: '10.0.0.1', ipFamilies: ['IPv6'] },
      'spec.clusterIPs[0]: Invalid value: "10.0.0.1": expected an IPv6 value as indicated by `ipFamilies[0]`',
    ],
  ]
  for (const [name, spec, error] of rows) assert.deepEqual(decide(spec).errors, [error], name)
})

test('changes', () => {
  const old: Spec = {
    type: 'ClusterIP',
    clusterIP: '10.0.0.1',
    clusterIPs: ['10.0.0.1', 'fd00::1'],
    ipFamilies: ['IPv4', 'IPv6'],
    ipFamilyPolicy: 'RequireDualStack',
  }
  const narrowed = decide({ ...old, ipFamilyPolicy: 'SingleStack' }, DUAL, old)
  assert.deepEqual([narrowed.errors, narrowed.families, narrowed.ips], [[], ['IPv4'], ['10.0.0.1']])
  const silently = decide({ ...old, clusterIPs: ['10.0.0.1'], ipFamilies: ['IPv4'] }, DUAL, old)
  assert.deepEqual(silently.errors, [
    'spec.ipFamilyPolicy: Invalid value: "RequireDualStack": must be \'SingleStack\' to release the secondary cluster IP',
    'spec.ipFamilyPolicy: Invalid value: "RequireDualStack": must be \'SingleStack\' to release the secondary IP family',
  ])
  const single: Spec = {
    type: 'ClusterIP',
    clusterIP: '10.0.0.1',
    clusterIPs: ['10.0.0.1'],
    ipFamilies: ['IPv4'],
    ipFamilyPolicy: 'SingleStack',
  }
  const widened = decide({ ...single, ipFamilyPolicy: 'PreferDualStack' }, DUAL, single)
  assert.deepEqual([widened.errors, widened.families], [[], ['IPv4', 'IPv6']])
  const { clusterIPs: _ips, ...oldClient } = single
  assert.deepEqual(decide(oldClient, SINGLE, single).ips, ['10.0.0.1'])
  assert.deepEqual(decide({ ...single, clusterIP: 'None' }, SINGLE, single).ips, ['None'])
})
