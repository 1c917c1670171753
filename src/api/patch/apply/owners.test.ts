import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ManagedFieldsEntry } from '#api/meta/object.ts'
import { capUpdaters } from '#api/patch/apply/cap-updaters.ts'
import {
  changeOwner,
  entriesOf,
  identityOf,
  ManagedFieldsError,
  type Owner,
  type Owners,
  ownersOfRequest,
  ownersOfStored,
} from '#api/patch/apply/owners.ts'
import { ElementError } from '#api/patch/apply/path-element.ts'

const entry = (manager: string, more: Partial<ManagedFieldsEntry> = {}): ManagedFieldsEntry => ({
  manager,
  operation: 'Update',
  apiVersion: 'v1',
  time: '2026-01-01T00:00:00Z',
  fieldsType: 'FieldsV1',
  fieldsV1: { 'f:data': { [`f:${manager}`]: {} } },
  ...more,
})

const managersOf = (owners: Owners) => entriesOf(owners)?.map(({ manager }) => manager)

test('an applier is one whatever its version, an updater is one a version', () => {
  const owner = { manager: 'm', apiVersion: 'v1', subresource: '' }
  assert.equal(identityOf({ ...owner, operation: 'Apply' }), '{"manager":"m","operation":"Apply"}')
  assert.equal(
    identityOf({ ...owner, operation: 'Update', subresource: 'status' }),
    '{"manager":"m","operation":"Update","apiVersion":"v1","subresource":"status"}',
  )
})

test('entries stand with appliers first, then by time, then by name', () => {
  const entries = [
    entry('late', { time: '2026-01-03T00:00:00Z' }),
    entry('b'),
    entry('a'),
    entry('applier', { operation: 'Apply', time: '2026-01-05T00:00:00Z' }),
    entry('b', { subresource: 'status' }),
  ]
  const { time: _, ...timeless } = entry('timeless', { operation: 'Apply' })
  const sorted = entriesOf(ownersOfStored([...entries, timeless]))!
  assert.deepEqual(
    sorted.map(({ manager, subresource }) => [manager, subresource].join('/')),
    ['timeless/', 'applier/', 'a/', 'b/', 'b/status', 'late/'],
  )
})

test('an entry that nobody has changed is given back as it was', () => {
  const stored = Object.freeze(entry('a'))
  const owners = ownersOfStored([stored])
  assert.equal(entriesOf(owners)![0], stored)
  const [[identity, owner]] = [...owners] as [[string, Owner]]
  owners.set(identity, changeOwner(owner, { fields: { 'f:z': {}, 'f:a': {} } }))
  const [changed] = entriesOf(owners)!
  assert.equal(JSON.stringify(changed), JSON.stringify({ ...stored, fieldsV1: { 'f:a': {}, 'f:z': {} } }))
  assert.equal(entriesOf(new Map()), undefined)
})

test('entries that the server cannot have written are refused', () => {
  const wrong: [Partial<ManagedFieldsEntry>, string][] = [
    [{ operation: 'Delete' }, 'operation must be `Apply` or `Update`'],
    [{ apiVersion: '' }, 'apiVersion must not be empty'],
    [{ fieldsType: '' }, 'missing fieldsType in managed fields entry 0'],
    [{ fieldsType: 'FieldsV2' }, 'invalid fieldsType "FieldsV2" in managed fields entry 0'],
  ]
  for (const [more, message] of wrong) {
    assert.throws(
      () => ownersOfRequest([entry('a', more)]),
      (error) => {
        assert.ok(error instanceof ManagedFieldsError)
        assert.equal(error.message, message)
        return true
      },
    )
  }
  assert.throws(() => ownersOfRequest([entry('a', { fieldsV1: { wrong: {} } })]), ElementError)
})

test('of two entries of one owner the last counts', () => {
  const owners = ownersOfRequest([entry('a'), entry('a', { fieldsV1: { 'f:x': {} } })])
  assert.deepEqual(entriesOf(owners)![0]!.fieldsV1, { 'f:x': {} })
})

test('beyond ten updaters, the oldest become ancient changes', () => {
  const day = (n: number) => `2026-01-${String(n).padStart(2, '0')}T00:00:00Z`
  const entries = Array.from({ length: 12 }, (_, i) => entry(`m${i}`, { time: day(i + 1) }))
  const owners = ownersOfStored([...entries, entry('applier', { operation: 'Apply' })])
  capUpdaters(owners)
  const rest = Array.from({ length: 9 }, (_, i) => `m${i + 3}`)
  assert.deepEqual(managersOf(owners), ['applier', 'ancient-changes', ...rest])
  const ancient = entriesOf(owners)![1]!
  assert.equal(ancient.time, day(3))
  assert.deepEqual(ancient.fieldsV1, { 'f:data': { 'f:m0': {}, 'f:m1': {}, 'f:m2': {} } })
})

test('each version has its own ancient changes; ten updaters are left alone', () => {
  const entries = Array.from({ length: 12 }, (_, i) =>
    entry(`m${i + 10}`, { apiVersion: i % 2 ? 'v1' : 'v2' }),
  )
  const owners = ownersOfStored(entries)
  capUpdaters(owners)
  assert.equal(owners.size, 10)
  const ancient = entriesOf(owners)!.filter(({ manager }) => manager === 'ancient-changes')
  assert.deepEqual(
    ancient.map(({ apiVersion }) => apiVersion),
    ['v1', 'v2'],
  )
  const few = ownersOfStored(entries.slice(0, 10))
  capUpdaters(few)
  assert.equal(few.size, 10)
  assert.ok(!managersOf(few)!.includes('ancient-changes'))
})
