import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  candidates,
  contains,
  formatAddress,
  isUsable,
  parseAddress,
  parseRange,
} from '#apiserver/allocators/ip-range.ts'
import { seededRandom } from '#sys/random.ts'

test('ranges: first, last and how much is kept for choice by hand', () => {
  const rows: readonly (readonly [cidr: string, first: string, last: string, reserved: bigint])[] = [
    ['10.96.0.0/16', '10.96.0.1', '10.96.255.254', 256n],
    ['10.96.0.0/24', '10.96.0.1', '10.96.0.254', 16n],
    ['10.96.0.0/28', '10.96.0.1', '10.96.0.14', 0n],
    ['10.96.3.7/20', '10.96.0.1', '10.96.15.254', 256n],
    ['fd00:10:96::/112', 'fd00:10:96::1', 'fd00:10:96::ffff', 256n],
  ]
  for (const [cidr, first, last, reserved] of rows) {
    const range = parseRange(cidr)
    assert.deepEqual(
      [formatAddress(range.first, range.family), formatAddress(range.last, range.family), range.reserved],
      [first, last, reserved],
      cidr,
    )
  }
  for (const bad of ['10.96.0.0', '10.96.0.0/33', 'x/8', '10.96.0.0/'])
    assert.throws(() => parseRange(bad), bad)
})

test('which addresses belong to a range, and which of these are given out', () => {
  const range = parseRange('10.96.0.0/24')
  const rows: readonly (readonly [address: string, isContained: boolean, usable: boolean])[] = [
    ['10.96.0.0', true, false],
    ['10.96.0.1', true, true],
    ['10.96.0.254', true, true],
    ['10.96.0.255', true, false],
    ['10.96.1.0', false, false],
    ['fd00::1', false, false],
  ]
  for (const [address, isContained, usable] of rows) {
    assert.equal(contains(range, address), isContained, address)
    if (isContained) assert.equal(isUsable(range, address), usable, address)
  }
})

test('each address is tried once, the part for choice by hand last', () => {
  const range = parseRange('10.96.0.0/24')
  const all = [...candidates(range, seededRandom(1).next)]
  assert.equal(all.length, 254)
  assert.equal(new Set(all).size, 254)
  const low = all.map((address) => Number(address.split('.')[3]) <= 16)
  assert.equal(low.indexOf(true), 238)
  assert.equal([...candidates(parseRange('10.0.0.0/30'), () => 0.999)].length, 2)
})

test('addresses as text', () => {
  for (const text of [
    '::',
    '::1',
    'fd00::1',
    '1::',
    '1:0:0:2::3',
    '2001:db8:1:1:1:1:1:1',
    '2001:db8::1:1:1:1:1',
  ]) {
    const canonical = text === '2001:db8::1:1:1:1:1' ? '2001:db8:0:1:1:1:1:1' : text
    assert.equal(formatAddress(parseAddress(text), 'IPv6'), canonical)
  }
})
