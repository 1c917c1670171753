import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { customResourceDefinition } from '#api/kinds/apiextensions/custom-resource-definition.ts'
import { findField } from '#api/kinds/apiextensions/field-path.ts'
import { created, errorsOfNew, errorsOfUpdate, warningsOfNew } from '#api/kinds/testing.ts'
import type { JsonObject } from '#api/meta/object.ts'

const SCHEMA = 'spec.validation.openAPIV3Schema'

const definitionOf = (schema: object, spec: object = {}): JsonObject => ({
  metadata: { name: 'widgets.example.com' },
  spec: {
    group: 'example.com',
    scope: 'Namespaced',
    names: { plural: 'widgets', kind: 'Widget' },
    versions: [{ name: 'v1', served: true, storage: true, schema: { openAPIV3Schema: schema } }],
    ...spec,
  },
})
const specOf = (field: object): JsonObject =>
  definitionOf({ type: 'object', properties: { spec: { type: 'object', properties: { a: field } } } })
const FIELD = `${SCHEMA}.properties[spec].properties[a]`

test('defaults and status of a new definition', () => {
  const { spec, status } = created(customResourceDefinition, definitionOf({ type: 'object' })) as {
    spec: { names: object; conversion: object }
    status: object
  }
  assert.deepEqual(spec.names, {
    plural: 'widgets',
    kind: 'Widget',
    singular: 'widget',
    listKind: 'WidgetList',
  })
  assert.deepEqual(spec.conversion, { strategy: 'None' })
  const empty = { conditions: null, acceptedNames: { plural: '', kind: '' } }
  assert.deepEqual(status, { ...empty, storedVersions: ['v1'] })
})

describe('schemas', () => {
  const rows: readonly (readonly [name: string, field: object, errors: readonly string[]])[] = [
    ['text', { type: 'string' }, []],
    [
      'no type',
      { description: 'x' },
      [`${FIELD}.type: Required value: must not be empty for specified object fields`],
    ],
    [
      'a default that does not fit',
      { type: 'integer', default: 'x' },
      [`${FIELD}.default: Invalid value: "string":  in body must be of type integer: "string"`],
    ],
    [
      'a default with an item that does not fit',
      { type: 'array', items: { type: 'integer' }, default: ['x'] },
      [`${FIELD}.default.[0]: Invalid value: "string": [0] in body must be of type integer: "string"`],
    ],
    [
      'a default that is too small',
      { type: 'integer', minimum: 5, default: 3 },
      [`${FIELD}.default: Invalid value: 3:  in body should be greater than or equal to 5`],
    ],
    ['a list without items', { type: 'array' }, [`${FIELD}.items: Required value: must be specified`]],
    [
      'unique items',
      { type: 'array', uniqueItems: true, items: { type: 'string' } },
      [
        `${FIELD}.uniqueItems: Forbidden: uniqueItems cannot be set to true since the runtime complexity becomes quadratic`,
      ],
    ],
  ]
  for (const [name, field, errors] of rows) {
    test(name, () => assert.deepEqual(errorsOfNew(customResourceDefinition, specOf(field)), errors))
  }
})

test('a rule in CEL is compiled', () => {
  const rule = { type: 'string', maxLength: 5, 'x-kubernetes-validations': [{ rule: 'sel == ""' }] }
  const [error = ''] = errorsOfNew(customResourceDefinition, specOf(rule))
  assert.match(error, /x-kubernetes-validations\[0\]\.rule: .*undeclared reference to 'sel'/)
})

describe('the rest', () => {
  test('the name is made of plural and group', () => {
    const object = { ...definitionOf({ type: 'object' }), metadata: { name: 'other.example.com' } }
    assert.deepEqual(errorsOfNew(customResourceDefinition, object), [
      'metadata.name: Invalid value: "other.example.com": must be spec.names.plural+"."+spec.group',
    ])
  })
  test('groups of the community need approval', () => {
    const object = {
      ...definitionOf({ type: 'object' }, { group: 'x.k8s.io' }),
      metadata: { name: 'widgets.x.k8s.io' },
    }
    const [error = ''] = errorsOfNew(customResourceDefinition, object)
    assert.match(error, /^metadata\.annotations\[api-approved\.kubernetes\.io\]: Required value/)
  })
  test('a version that was stored stays', () => {
    const old = created(customResourceDefinition, definitionOf({ type: 'object' }))
    const version = {
      name: 'v2',
      served: true,
      storage: true,
      schema: { openAPIV3Schema: { type: 'object' } },
    }
    const next = definitionOf({ type: 'object' }, { versions: [version] })
    const [error = ''] = errorsOfUpdate(customResourceDefinition, old, next)
    assert.match(error, /^status\.storedVersions\[0\]: Invalid value: "v1": missing from spec\.versions/)
  })
  test('an unknown format is warned of once', () => {
    const both = {
      type: 'object',
      properties: { a: { type: 'string', format: 'odd' }, b: { format: 'odd', type: 'string' } },
    }
    assert.deepEqual(warningsOfNew(customResourceDefinition, specOf(both)), ['unrecognized format "odd"'])
    assert.deepEqual(
      warningsOfNew(customResourceDefinition, specOf({ type: 'string', format: 'date-time' })),
      [],
    )
  })
})

test('paths of selectable fields', () => {
  const schema = {
    type: 'object',
    properties: { spec: { type: 'object', properties: { a: { type: 'string' } } } },
  }
  assert.notEqual(typeof findField('.spec.a', schema), 'string')
  assert.equal(typeof findField('.spec.b', schema), 'string')
})

describe('rules in CEL', () => {
  const rules = (rule: object): JsonObject =>
    definitionOf({
      type: 'object',
      properties: {
        spec: {
          type: 'object',
          'x-kubernetes-validations': [rule],
          properties: {
            size: { type: 'integer' },
            text: { type: 'string' },
            names: { type: 'array', maxItems: 10, items: { type: 'string', maxLength: 10 } },
          },
        },
      },
    })
  const AT = `${SCHEMA}.properties[spec].x-kubernetes-validations[0]`
  const rows: readonly (readonly [name: string, rule: object, error: RegExp | undefined])[] = [
    ['right types', { rule: 'self.size > 1 && self.names.all(n, n != "")' }, undefined],
    ['a field that there is not', { rule: 'self.nothing > 1' }, /rule: .*undefined field 'nothing'/s],
    ['types that do not fit', { rule: 'self.size > "x"' }, /overload for '_>_' applied to '\(int, string\)'/],
    ['no truth value', { rule: 'self.size' }, /rule: .*cel expression must evaluate to a bool/s],
    [
      'a message that is no text',
      { rule: 'self.size > 1', messageExpression: '1' },
      /messageExpression: .*messageExpression must evaluate to a string/s,
    ],
    [
      'a costly rule',
      { rule: 'self.text.contains(self.text)' },
      /estimated rule cost exceeds budget by factor/,
    ],
    ['a bounded rule', { rule: 'self.names.all(a, self.names.all(b, a == b))' }, undefined],
    [
      'optionalOldSelf without oldSelf',
      { rule: 'self.size > 1', optionalOldSelf: true },
      /optionalOldSelf: Invalid value: true: may not be set if oldSelf is not used in rule/,
    ],
  ]
  for (const [name, rule, error] of rows) {
    test(name, () => {
      const errors = errorsOfNew(customResourceDefinition, rules(rule))
      if (error === undefined) assert.deepEqual(errors, [])
      else {
        assert.match(errors[0] ?? '', error)
        assert.ok(errors[0]?.startsWith(AT), errors[0])
      }
    })
  }
})

test('a schema in a message is shown with all fields of its Go type', () => {
  const schema = { type: 'object', additionalProperties: { type: 'string' } }
  const versions = [
    {
      name: 'v1',
      served: true,
      storage: true,
      subresources: { status: {} },
      schema: { openAPIV3Schema: schema },
    },
  ]
  const [error = ''] = errorsOfNew(customResourceDefinition, definitionOf(schema, { versions }))
  assert.ok(
    error.startsWith(
      `${SCHEMA}: Invalid value: {"ID":"","Schema":"","Ref":null,"Description":"","Type":"object"`,
    ),
  )
  assert.match(error, /"AdditionalProperties":\{"Allows":true,"Schema":\{"ID":""/)
})
