import assert from 'node:assert/strict'
import { test } from 'node:test'
import { allKinds } from '#api/kinds/all.ts'
import { decoded, NOW } from '#api/kinds/testing.ts'

test('no two kinds have the same path', () => {
  const paths = allKinds.map(({ group, resource }) => `${group}/${resource}`)
  assert.deepEqual(paths.length, new Set(paths).size)
})

test('short names belong to one kind of a group', () => {
  const names = allKinds.flatMap(({ group, shortNames = [] }) => shortNames.map((name) => `${group}/${name}`))
  assert.deepEqual(names.length, new Set(names).size)
})

for (const kind of allKinds) {
  const name = `${kind.group || 'core'}/${kind.kind}`
  test(`${name} is stored in a version that it has`, () => {
    if (kind.storageGroup === undefined) assert.ok(kind.versions.includes(kind.storageVersion))
  })
  test(`${name} takes the emptiest object`, () => {
    const object = decoded(kind, { metadata: { name: 'a' } })
    for (const column of kind.columns ?? []) assert.notEqual(column.cell(object, NOW), undefined, column.name)
    for (const value of Object.values(kind.selectableFields ?? {}))
      assert.equal(typeof value(object), 'string')
  })
}
