import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { parseIncludeObject, partialMetadataList, tableOf } from '#api/codec/table.ts'
import type { KindDefinition } from '#api/kinds/kind.ts'

const widget: KindDefinition = {
  group: 'example.com',
  kind: 'Widget',
  resource: 'widgets',
  singular: 'widget',
  namespaced: true,
  versions: ['v1'],
  storageVersion: 'v1',
}
const objects = [
  { kind: 'Widget', metadata: { name: 'a', creationTimestamp: '2024-01-01T00:00:00Z' }, spec: { size: 3 } },
]

describe('tables', () => {
  test('a kind without columns has name and time of creation', () => {
    const table = tableOf(widget, objects, { resourceVersion: '7' }, { now: 0 })
    assert.deepEqual(table['metadata'], { resourceVersion: '7' })
    assert.deepEqual(
      (table['columnDefinitions'] as { name: string }[]).map(({ name }) => name),
      ['Name', 'Created At'],
    )
    assert.deepEqual(table['rows'], [
      {
        cells: ['a', '2024-01-01T00:00:00Z'],
        object: {
          kind: 'PartialObjectMetadata',
          apiVersion: 'meta.k8s.io/v1',
          metadata: objects[0]?.metadata,
        },
      },
    ])
  })

  test('the objects are left out or whole on demand', () => {
    const row = (includeObject: 'None' | 'Object'): unknown =>
      (tableOf(widget, objects, {}, { now: 0, includeObject })['rows'] as { object: unknown }[])[0]?.object
    assert.equal(row('None'), null)
    assert.equal(row('Object'), objects[0])
  })

  test('columns and marks of rows come from the kind', () => {
    const kind: KindDefinition = {
      ...widget,
      columns: [
        {
          name: 'Size',
          type: 'integer',
          description: 'How big.',
          priority: 1,
          cell: (object) => (object['spec'] as { size: number }).size,
        },
      ],
      rowConditions: () => [{ type: 'Completed', status: 'True' }],
    }
    const table = tableOf(kind, objects, {}, { now: 0, withoutHeaders: true, version: 'v1beta1' })
    assert.equal(table['columnDefinitions'], null)
    assert.equal(table['apiVersion'], 'meta.k8s.io/v1beta1')
    const [row] = table['rows'] as { cells: unknown; conditions: unknown }[]
    assert.deepEqual(row?.cells, [3])
    assert.deepEqual(row?.conditions, [{ type: 'Completed', status: 'True' }])
  })

  test('includeObject is checked', () => {
    assert.equal(parseIncludeObject(null), 'Metadata')
    assert.throws(() => parseIncludeObject('Wrong'), /must be 'Metadata', 'Object', 'None', or empty/)
  })
})

test('a list of metadata alone', () => {
  const list = partialMetadataList({
    metadata: { resourceVersion: '7', continue: 'x', remainingItemCount: 0 },
    items: objects,
  })
  assert.deepEqual(list['metadata'], { resourceVersion: '7', continue: 'x', remainingItemCount: 0 })
  assert.equal((list['items'] as unknown[]).length, 1)
})
