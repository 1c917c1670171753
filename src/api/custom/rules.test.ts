import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ruleErrors, validateRules } from '#api/custom/rules.ts'
import type { Schema } from '#api/kinds/apiextensions/schema.ts'

const SCHEMA: Schema = {
  type: 'object',
  properties: {
    spec: {
      type: 'object',
      'x-kubernetes-validations': [
        { rule: 'self.min <= self.max', message: 'min is greater than max' },
        { rule: 'self.max < 100', messageExpression: "'max is ' + string(self.max)", fieldPath: '.max' },
      ],
      properties: {
        min: { type: 'integer' },
        max: { type: 'integer' },
        name: {
          type: 'string',
          'x-kubernetes-validations': [
            { rule: 'self == oldSelf', message: 'name is immutable', reason: 'FieldValueForbidden' },
          ],
        },
        ports: {
          type: 'array',
          'x-kubernetes-list-type': 'map',
          'x-kubernetes-list-map-keys': ['name'],
          items: {
            type: 'object',
            properties: {
              name: { type: 'string' },
              port: { type: 'integer', 'x-kubernetes-validations': [{ rule: 'self >= oldSelf' }] },
            },
          },
        },
      },
    },
  },
}

const spec = (more: object) => ({ spec: { min: 1, max: 2, ...more } })

const rows: Readonly<
  Record<string, readonly [value: object, old: object | undefined, errors: readonly string[]]>
> = {
  'an object that meets them': [spec({ name: 'a' }), undefined, []],
  'a rule over two fields': [spec({ min: 3 }), undefined, ['spec: Invalid value: min is greater than max']],
  'a message that is made, at the field that it names': [
    spec({ max: 200 }),
    undefined,
    ['spec.max: Invalid value: max is 200'],
  ],
  'a rule for changes, without a change': [spec({ name: 'a' }), spec({ name: 'a' }), []],
  'a rule for changes': [
    spec({ name: 'b' }),
    spec({ name: 'a' }),
    ['spec.name: Forbidden: name is immutable'],
  ],
  'a rule for changes in a list, where items are found by their keys': [
    spec({
      ports: [
        { name: 'new', port: 1 },
        { name: 'x', port: 1 },
      ],
    }),
    spec({ ports: [{ name: 'x', port: 2 }] }),
    ['spec.ports[1].port: Invalid value: 1: failed rule: self >= oldSelf'],
  ],
}

for (const [name, [value, old, expected]] of Object.entries(rows)) {
  test(`rules of a schema: ${name}`, () => {
    const errors = [...validateRules(value, old, SCHEMA)].map(({ field, body }) => `${field}: ${body}`)
    assert.deepEqual(errors, expected)
  })
}

/** A rule over a whole spec of many types. */
const typed = (rule: string, more: object = {}): Schema => ({
  type: 'object',
  properties: {
    spec: {
      type: 'object',
      'x-kubernetes-validations': [{ rule, message: 'refused', ...more }],
      properties: {
        'a-b': { type: 'string' },
        namespace: { type: 'string' },
        ratio: { type: 'number' },
        since: { type: 'string', format: 'date-time' },
        wait: { type: 'string', format: 'duration' },
        key: { type: 'string', format: 'byte' },
        free: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
      },
    },
  },
})

const typedRows: readonly (readonly [rule: string, spec: object])[] = [
  ['self.a__dash__b == "x"', { 'a-b': 'x' }],
  ['self.__namespace__ == self.namespace', { namespace: 'x' }],
  ['self.ratio == 2.0', { ratio: 2 }],
  ['self.since > timestamp("2020-01-01T00:00:00Z")', { since: '2024-01-01T00:00:00Z' }],
  ['self.wait < duration("1h")', { wait: '5m' }],
  ['self.key == b"x"', { key: 'eA==' }],
  ['!has(self.free.other)', { free: { other: 1 } }],
]
for (const [rule, value] of typedRows) {
  test(`rules see values by their schema: ${rule}`, () => {
    assert.deepEqual([...validateRules({ spec: value }, undefined, typed(rule))], [])
    const denied = [...validateRules({ spec: value }, undefined, typed(`!(${rule})`))]
    assert.deepEqual(
      denied.map(({ field, body }) => `${field}: ${body}`),
      ['spec: Invalid value: refused'],
    )
  })
}

test('a rule may ask whether there was something before', () => {
  const schema = typed('oldSelf.hasValue() ? self.ratio > oldSelf.value().ratio : self.ratio == 1.0', {
    optionalOldSelf: true,
  })
  const errors = (value: number, old?: number) =>
    [...validateRules({ spec: { ratio: value } }, old && { spec: { ratio: old } }, schema)].length
  assert.deepEqual([errors(1), errors(2), errors(2, 1), errors(1, 2)], [0, 1, 0, 1])
})

test('what an update leaves as it was is worth a warning, unless the rule is about changes', () => {
  const schema = typed('self.ratio > 5.0')
  const old = { spec: { ratio: 1 } }
  const found = (value: object) => [...ruleErrors(value, old, schema)].map(({ isOld }) => isOld)
  assert.deepEqual(found({ spec: { ratio: 1 } }), [true])
  assert.deepEqual(found({ spec: { ratio: 2 } }), [false])
})
