import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { IPAddress, ServiceCIDR } from '#api/types/networking.ts'
import { MANAGED_BY, mayGo, overlapping, rangesWith } from '#controllers/service-cidrs/plan.ts'

const range = (name: string, ...cidrs: string[]): ServiceCIDR => ({ metadata: { name }, spec: { cidrs } })
const address = (name: string, manager = 'ipallocator.k8s.io'): IPAddress => ({
  metadata: { name, labels: { [MANAGED_BY]: manager } },
  spec: { parentRef: { resource: 'services', namespace: 'n', name: 's' } },
})

const big = range('big', '10.0.0.0/16')
const small = range('small', '10.0.1.0/24')
const six = range('six', 'fd00::/112')

test('addresses and ranges are found by what covers them', () => {
  const all = [big, small, six]
  assert.deepEqual(rangesWith(all, '10.0.1.7'), ['big', 'small'])
  assert.deepEqual(rangesWith(all, '10.0.2.7'), ['big'])
  assert.deepEqual(rangesWith(all, 'fd00::7'), ['six'])
  assert.deepEqual(rangesWith(all, 'no address'), [])
  assert.deepEqual(overlapping(all, small), ['big', 'small'])
  assert.deepEqual(overlapping(all, six), ['six'])
})

const rows: readonly [name: string, boolean, ServiceCIDR, ServiceCIDR[], IPAddress[]][] = [
  ['nobody uses it', true, big, [big], [address('10.9.0.1')]],
  ['somebody uses it', false, big, [big], [address('10.0.0.1')]],
  ['a larger one covers it', true, small, [big, small], [address('10.0.1.1')]],
  ['a smaller one covers all that is used', true, big, [big, small], [address('10.0.1.1')]],
  ['a smaller one does not cover all that is used', false, big, [big, small], [address('10.0.2.1')]],
  ['somebody else looks after the address', true, big, [big], [address('10.0.0.1', 'other')]],
]

for (const [name, expected, candidate, ranges, addresses] of rows) {
  test(`${expected ? 'may' : 'may not'} go: ${name}`, () => {
    assert.equal(mayGo(candidate, ranges, addresses), expected)
  })
}
