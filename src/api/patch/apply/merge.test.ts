import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { JsonObject } from '#api/meta/object.ts'
import { fieldsOf } from '#api/patch/apply/fields-of.ts'
import { mergeObjects } from '#api/patch/apply/merge.ts'
import { containersOf, DEPLOYMENT, pathsOf, withContainers } from '#api/patch/apply/testing.ts'

const cases: Record<string, [live: JsonObject, config: JsonObject, merged: JsonObject]> = {
  'scalars are set': [
    { spec: { replicas: 1, paused: true } },
    { spec: { replicas: 2 } },
    { spec: { replicas: 2, paused: true } },
  ],
  'maps get keys': [
    { metadata: { labels: { a: '1', b: '2' } } },
    { metadata: { labels: { b: '3', c: '4' } } },
    { metadata: { labels: { a: '1', b: '3', c: '4' } } },
  ],
  'one piece is replaced': [
    { spec: { selector: { matchLabels: { a: 'b' } } } },
    { spec: { selector: { matchLabels: { c: 'd' } } } },
    { spec: { selector: { matchLabels: { c: 'd' } } } },
  ],
  'null and empty leave a map as it is': [
    { metadata: { labels: { a: '1' }, annotations: { b: '2' } } },
    { metadata: { labels: null, annotations: {} } },
    { metadata: { labels: { a: '1' }, annotations: { b: '2' } } },
  ],
  'null takes the place of a scalar': [
    { spec: { replicas: 1 } },
    { spec: { replicas: null } },
    { spec: { replicas: null } },
  ],
}

for (const [name, [live, config, merged]] of Object.entries(cases)) {
  test(name, () => assert.deepEqual(mergeObjects(DEPLOYMENT, live, config), merged))
}

const orders: [live: string, config: string, merged: string][] = [
  ['abc', 'c', 'abc'],
  ['abc', 'ca', 'bca'],
  ['abc', 'xbyaz', 'xbcyaz'],
  ['abc', 'abcd', 'abcd'],
  ['', 'ba', 'ba'],
  ['ab', '', 'ab'],
]

for (const [live, config, merged] of orders) {
  test(`items "${live}" and those of the configuration "${config}" stand as "${merged}"`, () => {
    const object = (names: string) => withContainers(...[...names].map((name) => ({ name })))
    const result = mergeObjects(DEPLOYMENT, object(live), object(config))
    assert.equal(
      containersOf(result)
        .map(({ name }) => name)
        .join(''),
      merged,
    )
  })
}

test('items are merged by their keys', () => {
  const live = withContainers({ name: 'a', image: '1', tty: true })
  const result = mergeObjects(DEPLOYMENT, live, withContainers({ name: 'a', image: '2' }))
  assert.deepEqual(containersOf(result), [{ name: 'a', image: '2', tty: true }])
})

test('an item that is there twice is replaced', () => {
  const live = withContainers({ name: 'a', image: '1', tty: true }, { name: 'a', image: '2' })
  const result = mergeObjects(DEPLOYMENT, live, withContainers({ name: 'a', image: '3' }))
  assert.deepEqual(containersOf(result), [{ name: 'a', image: '3' }])
})

test('a configuration names leaves, items and keys, not the structs and lists around them', () => {
  const config = {
    metadata: { labels: { a: 'b' }, annotations: {} },
    spec: { replicas: null, selector: {}, template: { spec: { containers: [{ name: 'c' }], volumes: [] } } },
  }
  assert.deepEqual(pathsOf(fieldsOf(DEPLOYMENT, config)), [
    '.metadata.annotations',
    '.metadata.labels.a',
    '.spec.replicas',
    '.spec.selector',
    '.spec.template.spec.containers[name="c"]',
    '.spec.template.spec.containers[name="c"].name',
  ])
})
