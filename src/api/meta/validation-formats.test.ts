import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { type FieldError, Path } from '#api/meta/field-error.ts'
import {
  domainPrefixedPath,
  fullyQualifiedDomainName,
  isConfigMapKey,
  isDecimalInteger,
  isEnvVarName,
  isHTTPHeaderName,
  isPercentage,
  isPortName,
  isPortNumber,
  isUserOrGroupId,
  isWildcardSubdomain,
  portNumberOrName,
} from '#api/meta/validation-formats.ts'

type Check = (value: string) => readonly unknown[]

function table(name: string, check: Check, good: readonly string[], bad: readonly string[]): void {
  describe(name, () => {
    for (const value of good) {
      test(`takes ${JSON.stringify(value)}`, () => assert.deepEqual(check(value), []))
    }
    for (const value of bad) {
      test(`refuses ${JSON.stringify(value)}`, () => assert.notEqual(check(value).length, 0))
    }
  })
}

const PATH = new Path('x')

table('port names', isPortName, ['http', 'a1', '1-a'], ['', '80', 'HTTP', 'a--b', '-a', 'a'.repeat(16)])
table('keys of config maps', isConfigMapKey, ['a', 'A.b_c-d', '..a'.slice(2)], ['', '.', '..', 'a/b', '..a'])
table('names of variables', isEnvVarName, ['A', 'a_1', 'my.var', '_x', '!bang'], ['', 'a=b'])
table('names of headers', isHTTPHeaderName, ['X-A', 'Host'], ['', 'a b', 'a:'])
table('percentages', isPercentage, ['0%', '100%', '250%'], ['', '5', '-1%', '1.5%'])
table('wildcard domains', isWildcardSubdomain, ['*.a.b'], ['*', 'a.b', '*.', '*.A'])
table('decimal integers', isDecimalInteger, ['0', '10', '-3'], ['', '01', '1.0', 'x'])
table(
  'domain-prefixed paths',
  (value) => [...domainPrefixedPath(PATH, value)],
  ['acme.io/foo', 'a/b/c'],
  ['', 'a', '/a', 'a/', 'A_/b', 'a/b c'],
)
table(
  'fully qualified domain names',
  (value) => [...fullyQualifiedDomainName(PATH, value)],
  ['a.b', 'example.com.'],
  ['', 'a', 'A.b', 'a..b'],
)

test('numbers have bounds', () => {
  assert.deepEqual(isPortNumber(65535), [])
  assert.deepEqual(isPortNumber(0), ['must be between 1 and 65535, inclusive'])
  assert.deepEqual(isUserOrGroupId(0), [])
  assert.deepEqual(isUserOrGroupId(-1), ['must be between 0 and 2147483647, inclusive'])
})

test('a port is a number or a name', () => {
  const bodies = (errors: Iterable<FieldError>): string[] => [...errors].map(({ body }) => body)
  assert.deepEqual(bodies(portNumberOrName(PATH, 80)), [])
  assert.deepEqual(bodies(portNumberOrName(PATH, 'web')), [])
  assert.deepEqual(bodies(portNumberOrName(PATH, 0)), [
    'Invalid value: 0: must be between 1 and 65535, inclusive',
  ])
  assert.deepEqual(bodies(portNumberOrName(PATH, '80')), [
    'Invalid value: "80": must contain at least one letter (a-z)',
  ])
})
