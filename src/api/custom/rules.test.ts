import assert from 'node:assert/strict'
import { test } from 'node:test'
import { validateRules } from '#api/custom/rules.ts'
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
