import assert from 'node:assert/strict'
import { test } from 'node:test'
import { identityOf, type Owner, type Owners } from '#api/patch/apply/owners.ts'
import { parentOwners, type ReplicasField, scaleOwners } from '#api/patch/apply/scale-owners.ts'

const field: ReplicasField = {
  path: ['f:spec', 'f:replicas'],
  apiVersion: 'apps/v1',
  isServed: (apiVersion) => apiVersion === 'apps/v1',
}
const owner = (
  manager: string,
  operation: 'Apply' | 'Update',
  fields: object,
  more: Partial<Owner> = {},
): Owner => ({
  manager,
  operation,
  apiVersion: 'apps/v1',
  subresource: '',
  fields: fields as Owner['fields'],
  ...more,
})
const ownersOf = (...all: Owner[]): Owners => new Map(all.map((one) => [identityOf(one), one]))
const shown = (owners: Owners) =>
  [...owners.values()].map((one) =>
    [one.manager, one.apiVersion, one.subresource, JSON.stringify(one.fields)].join(' '),
  )

const REPLICAS = { 'f:spec': { 'f:replicas': {} } }
const BOTH = { 'f:spec': { 'f:paused': {}, 'f:replicas': {} } }
const parent = ownersOf(
  owner('applier', 'Apply', BOTH),
  owner('updater', 'Update', BOTH),
  owner('other', 'Update', { 'f:spec': { 'f:paused': {} } }),
  owner('gone', 'Update', REPLICAS, { apiVersion: 'apps/v0' }),
)

test('a Scale shows the owners of the replicas', () => {
  assert.deepEqual(shown(scaleOwners(field, parent)), [
    'applier autoscaling/v1  {"f:spec":{"f:replicas":{}}}',
    'updater autoscaling/v1  {"f:spec":{"f:replicas":{}}}',
  ])
})

test('who takes the replicas through a Scale takes them from the parent', () => {
  const scaler = owner('scaler', 'Update', REPLICAS, { apiVersion: 'autoscaling/v1', subresource: 'scale' })
  assert.deepEqual(shown(parentOwners(field, parent, ownersOf(scaler))), [
    'applier apps/v1  {"f:spec":{"f:paused":{}}}',
    'updater apps/v1  {"f:spec":{"f:paused":{}}}',
    'other apps/v1  {"f:spec":{"f:paused":{}}}',
    'scaler apps/v1 scale {"f:spec":{"f:replicas":{}}}',
  ])
})

test('an applier that keeps the replicas keeps its entry', () => {
  const applier = owner('applier', 'Apply', REPLICAS, { apiVersion: 'autoscaling/v1' })
  const owners = parentOwners(field, ownersOf(owner('applier', 'Apply', BOTH)), ownersOf(applier))
  assert.deepEqual(shown(owners), ['applier apps/v1  {"f:spec":{"f:paused":{},"f:replicas":{}}}'])
})
