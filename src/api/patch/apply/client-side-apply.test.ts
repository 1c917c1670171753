import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { JsonObject } from '#api/meta/object.ts'
import { fieldsOfLastApplied, renewLastApplied } from '#api/patch/apply/client-side-apply.ts'
import { CONFIG_MAP, pathsOf } from '#api/patch/apply/testing.ts'

const KEY = 'kubectl.kubernetes.io/last-applied-configuration'
const config = (data: JsonObject): JsonObject => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name: 'a' },
  data,
})
const live = (annotation: unknown, data: JsonObject): JsonObject => ({
  ...config(data),
  metadata: { name: 'a', annotations: { [KEY]: annotation } },
})

test('what was applied and is still there is its own', () => {
  const object = live(JSON.stringify(config({ same: '1', changed: '1', gone: '1' })), {
    same: '1',
    changed: '2',
  })
  const fields = fieldsOfLastApplied(CONFIG_MAP, object, 'v1')!
  assert.deepEqual(
    pathsOf(fields).filter((path) => path.startsWith('.data')),
    ['.data.same'],
  )
})

test('an annotation that cannot be used says nothing', () => {
  const unusable = [
    '',
    'no JSON',
    '[]',
    '{}',
    JSON.stringify({ ...config({}), apiVersion: 'v2' }),
    JSON.stringify({ ...config({}), bogus: 1 }),
  ]
  for (const annotation of unusable) {
    assert.equal(fieldsOfLastApplied(CONFIG_MAP, live(annotation, {}), 'v1'), undefined, annotation)
  }
  assert.equal(fieldsOfLastApplied(CONFIG_MAP, config({}), 'v1'), undefined)
})

test('an apply renews the annotation where there is one', () => {
  const draft = live('old', {})
  renewLastApplied(draft, {
    kind: 'ConfigMap',
    data: { b: '1', a: '2' },
    metadata: { annotations: { [KEY]: 'x', z: '1' } },
  })
  assert.deepEqual((draft['metadata'] as JsonObject)['annotations'], {
    [KEY]: '{"data":{"a":"2","b":"1"},"kind":"ConfigMap","metadata":{"annotations":{"z":"1"}}}\n',
  })
  const without = config({})
  renewLastApplied(without, config({}))
  assert.deepEqual(without, config({}))
})

test('an annotation that would be too large goes', () => {
  const draft = live('old', {})
  renewLastApplied(draft, config({ a: 'x'.repeat(300_000) }))
  assert.deepEqual(draft['metadata'], { name: 'a' })
})
