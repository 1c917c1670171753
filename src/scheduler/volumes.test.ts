import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Node, PersistentVolume, PersistentVolumeClaim, Pod } from '#api/types/core.ts'
import type { CSIStorageCapacity, StorageClass } from '#api/types/storage.ts'
import { claimsOf, planVolumes, type Storage } from '#scheduler/volumes.ts'

const node = (name: string): Node => ({ metadata: { name, labels: { host: name } } })

const claim = (
  name: string,
  storageClassName: string,
  more: object = {},
  volumeName?: string,
): PersistentVolumeClaim => ({
  metadata: { name, namespace: 'n', uid: name, ...more },
  spec: {
    accessModes: ['ReadWriteOnce'],
    resources: { requests: { storage: '1Gi' } },
    storageClassName,
    ...(volumeName && { volumeName }),
  },
})
const bound = { annotations: { 'pv.kubernetes.io/bind-completed': 'yes' } }

const volume = (name: string, host: string | undefined, storageClassName = 'local'): PersistentVolume => ({
  metadata: { name },
  spec: {
    capacity: { storage: '1Gi' },
    accessModes: ['ReadWriteOnce'],
    storageClassName,
    ...(host && {
      nodeAffinity: {
        required: {
          nodeSelectorTerms: [{ matchExpressions: [{ key: 'host', operator: 'In', values: [host] }] }],
        },
      },
    }),
  },
  status: { phase: 'Available' },
})

const CLASSES: readonly StorageClass[] = [
  {
    metadata: { name: 'local' },
    provisioner: 'kubernetes.io/no-provisioner',
    volumeBindingMode: 'WaitForFirstConsumer',
  },
  { metadata: { name: 'made' }, provisioner: 'example.com/x', volumeBindingMode: 'WaitForFirstConsumer' },
  {
    metadata: { name: 'zoned' },
    provisioner: 'example.com/x',
    volumeBindingMode: 'WaitForFirstConsumer',
    allowedTopologies: [{ matchLabelExpressions: [{ key: 'host', values: ['n2'] }] }],
  },
  { metadata: { name: 'eager' }, provisioner: 'example.com/x', volumeBindingMode: 'Immediate' },
]

function storage(
  claims: readonly PersistentVolumeClaim[],
  volumes: readonly PersistentVolume[],
  promised: Readonly<Record<string, string>> = {},
  more: Partial<Storage> = {},
): Storage {
  return {
    csiNode: () => undefined,
    csiDriver: () => undefined,
    capacities: () => [],
    attachmentsTo: () => [],
    claim: (_namespace, name) => claims.find(({ metadata }) => metadata?.name === name),
    volume: (name) => volumes.find(({ metadata }) => metadata?.name === name),
    volumes: () => volumes,
    storageClass: (name) => CLASSES.find(({ metadata }) => metadata?.name === name),
    isPromised: ({ metadata }, { metadata: owner }) =>
      (promised[metadata?.name ?? ''] ?? owner?.name) !== owner?.name,
    ...more,
  }
}

const pod = (...names: string[]): Pod => ({
  metadata: { name: 'p', namespace: 'n', uid: 'p' },
  spec: {
    containers: [],
    volumes: names.map((name) => ({ name, persistentVolumeClaim: { claimName: name } })),
  },
})

const NO_VOLUME = "node(s) didn't find available persistent volumes to bind"

const plans: readonly [
  name: string,
  claims: readonly PersistentVolumeClaim[],
  volumes: readonly PersistentVolume[],
  nodeName: string,
  expected: string,
][] = [
  ['bound, and there', [claim('c', 'local', bound, 'v')], [volume('v', 'n1')], 'n1', ''],
  [
    'bound, and elsewhere',
    [claim('c', 'local', bound, 'v')],
    [volume('v', 'n1')],
    'n2',
    "node(s) didn't match PersistentVolume's node affinity",
  ],
  [
    'bound, and gone',
    [claim('c', 'local', bound, 'v')],
    [],
    'n1',
    'node(s) unavailable due to one or more pvc(s) bound to non-existent pv(s)',
  ],
  ['a free volume there', [claim('c', 'local')], [volume('v', 'n1')], 'n1', 'c=v'],
  ['a free volume elsewhere', [claim('c', 'local')], [volume('v', 'n1')], 'n2', NO_VOLUME],
  ['one for two', [claim('c', 'local'), claim('d', 'local')], [volume('v', 'n1')], 'n1', NO_VOLUME],
  [
    'two for two',
    [claim('c', 'local'), claim('d', 'local')],
    [volume('v', 'n1'), volume('w', 'n1')],
    'n1',
    'c=v d=w',
  ],
  ['one that can be made', [claim('c', 'made')], [], 'n1', 'c!'],
  ['one that can be made elsewhere', [claim('c', 'zoned')], [], 'n1', NO_VOLUME],
  ['one that can be made there', [claim('c', 'zoned')], [], 'n2', 'c!'],
  [
    'one that is being made elsewhere',
    [claim('c', 'made', { annotations: { 'volume.kubernetes.io/selected-node': 'n1' } })],
    [],
    'n2',
    NO_VOLUME,
  ],
]

for (const [name, claims, volumes, nodeName, expected] of plans) {
  test(`${name}: ${expected || 'nothing to do'}`, () => {
    const plan = planVolumes(claims, node(nodeName), storage(claims, volumes))
    const found =
      'reason' in plan
        ? plan.reason
        : [
            ...plan.bind.map((each) => `${each.claim.metadata?.name}=${each.volume.metadata?.name}`),
            ...plan.provision.map(({ metadata }) => `${metadata?.name}!`),
          ].join(' ')
    assert.equal(found, expected)
  })
}

test('a volume that is promised to another claim is not counted on', () => {
  const wanted = claim('c', 'local')
  const plan = planVolumes([wanted], node('n1'), storage([wanted], [volume('v', 'n1')], { v: 'other' }))
  assert.deepEqual(plan, { reason: NO_VOLUME })
})

const problems: readonly [claims: readonly PersistentVolumeClaim[], expected: string | undefined][] = [
  [[], 'persistentvolumeclaim "c" not found'],
  [[claim('c', 'eager')], 'pod has unbound immediate PersistentVolumeClaims'],
  [
    [claim('c', 'local', { deletionTimestamp: '2026-01-01T00:00:00Z' })],
    'persistentvolumeclaim "c" is being deleted',
  ],
  [
    [{ ...claim('c', 'local', bound, 'v'), status: { phase: 'Lost' } }],
    'persistentvolumeclaim "c" bound to non-existent persistentvolume "v"',
  ],
  [[claim('c', 'made')], undefined],
]

for (const [claims, expected] of problems) {
  test(`a pod with a claim: ${expected ?? 'fine'}`, () => {
    const found = claimsOf(pod('c'), storage(claims, []))
    assert.equal('problem' in found ? found.problem : undefined, expected)
  })
}

test('a driver that says how much room it has must have enough for the claim where the node is', () => {
  const claims = [claim('a', 'made')]
  const wanting = (capacities: readonly CSIStorageCapacity[], storageCapacity = true) =>
    planVolumes(
      claims,
      node('n1'),
      storage(
        claims,
        [],
        {},
        {
          csiDriver: (name) =>
            name === 'example.com/x' ? { metadata: { name }, spec: { storageCapacity } } : undefined,
          capacities: () => capacities,
        },
      ),
    )
  const room = (host: string, capacity: string, more: object = {}): CSIStorageCapacity => ({
    storageClassName: 'made',
    nodeTopology: { matchLabels: { host } },
    capacity,
    ...more,
  })
  const full = { reason: 'node(s) did not have enough free storage' }
  const fine = { bind: [], provision: claims }
  assert.deepEqual(wanting([], false), fine)
  assert.deepEqual(wanting([]), full)
  assert.deepEqual(wanting([room('n1', '1Gi')]), fine)
  assert.deepEqual(wanting([room('n1', '1Mi')]), full)
  assert.deepEqual(wanting([room('n2', '1Gi')]), full)
  assert.deepEqual(wanting([room('n1', '10Gi', { maximumVolumeSize: '1Mi' })]), full)
  assert.deepEqual(wanting([room('n1', '10Gi', { storageClassName: 'other' })]), full)
})
