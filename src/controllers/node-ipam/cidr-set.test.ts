import assert from 'node:assert/strict'
import { test } from 'node:test'
import { CidrSet } from '#controllers/node-ipam/cidr-set.ts'

const take = (set: CidrSet, count: number): unknown[] => Array.from({ length: count }, () => set.allocate())

test('ranges come one after the other, until there are none', () => {
  const set = new CidrSet('10.244.0.0/22', 24)
  assert.deepEqual(take(set, 5), [
    '10.244.0.0/24',
    '10.244.1.0/24',
    '10.244.2.0/24',
    '10.244.3.0/24',
    undefined,
  ])
})

test('a range that was freed is used again only after all others', () => {
  const set = new CidrSet('10.244.0.0/22', 24)
  take(set, 2)
  set.release('10.244.0.0/24')
  assert.deepEqual(take(set, 4), ['10.244.2.0/24', '10.244.3.0/24', '10.244.0.0/24', undefined])
})

test('what is occupied is not given out', () => {
  const set = new CidrSet('10.244.0.0/22', 24)
  assert.equal(set.occupy('10.244.0.0/24'), true)
  assert.equal(set.occupy('10.244.1.128/25'), true)
  assert.deepEqual(take(set, 3), ['10.244.2.0/24', '10.244.3.0/24', undefined])
})

test('a range around the whole takes it all, one outside takes nothing', () => {
  const set = new CidrSet('10.244.0.0/22', 24)
  assert.equal(set.occupy('10.96.0.0/16'), undefined)
  assert.equal(set.occupy('2001:db8::/64'), undefined)
  assert.equal(set.allocate(), '10.244.0.0/24')
  assert.equal(set.occupy('10.0.0.0/8'), true)
  assert.equal(set.allocate(), undefined)
})

test('IPv6 ranges work the same', () => {
  const set = new CidrSet('fd00:10:244::/56', 64)
  assert.deepEqual(take(set, 2), ['fd00:10:244::/64', 'fd00:10:244:1::/64'])
  set.occupy('fd00:10:244:2::/64')
  assert.equal(set.allocate(), 'fd00:10:244:3::/64')
})

test('sizes that make no sense are refused', () => {
  assert.throws(() => new CidrSet('10.0.0.0/24', 16))
  assert.throws(() => new CidrSet('fd00::/32', 64))
  assert.throws(() => new CidrSet('somewhere', 24))
})
