import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { type FieldError, Path } from '#api/meta/field-error.ts'
import { formatIp, formatNetwork, isDualStack, parseIp, parseNetwork } from '#api/meta/ip.ts'
import {
  canonicalCidr,
  canonicalIp,
  endpointIp,
  legacyCidr,
  legacyIp,
  warningsForCidr,
  warningsForIp,
} from '#api/meta/validation-ip.ts'

const PATH = new Path('ip')
const bodies = (errors: Iterable<FieldError>): string[] =>
  [...errors].map(({ body }) => body.replace(/^Invalid value: "[^"]*": /, ''))

describe('addresses are read and written', () => {
  const rows: readonly (readonly [text: string, canonical: string | undefined])[] = [
    ['10.0.0.1', '10.0.0.1'],
    ['010.0.0.01', '10.0.0.1'],
    ['::', '::'],
    ['2001:DB8:0:0:1::1', '2001:db8::1:0:0:1'],
    ['1:0:0:2:0:0:0:3', '1:0:0:2::3'],
    ['::ffff:1.2.3.4', '1.2.3.4'],
    ['1.2.3', undefined],
    ['1.2.3.256', undefined],
    ['1::2::3', undefined],
    ['12345::', undefined],
    ['', undefined],
    ['a.b.c.d', undefined],
  ]
  for (const [text, canonical] of rows) {
    test(JSON.stringify(text), () => {
      const address = parseIp(text)
      assert.equal(address && formatIp(address), canonical)
    })
  }
})

describe('networks are read and written', () => {
  const rows: readonly (readonly [text: string, canonical: string | undefined])[] = [
    ['10.1.2.3/8', '10.0.0.0/8'],
    ['0.0.0.0/0', '0.0.0.0/0'],
    ['fd00:1::5/64', 'fd00:1::/64'],
    ['10.0.0.0', undefined],
    ['10.0.0.0/33', undefined],
    ['10.0.0.0/x', undefined],
  ]
  for (const [text, canonical] of rows) {
    test(text, () => {
      const network = parseNetwork(text)
      assert.equal(network && formatNetwork(network), canonical)
    })
  }
})

test('two families are dual-stack', () => {
  assert.equal(isDualStack(['10.0.0.1', 'fd00::1']), true)
  assert.equal(isDualStack(['10.0.0.1', '10.0.0.2']), false)
})

const NO_IP = 'must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)'

describe('fields that hold an address', () => {
  const rows: readonly (readonly [text: string, legacy: readonly string[], canonical: readonly string[]])[] =
    [
      ['10.0.0.1', [], []],
      ['x', [NO_IP], [NO_IP]],
      ['010.0.0.1', ['must not have leading 0s'], ['must not have leading 0s']],
      ['FD00::1', [], ['must be in canonical form ("fd00::1")']],
      [
        '::ffff:1.2.3.4',
        ['must not be an IPv4-mapped IPv6 address'],
        ['must not be an IPv4-mapped IPv6 address'],
      ],
    ]
  for (const [text, legacy, canonical] of rows) {
    test(text, () => {
      assert.deepEqual(bodies(legacyIp(PATH, text)), legacy)
      assert.deepEqual(bodies(canonicalIp(PATH, text)), canonical)
    })
  }
  test('what was stored may stay', () => assert.deepEqual(bodies(legacyIp(PATH, 'x', ['x'])), []))
})

test('fields that hold a network', () => {
  assert.deepEqual(bodies(legacyCidr(PATH, '10.0.0.0/8')), [])
  assert.deepEqual(bodies(legacyCidr(PATH, '10.0.0.1/8')), [
    'must not have bits set beyond the prefix length',
  ])
  assert.deepEqual(bodies(canonicalCidr(PATH, 'FD00::/8')), ['must be in canonical form ("fd00::/8")'])
  assert.deepEqual(bodies(legacyCidr(PATH, '10.0.0.0/08')), [
    'must not have leading 0s in IP or prefix length',
  ])
})

describe('addresses that no other node can reach', () => {
  for (const address of ['127.0.0.1', '::1', '0.0.0.0', '169.254.1.1', '224.0.0.5']) {
    test(address, () => assert.notEqual(bodies(endpointIp(PATH, address)).length, 0))
  }
})

test('odd writings are told', () => {
  assert.deepEqual(warningsForIp(PATH, '10.0.0.1'), [])
  assert.deepEqual(warningsForIp(PATH, 'fd00:0::1'), [
    'ip: IPv6 address "fd00:0::1" should be in RFC 5952 canonical format ("fd00::1")',
  ])
  assert.equal(warningsForCidr(PATH, '10.0.0.1/8').length, 1)
})
