import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import {
  isDNS1035Label,
  isDNS1123Label,
  isDNS1123Subdomain,
  isLabelValue,
  isPathSegmentName,
  isQualifiedName,
  nameIsDNSLabel,
} from '#api/meta/names.ts'

const LABEL =
  "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')"
const PREFIX = 'prefix part '
const NAME =
  "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')"

function accepts(check: (value: string) => readonly string[], ...values: readonly string[]): void {
  for (const value of values) test(`takes ${JSON.stringify(value)}`, () => assert.deepEqual(check(value), []))
}

function refuses(check: (value: string) => readonly string[], ...values: readonly string[]): void {
  for (const value of values) {
    test(`refuses ${JSON.stringify(value)}`, () => assert.notDeepEqual(check(value), []))
  }
}

describe('DNS labels', () => {
  accepts(isDNS1123Label, 'a', '1', 'a-b', '123', 'a'.repeat(63))
  refuses(isDNS1123Label, '', '-a', 'a-', 'A', 'a.b', 'a_b', 'ä')
  test('say why', () => assert.deepEqual(isDNS1123Label('Web'), [LABEL]))
  test('have a greatest length', () => {
    assert.deepEqual(isDNS1123Label('a'.repeat(64)), ['must be no more than 63 characters'])
    assert.deepEqual(isDNS1123Label('a'.repeat(64), 'bytes'), ['must be no more than 63 bytes'])
  })
  test('may end with a hyphen where a suffix is to come', () => {
    assert.deepEqual(nameIsDNSLabel('web-', true), [])
    assert.equal(nameIsDNSLabel('web-', false).length, 1)
  })
})

describe('older labels, which begin with a letter', () => {
  accepts(isDNS1035Label, 'a', 'a1')
  refuses(isDNS1035Label, '1a', '')
})

describe('DNS subdomains', () => {
  accepts(isDNS1123Subdomain, 'a.b', 'example.com', '1.2', 'a'.repeat(253))
  refuses(isDNS1123Subdomain, '', '.a', 'a..b', 'a.', 'A.b', 'a'.repeat(254))
})

describe('label values', () => {
  accepts(isLabelValue, '', 'a', 'A.b_c-1', 'x'.repeat(63))
  refuses(isLabelValue, '-', 'a b', 'x'.repeat(64), '.a')
})

describe('qualified names', () => {
  accepts(isQualifiedName, 'a', 'example.com/a', 'A_b.c', 'kubernetes.io/metadata.name')
  const rows: readonly (readonly [value: string, reasons: readonly string[]])[] = [
    ['', ['name part must be non-empty', NAME]],
    ['/a', [`${PREFIX}must be non-empty`]],
    ['a/', ['name part must be non-empty', NAME]],
    ['bad value', [NAME]],
  ]
  for (const [value, reasons] of rows) {
    test(`refuses ${JSON.stringify(value)}`, () => assert.deepEqual(isQualifiedName(value), reasons))
  }
  test('have at most one slash', () => assert.equal(isQualifiedName('a/b/c').length, 1))
})

describe('path segments', () => {
  accepts(isPathSegmentName, 'system:node', 'A B')
  const rows: readonly (readonly [value: string, reasons: readonly string[]])[] = [
    ['.', ["may not be '.'"]],
    ['..', ["may not be '..'"]],
    ['a/b%', ["may not contain '/'", "may not contain '%'"]],
  ]
  for (const [value, reasons] of rows) {
    test(`refuses ${value}`, () => assert.deepEqual(isPathSegmentName(value), reasons))
  }
})
