import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { persistentVolumeClaim } from '#api/kinds/core/persistent-volume-claim.ts'
import { cellsOf, created, errorsOfNew, errorsOfUpdate, updated } from '#api/kinds/testing.ts'
import type { JsonObject } from '#api/meta/object.ts'

const claimOf = (spec: object, storage = '1Gi'): JsonObject => ({
  metadata: { name: 'c', namespace: 'default' },
  spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage } }, ...spec },
})

describe('what is wrong', () => {
  const rows: readonly (readonly [name: string, claim: JsonObject, errors: readonly string[]])[] = [
    ['nothing', claimOf({}), []],
    [
      'no modes',
      claimOf({ accessModes: [] }),
      ['spec.accessModes: Required value: at least 1 access mode is required'],
    ],
    ['no size', claimOf({ resources: {} }), ['spec.resources[storage]: Required value']],
    [
      'no space',
      claimOf({}, '0'),
      ['spec.resources[storage]: Invalid value: "0": must be greater than zero'],
    ],
    [
      'two sources that are not the same',
      claimOf({
        dataSource: { kind: 'PersistentVolumeClaim', name: 'a' },
        dataSourceRef: { kind: 'PersistentVolumeClaim', name: 'b' },
      }),
      ['spec: Invalid value: {}: must match dataSourceRef'],
    ],
  ]
  for (const [name, claim, errors] of rows) {
    test(name, () => assert.deepEqual(errorsOfNew(persistentVolumeClaim, claim), errors))
  }
})

describe('data sources', () => {
  const specOf = (claim: JsonObject): JsonObject =>
    created(persistentVolumeClaim, claim)['spec'] as JsonObject
  const source = { apiGroup: null, kind: 'PersistentVolumeClaim', name: 'a' }
  test('fill each other', () => {
    assert.deepEqual(specOf(claimOf({ dataSource: source }))['dataSourceRef'], source)
    assert.deepEqual(specOf(claimOf({ dataSourceRef: source }))['dataSource'], source)
  })
  test('of unknown kinds go, unless the newer field names them', () => {
    const other = { apiGroup: 'a.io', kind: 'Thing', name: 'a' }
    assert.equal(specOf(claimOf({ dataSource: other }))['dataSource'], undefined)
    assert.deepEqual(specOf(claimOf({ dataSourceRef: other }))['dataSource'], other)
  })
})

describe('changes', () => {
  const bound = {
    ...created(persistentVolumeClaim, claimOf({ volumeName: 'v' })),
    status: { phase: 'Bound', capacity: { storage: '1Gi' } },
  }
  test('a volume is found', () => {
    const old = created(persistentVolumeClaim, claimOf({}))
    assert.deepEqual(errorsOfUpdate(persistentVolumeClaim, old, claimOf({ volumeName: 'v' })), [])
  })
  test('a bound claim grows', () => {
    assert.deepEqual(errorsOfUpdate(persistentVolumeClaim, bound, claimOf({ volumeName: 'v' }, '2Gi')), [])
  })
  test('but does not shrink', () => {
    assert.deepEqual(errorsOfUpdate(persistentVolumeClaim, bound, claimOf({ volumeName: 'v' }, '500Mi')), [
      'spec.resources.requests.storage: Forbidden: field can not be less than status.capacity',
    ])
  })
  test('a claim that waits does not grow', () => {
    const old = created(persistentVolumeClaim, claimOf({}))
    const [error = ''] = errorsOfUpdate(persistentVolumeClaim, old, claimOf({}, '2Gi'))
    assert.match(error, /^spec: Forbidden: spec is immutable after creation except resources.requests/)
  })
  test('the class may come later', () => {
    const old = created(persistentVolumeClaim, claimOf({}))
    assert.deepEqual(errorsOfUpdate(persistentVolumeClaim, old, claimOf({ storageClassName: 'fast' })), [])
  })
  test('the status is not changed with the spec', () => {
    const made = updated(persistentVolumeClaim, bound, { ...claimOf({}), status: { phase: 'Lost' } })
    assert.deepEqual(made['status'], bound.status)
  })
  test('states of a resize', () => {
    const status = { phase: 'Bound', allocatedResourceStatuses: { storage: 'Growing' } }
    const [error = ''] = errorsOfUpdate(persistentVolumeClaim, bound, { ...claimOf({}), status }, 'status')
    assert.match(error, /^status.allocatedResourceStatuses: Unsupported value: "storage"/)
  })
})

test('columns', () => {
  const claim = {
    ...created(persistentVolumeClaim, claimOf({ volumeName: 'v', storageClassName: 'fast' })),
    status: { phase: 'Bound', capacity: { storage: '1Gi' }, accessModes: ['ReadWriteOnce'] },
  }
  const cells = cellsOf(persistentVolumeClaim, claim)
  assert.deepEqual(
    [cells['Status'], cells['Volume'], cells['Capacity'], cells['Access Modes'], cells['StorageClass']],
    ['Bound', 'v', '1Gi', 'RWO', 'fast'],
  )
})
