// Decoding, in the cases that the recordings do not have; codec/recordings.test.ts has the others.

import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { decodeJson, decodeValue, normalize } from '#api/codec/json.ts'
import { kindSchema, type TypeSchema } from '#api/schema/schema.ts'

function schemaOf(group: string, kind: string): TypeSchema {
  const schema = kindSchema(group, 'v1', kind)
  assert.ok(schema)
  return schema
}

const pod = schemaOf('', 'Pod')
const configMap = schemaOf('', 'ConfigMap')
const deployment = schemaOf('apps', 'Deployment')

describe('the round trip through Go', () => {
  test('empty fields go, and those that are always written come', () => {
    const given = {
      spec: { replicas: 0, paused: false, template: { spec: { containers: [{ name: 'a', image: '' }] } } },
    }
    assert.deepEqual(normalize(given, deployment), {
      metadata: {},
      spec: {
        replicas: 0,
        selector: null,
        template: { metadata: {}, spec: { containers: [{ name: 'a', resources: {} }] } },
        strategy: {},
      },
      status: {},
    })
  })

  test('null is like absent', () => {
    assert.deepEqual(normalize({ metadata: { name: 'a', labels: null }, data: null }, configMap), {
      metadata: { name: 'a' },
    })
  })

  test('keys of maps are sorted, quantities canonical, unknown fields gone', () => {
    const given = { data: { b: '1', a: '2' }, unknown: true }
    assert.equal(JSON.stringify(normalize(given, configMap)), '{"metadata":{},"data":{"a":"2","b":"1"}}')
    const limits = {
      spec: { containers: [{ name: 'a', resources: { limits: { cpu: 0.5, memory: '1024Mi' } } }] },
    }
    const containers = (normalize(limits, pod)['spec'] as { containers: unknown[] }).containers
    assert.deepEqual(containers, [{ name: 'a', resources: { limits: { cpu: '500m', memory: '1Gi' } } }])
  })

  test('__proto__ is a key like any other', () => {
    const { object } = decodeJson('{"data":{"__proto__":"x"}}', configMap)
    assert.equal(JSON.stringify(object), '{"metadata":{},"data":{"__proto__":"x"}}')
  })

  test('a list always has its items', () => {
    assert.deepEqual(normalize({}, schemaOf('', 'PodList')), { metadata: {}, items: [] })
  })
})

describe('numbers by their spelling', () => {
  const replicas = (text: string): string => `{"spec":{"replicas":${text}}}`
  for (const text of ['1.0', '1e1', '1.5', '3000000000', '99999999999999999999']) {
    test(`${text} is no int32`, () =>
      assert.throws(() => decodeJson(replicas(text), deployment), {
        message: `json: cannot unmarshal number ${text} into Go struct field DeploymentSpec.spec.replicas of type int32`,
      }))
  }

  test('a quantity may be written as a number with an exponent', () => {
    const { object } = decodeJson('{"spec":{"overhead":{"cpu":1e3},"containers":[]}}', pod)
    assert.deepEqual((object['spec'] as { overhead: unknown }).overhead, { cpu: '1e3' })
  })
})

describe('strict problems', () => {
  const problems = (text: string, schema: TypeSchema | undefined): readonly string[] =>
    decodeJson(text, schema, 'Strict').strictProblems

  test('unknown and doubled fields, in the order of the text', () => {
    assert.deepEqual(
      problems('{"metadata":{"name":"a","name":"b"},"dta":{},"data":{"k":"1","k":"2"}}', configMap),
      ['duplicate field "metadata.name"', 'unknown field "dta"', 'duplicate field "data.k"'],
    )
  })

  test('case matters', () => assert.deepEqual(problems('{"Data":{}}', configMap), ['unknown field "Data"']))

  test('a doubled struct is merged, a doubled scalar replaced', () => {
    const text = '{"metadata":{"name":"a"},"metadata":{"namespace":"b"}}'
    assert.deepEqual(decodeJson(text, configMap).object, { metadata: { name: 'a', namespace: 'b' } })
  })

  test('within unknown fields nobody looks', () => {
    assert.deepEqual(problems('{"x":{"a":1,"a":2}}', configMap), ['unknown field "x"'])
  })

  test('without a schema only doubled fields are found', () => {
    assert.deepEqual(problems('{"spec":{"a":1,"a":2},"any":[{"b":1,"b":1}]}', undefined), [
      'duplicate field "spec.a"',
      'duplicate field "any[0].b"',
    ])
  })

  test('no more than a hundred are counted', () => {
    const fields = Array.from({ length: 150 }, (_, i) => `"x${i}":1`).join(',')
    assert.equal(problems(`{${fields}}`, configMap).length, 100)
  })
})

describe('syntax errors', () => {
  const rows: readonly (readonly [text: string, why: string])[] = [
    ['{"a":tru}', "invalid character '}' in literal true (expecting 'e')"],
    ['{"a" 1}', "invalid character '1' after object key"],
    ['{"a":1 2}', "invalid character '2' after object key:value pair"],
    ['[1 2]', "invalid character '2' after array element"],
    ['{} x', "invalid character 'x' after top-level value"],
    ['{"a":"\\x"}', "invalid character 'x' in string escape code"],
    ['{"a":"\t"}', "invalid character '\\t' in string literal"],
    ['{"a":01}', "invalid character '1' after object key:value pair"],
    ['{"a":1.}', "invalid character '}' after decimal point in numeric literal"],
    ['{"a":é}', "invalid character 'Ã' looking for beginning of value"],
    ['{"a":', 'unexpected end of JSON input'],
    ['['.repeat(2000), "invalid character '[' exceeded max depth"],
  ]
  for (const [text, why] of rows) {
    test(text.slice(0, 20), () => assert.throws(() => decodeJson(text, configMap), { message: why }))
  }

  test('nesting that JSON allows and Kubernetes does not', () => {
    const text = `{"x":${'['.repeat(1500)}${']'.repeat(1500)}}`
    assert.throws(() => decodeJson(text, undefined), /exceeded max depth/)
  })
})

test('a value that is already parsed is judged the same', () => {
  assert.deepEqual(decodeValue({ data: { a: '1' }, x: 1 }, configMap, 'Strict').strictProblems, [
    'unknown field "x"',
  ])
  assert.throws(() => decodeValue({ data: { a: 1 } }, configMap), {
    message: 'json: cannot unmarshal number into Go struct field ConfigMap.data of type string',
  })
})
