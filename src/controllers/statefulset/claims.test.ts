import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { OwnerReference } from '#api/meta/object.ts'
import type { StatefulSet } from '#api/types/apps.ts'
import type { PersistentVolumeClaim, Pod } from '#api/types/core.ts'
import { claimOwners, hasForeignController, isClaimStale } from '#controllers/statefulset/claims.ts'

const set = (whenDeleted: string, whenScaled: string, replicas = 2): StatefulSet => ({
  metadata: { name: 'db', namespace: 'default', uid: 'set' },
  spec: {
    replicas,
    serviceName: 'db',
    selector: { matchLabels: {} },
    template: {},
    persistentVolumeClaimRetentionPolicy: { whenDeleted, whenScaled },
  },
})

const pod = (ordinal: number): Pod => ({
  metadata: { name: `db-${ordinal}`, namespace: 'default', uid: `pod-${ordinal}` },
})

const toSet: OwnerReference = {
  apiVersion: 'apps/v1',
  kind: 'StatefulSet',
  name: 'db',
  uid: 'set',
  controller: true,
  blockOwnerDeletion: true,
}
const toPod = (ordinal: number): OwnerReference => ({
  ...toSet,
  apiVersion: 'v1',
  kind: 'Pod',
  name: `db-${ordinal}`,
  uid: `pod-${ordinal}`,
})

const claim = (...ownerReferences: OwnerReference[]): PersistentVolumeClaim => ({
  metadata: { name: 'data-db-0', namespace: 'default', ownerReferences },
})

test('claims belong to nobody, to the set, or to a pod that is scaled away', () => {
  const owners = (of: StatefulSet, ordinal: number, current: PersistentVolumeClaim = claim()) =>
    claimOwners(current, of, pod(ordinal))?.map(({ kind }) => kind)
  assert.equal(owners(set('Retain', 'Retain'), 0), undefined)
  assert.deepEqual(owners(set('Delete', 'Retain'), 0), ['StatefulSet'])
  assert.deepEqual(owners(set('Delete', 'Retain'), 3), ['StatefulSet'])
  assert.equal(owners(set('Retain', 'Delete'), 0), undefined)
  assert.deepEqual(owners(set('Retain', 'Delete'), 3), ['Pod'])
  assert.deepEqual(owners(set('Delete', 'Delete'), 0), ['StatefulSet'])
  assert.deepEqual(owners(set('Delete', 'Delete'), 3), ['Pod'])
  assert.deepEqual(owners(set('Retain', 'Retain'), 0, claim(toSet)), [])
  assert.equal(owners(set('Delete', 'Retain'), 0, claim(toSet)), undefined)
})

test('references of others stay', () => {
  const other = { apiVersion: 'v1', kind: 'ConfigMap', name: 'x', uid: 'x' }
  assert.deepEqual(claimOwners(claim(other), set('Delete', 'Retain'), pod(0)), [other, toSet])
})

test('a claim that somebody else controls is left alone', () => {
  const foreign = { ...toSet, kind: 'Other', name: 'o', uid: 'o' }
  assert.ok(hasForeignController(claim(foreign), set('Delete', 'Retain'), pod(0)))
  assert.ok(!hasForeignController(claim(foreign), set('Retain', 'Retain'), pod(0)))
  assert.equal(claimOwners(claim(foreign), set('Delete', 'Retain'), pod(0)), undefined)
})

test('a claim of an earlier pod of the name is stale where it goes with that pod', () => {
  const fresh = { metadata: { name: 'db-1', namespace: 'default' } }
  assert.ok(isClaimStale(claim(toPod(1)), set('Retain', 'Delete'), fresh))
  assert.ok(!isClaimStale(claim(toPod(1)), set('Retain', 'Retain'), fresh))
  assert.ok(!isClaimStale(claim(toSet), set('Delete', 'Delete'), fresh))
})
