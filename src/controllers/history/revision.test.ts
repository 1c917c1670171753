import assert from 'node:assert/strict'
import { test } from 'node:test'
import { statefulSets } from '#api/resources.ts'
import type { ControllerRevision, StatefulSet } from '#api/types/apps.ts'
import { goJson } from '#controllers/history/go-json.ts'
import {
  byRevision,
  chooseRevision,
  newRevision,
  nextNumber,
  renamed,
  templateOf,
} from '#controllers/history/revision.ts'

test('JSON as Go writes it', () => {
  assert.equal(
    goJson({ b: '<a & b>', a: [1, true, null], c: undefined }),
    '{"a":[1,true,null],"b":"\\u003ca \\u0026 b\\u003e"}',
  )
})

const set = (image: string): StatefulSet => ({
  metadata: { name: 'db', namespace: 'default', uid: 'u' },
  spec: {
    serviceName: 'db',
    selector: { matchLabels: { app: 'db' } },
    template: { metadata: { labels: { app: 'db' } }, spec: { containers: [{ name: 'c', image }] } },
  },
})

const revisionOf = (image: string, number: number): ControllerRevision =>
  newRevision(statefulSets, set(image), number, 0)

test('a revision brings its template back, and is named by its hash', () => {
  const revision = revisionOf('a', 1)
  assert.deepEqual(templateOf(revision), set('a').spec?.template)
  assert.equal(revision.metadata?.name, `db-${revision.metadata?.labels?.['controller.kubernetes.io/hash']}`)
  assert.notEqual(revision.metadata?.name, revisionOf('b', 1).metadata?.name)
  assert.notEqual(renamed(revision, set('a'), 1).metadata?.name, revision.metadata?.name)
  assert.equal(renamed(revision, set('a'), 0).metadata?.name, revision.metadata?.name)
})

test('the fields of a revision are sorted, as clients that compare bytes expect', () => {
  const { data } = revisionOf('a', 1)
  assert.equal(JSON.stringify(data), goJson(data))
})

test('the template of an earlier revision makes that one the newest', () => {
  const revisions = [revisionOf('a', 1), revisionOf('b', 2)]
  assert.deepEqual(chooseRevision(revisions, revisionOf('b', 3)), { action: 'keep', revision: revisions[1] })
  assert.deepEqual(chooseRevision(revisions, revisionOf('a', 3)), {
    action: 'renumber',
    revision: revisionOf('a', 3),
  })
  assert.deepEqual(chooseRevision(revisions, revisionOf('c', 3)), { action: 'create' })
  assert.equal(nextNumber(revisions), 3)
  assert.equal(nextNumber([]), 1)
})

test('revisions are in the order of their numbers', () => {
  const revisions = [revisionOf('c', 3), revisionOf('a', 1), revisionOf('b', 2)]
  assert.deepEqual(
    revisions.sort(byRevision).map(({ revision }) => revision),
    [1, 2, 3],
  )
})
