import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { FieldError } from '#api/meta/field-error.ts'
import { nameIsDNSSubdomain } from '#api/meta/names.ts'
import type { ObjectMeta } from '#api/meta/object.ts'
import { validateObjectMeta, validateObjectMetaUpdate } from '#api/meta/object-meta-validation.ts'

const fields = (errors: Iterable<FieldError>): string[] => [...errors].map(({ field }) => field)
const OWNER = { apiVersion: 'v1', kind: 'Pod', name: 'p', uid: 'u' }
const GOOD: ObjectMeta = { name: 'a', namespace: 'b' }

describe('metadata of a namespaced object', () => {
  const rows: readonly (readonly [name: string, metadata: ObjectMeta, blamed: readonly string[]])[] = [
    ['good', GOOD, []],
    ['no name', { namespace: 'b' }, ['metadata.name']],
    ['a name that is none', { ...GOOD, name: 'A b' }, ['metadata.name']],
    [
      'a prefix that is none',
      { namespace: 'b', generateName: 'A' },
      ['metadata.generateName', 'metadata.name'],
    ],
    ['no namespace', { name: 'a' }, ['metadata.namespace']],
    [
      'labels',
      { ...GOOD, labels: { 'bad key': 'x', a: 'bad value' } },
      ['metadata.labels', 'metadata.labels'],
    ],
    ['annotations', { ...GOOD, annotations: { 'a b': '' } }, ['metadata.annotations']],
    [
      'annotations that are too large',
      { ...GOOD, annotations: { a: 'x'.repeat(262_145) } },
      ['metadata.annotations'],
    ],
    ['a negative generation', { ...GOOD, generation: -1 }, ['metadata.generation']],
    [
      'two controllers',
      {
        ...GOOD,
        ownerReferences: [
          { ...OWNER, controller: true },
          { ...OWNER, controller: true, uid: 'v' },
        ],
      },
      ['metadata.ownerReferences'],
    ],
    [
      'an owner without a UID',
      { ...GOOD, ownerReferences: [{ ...OWNER, uid: '' }] },
      ['metadata.ownerReferences.uid'],
    ],
    [
      'two ways to collect',
      { ...GOOD, finalizers: ['orphan', 'foregroundDeletion'] },
      ['metadata.finalizers'],
    ],
  ]
  for (const [name, metadata, blamed] of rows) {
    test(name, () => assert.deepEqual(fields(validateObjectMeta(metadata, true, nameIsDNSSubdomain)), blamed))
  }
})

test('a cluster-scoped object has no namespace', () => {
  const errors = [...validateObjectMeta(GOOD, false, nameIsDNSSubdomain)]
  assert.deepEqual(
    errors.map(({ field, body }) => `${field}: ${body}`),
    ['metadata.namespace: Forbidden: not allowed on this type'],
  )
})

describe('updates', () => {
  const old: ObjectMeta = { ...GOOD, uid: 'u', resourceVersion: '1', generation: 3 }
  const rows: readonly (readonly [name: string, change: Partial<ObjectMeta>, blamed: readonly string[]])[] = [
    ['nothing', {}, []],
    ['the name', { name: 'c' }, ['metadata.name']],
    ['the UID', { uid: 'v' }, ['metadata.uid']],
    ['a lower generation', { generation: 2 }, ['metadata.generation']],
    ['labels', { labels: { a: 'b' } }, []],
  ]
  for (const [name, change, blamed] of rows) {
    test(name, () => assert.deepEqual(fields(validateObjectMetaUpdate({ ...old, ...change }, old)), blamed))
  }
  test('an object that goes gets no new finalizers', () => {
    const going = { ...old, deletionTimestamp: '2026-01-01T00:00:00Z', finalizers: ['a/b'] }
    const errors = validateObjectMetaUpdate({ ...going, finalizers: ['a/b', 'c/d'] }, going)
    assert.deepEqual(fields(errors), ['metadata.finalizers'])
  })
})
