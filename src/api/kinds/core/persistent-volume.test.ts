import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { persistentVolume } from '#api/kinds/core/persistent-volume.ts'
import { cellsOf, created, errorsOfNew, errorsOfUpdate, updated, warningsOfNew } from '#api/kinds/testing.ts'
import type { JsonObject } from '#api/meta/object.ts'

const volumeOf = (spec: object, annotations?: object): JsonObject => ({
  metadata: { name: 'pv', ...(annotations && { annotations }) },
  spec: { capacity: { storage: '1Gi' }, accessModes: ['ReadWriteOnce'], ...spec },
})
const HOST = { hostPath: { path: '/data' } }

describe('what is wrong', () => {
  const rows: readonly (readonly [name: string, spec: object, errors: readonly string[]])[] = [
    ['nothing', HOST, []],
    ['no source', {}, ['spec: Required value: must specify a volume type']],
    [
      'two sources',
      { ...HOST, nfs: { server: 'a', path: '/b' } },
      ['spec.nfs: Forbidden: may not specify more than 1 volume type'],
    ],
    ['no modes', { ...HOST, accessModes: [] }, ['spec.accessModes: Required value']],
    [
      'a mode beside the one that is alone',
      { ...HOST, accessModes: ['ReadWriteOncePod', 'ReadWriteOnce'] },
      ['spec.accessModes: Forbidden: may not use ReadWriteOncePod with other access modes'],
    ],
    [
      'no capacity',
      { ...HOST, capacity: {} },
      ['spec.capacity: Required value', 'spec.capacity: Unsupported value: {}: supported values: "storage"'],
    ],
    [
      'a local volume that is nowhere',
      { local: { path: '/a' } },
      ['spec.nodeAffinity: Required value: Local volume requires node affinity'],
    ],
    [
      'the root, emptied after use',
      { hostPath: { path: '//' }, persistentVolumeReclaimPolicy: 'Recycle' },
      ["spec.persistentVolumeReclaimPolicy: Forbidden: may not be 'recycle' for a hostPath mount of '/'"],
    ],
    [
      'a secret without a namespace',
      { csi: { driver: 'a.io', volumeHandle: 'h', nodePublishSecretRef: { name: 's' } } },
      ['spec.csi.nodePublishSecretRef.namespace: Required value'],
    ],
  ]
  for (const [name, spec, errors] of rows) {
    test(name, () => assert.deepEqual(errorsOfNew(persistentVolume, volumeOf(spec)), errors))
  }
  test('mount options of what is not mounted', () => {
    const annotations = { 'volume.beta.kubernetes.io/mount-options': 'ro' }
    assert.deepEqual(errorsOfNew(persistentVolume, volumeOf(HOST, annotations)), [
      'metadata.annotations.volume.beta.kubernetes.io/mount-options: Forbidden: may not specify mount options for this volume type',
    ])
  })
})

describe('changes', () => {
  const old = created(persistentVolume, volumeOf(HOST))
  test('the capacity may', () => {
    assert.deepEqual(
      errorsOfUpdate(persistentVolume, old, volumeOf({ ...HOST, capacity: { storage: '2Gi' } })),
      [],
    )
  })
  test('the source may not', () => {
    const [error = ''] = errorsOfUpdate(persistentVolume, old, volumeOf({ hostPath: { path: '/other' } }))
    assert.match(
      error,
      /^spec.persistentvolumesource: Forbidden: .*\n@@ .*- {2}"Path": "\/data",\n\+ {2}"Path": "\/other",/s,
    )
  })
  test('labels of nodes may get their new names', () => {
    const on = (key: string): JsonObject =>
      volumeOf({
        ...HOST,
        nodeAffinity: {
          required: { nodeSelectorTerms: [{ matchExpressions: [{ key, operator: 'In', values: ['a'] }] }] },
        },
      })
    const before = created(persistentVolume, on('failure-domain.beta.kubernetes.io/zone'))
    assert.deepEqual(errorsOfUpdate(persistentVolume, before, on('topology.kubernetes.io/zone')), [])
    assert.equal(errorsOfUpdate(persistentVolume, before, on('other')).length, 1)
  })
  test('a new phase has a time', () => {
    const bound = updated(persistentVolume, old, { ...volumeOf(HOST), status: { phase: 'Bound' } }, 'status')
    assert.deepEqual(bound['status'], { phase: 'Bound', lastPhaseTransitionTime: '2026-01-02T03:04:05Z' })
  })
})

test('sources that are gone are told', () => {
  assert.deepEqual(warningsOfNew(persistentVolume, volumeOf({ cephfs: { monitors: ['a'] } })), [
    'spec.cephfs: deprecated in v1.28, non-functional in v1.31+',
  ])
})

test('columns', () => {
  const spec = { claimRef: { namespace: 'a', name: 'b' }, accessModes: ['ReadOnlyMany', 'ReadWriteOnce'] }
  const cells = cellsOf(persistentVolume, created(persistentVolume, volumeOf({ ...HOST, ...spec })))
  assert.deepEqual(
    [cells['Capacity'], cells['Access Modes'], cells['Claim'], cells['Status'], cells['VolumeMode']],
    ['1Gi', 'RWO,ROX', 'a/b', 'Pending', 'Filesystem'],
  )
})
