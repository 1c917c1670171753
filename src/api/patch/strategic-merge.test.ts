import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { JsonObject } from '#api/meta/object.ts'
import { applyStrategicMergePatch, StrategicMergeError } from '#api/patch/strategic-merge.ts'
import { kindSchema } from '#api/schema/schema.ts'

const DEPLOYMENT = kindSchema('apps', 'v1', 'Deployment')!
const POD = kindSchema('', 'v1', 'Pod')!
const pod = (...containers: object[]) => ({ spec: { containers } })

const CASES: readonly [name: string, current: JsonObject, patch: JsonObject, expected: JsonObject][] = [
  [
    'a container is merged by its name, a new one comes first',
    pod({ name: 'a', image: 'a:1' }, { name: 'b', image: 'b:1' }),
    pod({ name: 'b', image: 'b:2' }, { name: 'c', image: 'c:1' }),
    pod({ name: 'a', image: 'a:1' }, { name: 'b', image: 'b:2' }, { name: 'c', image: 'c:1' }),
  ],
  [
    'items of the patch come before those that only the server has when their order is not known',
    pod({ name: 'server' }),
    pod({ name: 'patch' }),
    pod({ name: 'patch' }, { name: 'server' }),
  ],
  [
    '$patch: delete takes an item out',
    pod({ name: 'a' }, { name: 'b' }),
    pod({ name: 'a', $patch: 'delete' }),
    pod({ name: 'b' }),
  ],
  [
    '$patch: replace in a list leaves only what the patch holds',
    pod({ name: 'a' }, { name: 'b' }),
    pod({ $patch: 'replace' }, { name: 'c' }),
    pod({ name: 'c' }),
  ],
  [
    '$patch: replace on an object leaves only what the patch holds',
    { metadata: { labels: { a: '1' }, name: 'x' } },
    { metadata: { labels: { $patch: 'replace', b: '2' } } },
    { metadata: { labels: { b: '2' }, name: 'x' } },
  ],
  [
    'a list without the merge strategy is replaced',
    pod({ name: 'a', args: ['1', '2'] }),
    pod({ name: 'a', args: ['3'] }),
    pod({ name: 'a', args: ['3'] }),
  ],
  [
    'null takes a field out',
    { metadata: { labels: { a: '1', b: '2' } } },
    { metadata: { labels: { a: null } } },
    { metadata: { labels: { b: '2' } } },
  ],
  [
    '$setElementOrder decides the order',
    pod({ name: 'a' }, { name: 'b' }, { name: 'server' }),
    {
      spec: {
        '$setElementOrder/containers': [{ name: 'b' }, { name: 'a' }],
        containers: [{ name: 'b', image: 'x' }],
      },
    },
    pod({ name: 'b', image: 'x' }, { name: 'a' }, { name: 'server' }),
  ],
  [
    '$deleteFromPrimitiveList takes values out of a set',
    { metadata: { finalizers: ['a', 'b', 'c'] } },
    { metadata: { '$deleteFromPrimitiveList/finalizers': ['b'] } },
    { metadata: { finalizers: ['a', 'c'] } },
  ],
  [
    'values are added to a set once',
    { metadata: { finalizers: ['a', 'b'] } },
    { metadata: { finalizers: ['c', 'a'] } },
    { metadata: { finalizers: ['c', 'a', 'b'] } },
  ],
]

for (const [name, current, patch, expected] of CASES) {
  test(name, () => assert.deepEqual(applyStrategicMergePatch(current, patch, POD), expected))
}

test('$retainKeys drops the other branch of a union', () => {
  const current = { spec: { strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: 1 } } } }
  const patch = { spec: { strategy: { $retainKeys: ['type'], type: 'Recreate' } } }
  assert.deepEqual(applyStrategicMergePatch(current, patch, DEPLOYMENT), {
    spec: { strategy: { type: 'Recreate' } },
  })
})

test('an item without its merge key is refused', () => {
  assert.throws(
    () => applyStrategicMergePatch(pod({ name: 'a' }), pod({ image: 'x' }), POD),
    (error) =>
      error instanceof StrategicMergeError &&
      error.message === 'map: map[image:x] does not contain declared merge key: name',
  )
})

test('neither the object nor the patch is changed', () => {
  const current = Object.freeze(pod(Object.freeze({ name: 'a' })))
  const patch = Object.freeze({
    spec: Object.freeze({ containers: Object.freeze([Object.freeze({ name: 'b' })]) }),
  })
  applyStrategicMergePatch(current, patch, POD)
  assert.deepEqual(current, pod({ name: 'a' }))
})
