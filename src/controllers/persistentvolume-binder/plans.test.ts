import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  BIND_COMPLETED,
  BOUND_BY_CONTROLLER,
  bestVolume,
  claimBoundTo,
  PROVISIONED_BY,
  SELECTED_NODE,
  unboundVolume,
  volumeBoundTo,
} from '#api/kinds/storage/volume-binding.ts'
import type { PersistentVolume, PersistentVolumeClaim } from '#api/types/core.ts'
import type { StorageClass } from '#api/types/storage.ts'
import { claimStatus, planClaim } from '#controllers/persistentvolume-binder/claim-plan.ts'
import { planVolume, reclaimFailure } from '#controllers/persistentvolume-binder/volume-plan.ts'

type VolumeSpec = NonNullable<PersistentVolume['spec']>
type ClaimSpec = NonNullable<PersistentVolumeClaim['spec']>

const volume = (
  name: string,
  storage: string,
  spec: Partial<VolumeSpec> = {},
  annotations = {},
): PersistentVolume => ({
  metadata: { name, uid: `uid-${name}`, annotations },
  spec: { capacity: { storage }, accessModes: ['ReadWriteOnce'], ...spec },
  status: { phase: 'Available' },
})

const claim = (spec: Partial<ClaimSpec> = {}, annotations = {}): PersistentVolumeClaim => ({
  metadata: { name: 'c', namespace: 'n', uid: 'claim', annotations },
  spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } }, ...spec },
})

const OURS = { namespace: 'n', name: 'c', uid: 'claim' }
const OTHERS = { namespace: 'n', name: 'c', uid: 'another' }

const matches: readonly [
  name: string,
  claim: PersistentVolumeClaim,
  volumes: readonly PersistentVolume[],
  expected: string | undefined,
][] = [
  [
    'the smallest that is large enough',
    claim(),
    [volume('a', '5Gi'), volume('b', '2Gi'), volume('c', '1Mi')],
    'b',
  ],
  [
    'one with as few modes as possible, though larger',
    claim(),
    [volume('a', '1Gi', { accessModes: ['ReadWriteOnce', 'ReadOnlyMany'] }), volume('b', '9Gi')],
    'b',
  ],
  ['only of the same class', claim({ storageClassName: 'fast' }), [volume('a', '1Gi')], undefined],
  ['only what it selects', claim({ selector: { matchLabels: { a: 'b' } } }), [volume('a', '1Gi')], undefined],
  ['only of the same kind', claim({ volumeMode: 'Block' }), [volume('a', '1Gi')], undefined],
  ["none that is somebody else's", claim(), [volume('a', '1Gi', { claimRef: OTHERS })], undefined],
  [
    'one that is meant for it, though of another class',
    claim(),
    [
      volume('a', '1Gi'),
      volume('b', '1Gi', { claimRef: { namespace: 'n', name: 'c' }, storageClassName: 'x' }),
    ],
    'b',
  ],
]

for (const [name, wanted, volumes, expected] of matches) {
  test(`a claim gets ${name}`, () => {
    assert.equal(bestVolume(wanted, volumes, false)?.metadata?.name, expected)
  })
}

const storageClass = (more: Partial<StorageClass>): StorageClass => ({
  metadata: { name: 'fast' },
  provisioner: 'example.com/disks',
  ...more,
})

const input = (wanted: PersistentVolumeClaim, more: Partial<Parameters<typeof planClaim>[0]> = {}) => ({
  claim: wanted,
  named: undefined,
  volumes: [],
  storageClass: undefined,
  waitingPods: [],
  ...more,
})

const plans: readonly [name: string, Parameters<typeof planClaim>[0], action: string, reason?: string][] = [
  ['a free volume', input(claim(), { volumes: [volume('a', '1Gi')] }), 'bind'],
  ['nothing there', input(claim()), 'wait', 'FailedBinding'],
  ['no such class', input(claim({ storageClassName: 'fast' })), 'wait', 'ProvisioningFailed'],
  [
    'an external provisioner',
    input(claim({ storageClassName: 'fast' }), { storageClass: storageClass({}) }),
    'wait',
    'ExternalProvisioning',
  ],
  [
    'a class without provisioner',
    input(claim({ storageClassName: 'fast' }), {
      storageClass: storageClass({ provisioner: 'kubernetes.io/no-provisioner' }),
    }),
    'wait',
    'ProvisioningFailed',
  ],
  [
    'a class that waits, nobody uses the claim',
    input(claim({ storageClassName: 'fast' }), {
      storageClass: storageClass({ volumeBindingMode: 'WaitForFirstConsumer' }),
      volumes: [volume('a', '1Gi', { storageClassName: 'fast' })],
    }),
    'wait',
    'WaitForFirstConsumer',
  ],
  [
    'a class that waits, a pod uses the claim',
    input(claim({ storageClassName: 'fast' }), {
      storageClass: storageClass({ volumeBindingMode: 'WaitForFirstConsumer' }),
      waitingPods: ['p'],
    }),
    'wait',
    'WaitForPodScheduled',
  ],
  [
    'a class that waits, the scheduler has chosen a node',
    input(claim({ storageClassName: 'fast' }, { [SELECTED_NODE]: 'n1' }), {
      storageClass: storageClass({ volumeBindingMode: 'WaitForFirstConsumer' }),
    }),
    'wait',
    'ExternalProvisioning',
  ],
  ['a named volume that is not there', input(claim({ volumeName: 'a' })), 'wait'],
  ['a named volume', input(claim({ volumeName: 'a' }), { named: volume('a', '1Gi') }), 'bind'],
  [
    'a named volume, too small',
    input(claim({ volumeName: 'a' }), { named: volume('a', '1Mi') }),
    'wait',
    'VolumeMismatch',
  ],
  [
    'a named volume of somebody else',
    input(claim({ volumeName: 'a' }), { named: volume('a', '1Gi', { claimRef: OTHERS }) }),
    'wait',
    'FailedBinding',
  ],
  [
    'bound, the volume is gone',
    input(claim({ volumeName: 'a' }, { [BIND_COMPLETED]: 'yes' })),
    'lose',
    'ClaimLost',
  ],
  [
    'bound, the volume has another claim',
    input(claim({ volumeName: 'a' }, { [BIND_COMPLETED]: 'yes' }), {
      named: volume('a', '1Gi', { claimRef: OTHERS }),
    }),
    'lose',
    'ClaimMisbound',
  ],
  [
    'bound, and so it stays',
    input(claim({ volumeName: 'a' }, { [BIND_COMPLETED]: 'yes' }), {
      named: volume('a', '1Gi', { claimRef: OURS }),
    }),
    'bind',
  ],
]

for (const [name, given, action, reason] of plans) {
  test(`claim: ${name}`, () => {
    const plan = planClaim(given)
    assert.equal(plan.action, action)
    assert.equal('notice' in plan ? plan.notice?.reason : undefined, reason)
  })
}

test('both sides remember what the controller did, and only that is undone', () => {
  const bound = volumeBoundTo(volume('a', '1Gi'), claim())
  assert.equal(bound.metadata?.annotations?.[BOUND_BY_CONTROLLER], 'yes')
  assert.equal(unboundVolume(bound).spec?.claimRef, undefined)
  const asked = volumeBoundTo(volume('b', '1Gi', { claimRef: { namespace: 'n', name: 'c' } }), claim())
  assert.equal(asked.metadata?.annotations?.[BOUND_BY_CONTROLLER], undefined)
  assert.equal(asked.spec?.claimRef?.uid, 'claim')
  assert.equal(unboundVolume(asked).spec?.claimRef?.name, 'c')
  assert.equal(volumeBoundTo(asked, claim()), asked)
  const taken = claimBoundTo(claim(), bound)
  assert.equal(taken.spec?.volumeName, 'a')
  assert.equal(claimBoundTo(taken, bound), taken)
})

test('a claim has the size of its volume when it is bound, and keeps its own later', () => {
  const status = claimStatus(claim(), 'Bound', volume('a', '2Gi'))
  assert.deepEqual(status, { phase: 'Bound', accessModes: ['ReadWriteOnce'], capacity: { storage: '2Gi' } })
  const grown = { ...claim(), status }
  assert.equal(claimStatus(grown, 'Bound', volume('a', '5Gi')), status)
  assert.deepEqual(claimStatus(grown, 'Lost', undefined), { phase: 'Lost' })
})

const volumePlans: readonly [
  name: string,
  volume: PersistentVolume,
  claim: PersistentVolumeClaim | undefined,
  expected: object,
][] = [
  ['free', volume('a', '1Gi'), undefined, { action: 'phase', phase: 'Available' }],
  [
    'meant for a claim that is not there',
    volume('a', '1Gi', { claimRef: { namespace: 'n', name: 'c' } }),
    undefined,
    { action: 'phase', phase: 'Available' },
  ],
  ['its claim is gone', volume('a', '1Gi', { claimRef: OURS }), undefined, { action: 'release' }],
  ['its claim does not know it', volume('a', '1Gi', { claimRef: OURS }), claim(), { action: 'ask-claim' }],
  [
    'its claim wants another kind',
    volume('a', '1Gi', { claimRef: OURS }),
    claim({ volumeMode: 'Block' }),
    { action: 'mismatch' },
  ],
  [
    'bound',
    volume('a', '1Gi', { claimRef: OURS }),
    claim({ volumeName: 'a' }),
    { action: 'phase', phase: 'Bound' },
  ],
  [
    'its claim has another',
    volume('a', '1Gi', { claimRef: OURS }),
    claim({ volumeName: 'b' }),
    { action: 'unbind' },
  ],
  [
    'made for a claim that has another',
    volume(
      'a',
      '1Gi',
      { claimRef: OURS, persistentVolumeReclaimPolicy: 'Delete' },
      { [PROVISIONED_BY]: 'x' },
    ),
    claim({ volumeName: 'b' }),
    { action: 'release' },
  ],
]

for (const [name, given, owner, expected] of volumePlans) {
  test(`volume: ${name}`, () => assert.deepEqual(planVolume(given, owner), expected))
}

test('what nobody can take away fails, what drivers take away does not', () => {
  const reason = (spec: Partial<VolumeSpec>, annotations = {}) =>
    reclaimFailure(volume('a', '1Gi', spec, annotations))?.reason
  assert.equal(reason({ persistentVolumeReclaimPolicy: 'Retain' }), undefined)
  assert.equal(reason({ persistentVolumeReclaimPolicy: 'Recycle' }), 'VolumeFailedRecycle')
  assert.equal(reason({ persistentVolumeReclaimPolicy: 'Delete' }), 'VolumeFailedDelete')
  const elsewhere = volume('a', '1Gi', { persistentVolumeReclaimPolicy: 'Delete', hostPath: { path: '/x' } })
  assert.equal(
    reclaimFailure(elsewhere)?.message,
    'host_path deleter only supports /tmp/.+ but received provided /x',
  )
  const external = { [PROVISIONED_BY]: 'example.com/disks' }
  assert.equal(reason({ persistentVolumeReclaimPolicy: 'Delete' }, external), undefined)
})
