// The pure parts of plugins, by table.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { defaultClass } from '#api/kinds/default-class.ts'
import { podRequests } from '#api/meta/pod-resources.ts'
import { evaluatorFor } from '#api/quota/evaluator.ts'
import type { Pod, ResourceQuota } from '#api/types/core.ts'
import { apiReference } from '#apiserver/admission/mirror-pod-references.ts'
import { forbiddenLabelChanges } from '#apiserver/admission/node-labels.ts'
import { beyond } from '#apiserver/admission/pod-resize.ts'
import { checkQuotas } from '#apiserver/admission/quota-check.ts'
import { secretReferenceFault } from '#apiserver/admission/service-account-secrets.ts'
import { refersToAudience } from '#apiserver/admission/token-audience.ts'
import { mergeTolerations } from '#apiserver/admission/tolerations.ts'

test('labels that a kubelet may not set on its node', () => {
  const now = {
    'kubernetes.io/hostname': 'a',
    'node.kubernetes.io/anything': 'a',
    'kubernetes.io/other': 'a',
    'sub.k8s.io/x': 'a',
    'x.node-restriction.kubernetes.io/y': 'a',
    'example.com/free': 'a',
    kept: 'same',
  }
  assert.deepEqual(forbiddenLabelChanges(now, { kept: 'same', 'kubernetes.io/gone': 'x' }), [
    'kubernetes.io/gone',
    'kubernetes.io/other',
    'sub.k8s.io/x',
    'x.node-restriction.kubernetes.io/y',
  ])
})

test('the newest default class counts, then the name', () => {
  const make = (name: string, creationTimestamp: string, isDefault = 'true') => ({
    metadata: { name, creationTimestamp, annotations: { default: isDefault } },
  })
  const classes = [
    make('b', '2026-01-02T00:00:00Z'),
    make('a', '2026-01-02T00:00:00Z'),
    make('old', '2026-01-01T00:00:00Z'),
    make('no', '2027-01-01T00:00:00Z', 'false'),
  ]
  assert.equal(defaultClass(classes, ['default'])?.metadata.name, 'a')
  assert.equal(defaultClass([], ['default']), undefined)
})

test('tolerations are merged without needless ones', () => {
  const seconds = (tolerationSeconds: number) => ({
    key: 'a',
    operator: 'Exists',
    effect: 'NoExecute',
    tolerationSeconds,
  })
  const all = { operator: 'Exists' }
  assert.deepEqual(mergeTolerations([{ key: 'a', operator: 'Exists' }], [all]), [all])
  assert.deepEqual(mergeTolerations([seconds(10)], [seconds(20)]), [seconds(20)])
  const equal = { key: 'a', operator: 'Equal', value: 'x', effect: 'NoSchedule' }
  assert.deepEqual(mergeTolerations([equal], [equal, { ...equal, value: 'y' }]), [
    equal,
    { ...equal, value: 'y' },
  ])
})

const pod = (spec: Partial<NonNullable<Pod['spec']>>): Pod => ({
  metadata: { namespace: 'ns', name: 'p' },
  spec: { containers: [], ...spec },
})

test('what a mirror pod must not refer to', () => {
  const volume = (more: object) => pod({ volumes: [{ name: 'v', ...more }] })
  const rows: readonly (readonly [pod: Pod, found: string | undefined])[] = [
    [volume({ hostPath: { path: '/' } }), undefined],
    [volume({ projected: { sources: [{ downwardAPI: {} }] } }), undefined],
    [pod({ serviceAccountName: 'x' }), 'serviceaccounts'],
    [volume({ secret: { secretName: 's' } }), 'secrets'],
    [volume({ csi: { driver: 'd' } }), 'csidrivers (via CSI volumes)'],
    [volume({ persistentVolumeClaim: { claimName: 'c' } }), 'persistentvolumeclaims'],
    [
      volume({ projected: { sources: [{ serviceAccountToken: { path: 't' } }] } }),
      'serviceaccounts (via projected volumes)',
    ],
  ]
  for (const [each, found] of rows) assert.equal(apiReference(each), found)
})

test('secrets that a restricted service account does not list', () => {
  const account = {
    metadata: { name: 'sa', annotations: { 'kubernetes.io/enforce-mountable-secrets': 'true' } },
    secrets: [{ name: 'own' }],
  }
  const env = (name: string) =>
    pod({
      containers: [{ name: 'c', env: [{ name: 'X', valueFrom: { secretKeyRef: { name, key: 'k' } } }] }],
    })
  assert.equal(secretReferenceFault(account, env('own'), false), undefined)
  assert.equal(secretReferenceFault({ metadata: { name: 'sa' } }, env('other'), false), undefined)
  assert.equal(
    secretReferenceFault(account, env('other'), false),
    'container c with envVar X referencing secret.secretName="other" is not allowed because service account sa does not reference that secret',
  )
})

test('audiences that a pod asks for', async () => {
  const lookups = {
    claim: async () => ({ spec: { volumeName: 'pv' } }),
    volume: async () => ({ spec: { csi: { driver: 'd', volumeHandle: 'h' } } }),
    csiDriver: async () => ({ spec: { tokenRequests: [{ audience: 'driver' }] } }),
  }
  const projected = pod({
    volumes: [
      { name: 'v', projected: { sources: [{ serviceAccountToken: { path: 't', audience: 'vault' } }] } },
    ],
  })
  const claim = pod({ volumes: [{ name: 'v', persistentVolumeClaim: { claimName: 'c' } }] })
  assert.equal(await refersToAudience(lookups, projected, 'vault'), true)
  assert.equal(await refersToAudience(lookups, projected, ''), false)
  assert.equal(await refersToAudience(lookups, claim, 'driver'), true)
})

test('quotas', () => {
  const quota = (
    hard: Record<string, string>,
    used: Record<string, string>,
    spec: ResourceQuota['spec'] = {},
  ): ResourceQuota => ({
    metadata: { name: 'q' },
    spec,
    status: { hard, used },
  })
  const asking = {
    operation: 'CREATE',
    subresource: '',
    object: pod({ containers: [{ name: 'c', resources: { requests: { cpu: '500m' } } }] }) as never,
  }
  const check = (each: ResourceQuota, request: Parameters<typeof checkQuotas>[1] = asking) =>
    checkQuotas([each], request, evaluatorFor('', 'pods')!, 0)
  const why = (verdict: ReturnType<typeof check>) => (verdict.allowed ? undefined : verdict.why)
  const charged = check(quota({ 'requests.cpu': '1', pods: '2' }, { 'requests.cpu': '0', pods: '1' }))
  assert.ok(charged.allowed)
  assert.deepEqual(charged.charged[0]?.status?.used, { 'requests.cpu': '500m', pods: '2' })
  assert.equal(
    why(check(quota({ pods: '1' }, { pods: '1' }))),
    'exceeded quota: q, requested: pods=1, used: pods=1, limited: pods=1',
  )
  assert.equal(
    why(check(quota({ 'limits.cpu': '1' }, { 'limits.cpu': '0' }))),
    'failed quota: q: must specify limits.cpu for: c',
  )
  assert.equal(why(check(quota({ pods: '1' }, {}))), 'status unknown for quota: q, resources: pods')
  assert.equal(why(check(quota({ pods: '0' }, { pods: '0' }, { scopes: ['BestEffort'] }))), undefined)
  assert.equal(why(check(quota({ services: '0' }, { services: '0' }))), undefined)
  const resized = {
    operation: 'UPDATE',
    subresource: 'resize',
    object: asking.object,
    oldObject: asking.object,
  }
  const unchanged = check(quota({ 'requests.cpu': '0' }, { 'requests.cpu': '500m' }), resized)
  assert.ok(unchanged.allowed)
})

test('a pod is not resized beyond its node', () => {
  const node = { status: { allocatable: { cpu: '1', memory: '1Ki' } } }
  const asking = (cpu: string, memory: string) =>
    podRequests({ spec: { containers: [{ name: 'c', resources: { requests: { cpu, memory } } }] } })
  assert.deepEqual(beyond(asking('1000m', '1024'), node), [])
  assert.deepEqual(beyond(asking('1001m', '1'), node), ['cpu, requested: 1001, allocatable: 1000'])
  assert.deepEqual(beyond(asking('1m', '1'), {}), [
    'cpu, requested: 1, allocatable: 0',
    'memory, requested: 1, allocatable: 0',
  ])
})
