import assert from 'node:assert/strict'
import { test } from 'node:test'
import { infoOf } from '#apiserver/flowcontrol/testing.ts'
import { WatchCounts } from '#apiserver/flowcontrol/watch-counts.ts'
import { estimateWork } from '#apiserver/flowcontrol/work-estimate.ts'

const BIG = { objects: 5_000, averageBytes: 4_000 }

interface Row {
  readonly name: string
  readonly request: string
  readonly size?: typeof BIG | undefined
  readonly watches?: number
  readonly maxSeats?: number
  readonly expected: readonly [initial: number, final: number, lingerMs: number]
}

const rows: readonly Row[] = [
  { name: 'a get is one seat', request: 'GET /api/v1/namespaces/a/pods/b', expected: [1, 0, 0] },
  { name: 'a list from the cache is streamed', request: 'GET /api/v1/pods', expected: [10, 0, 0] },
  { name: 'a page is read from the store', request: 'GET /api/v1/pods?limit=500', expected: [20, 0, 0] },
  {
    name: 'a page of what a selector finds may read half of all',
    request: 'GET /api/v1/pods?limit=500&labelSelector=a',
    expected: [100, 0, 0],
  },
  {
    name: 'a page of any state comes from the cache',
    request: 'GET /api/v1/pods?limit=500&resourceVersion=0',
    expected: [10, 0, 0],
  },
  {
    name: 'no list is wider than its level allows',
    request: 'GET /api/v1/pods?limit=500',
    maxSeats: 7,
    expected: [7, 0, 0],
  },
  {
    name: 'a list of one name is a get',
    request: 'GET /api/v1/pods?fieldSelector=metadata.name=a',
    expected: [1, 0, 0],
  },
  { name: 'nothing is known of it', request: 'GET /api/v1/pods', size: undefined, expected: [1, 0, 0] },
  {
    name: 'a watch from a revision sends nothing at first',
    request: 'GET /api/v1/pods?watch=1&resourceVersion=7',
    expected: [1, 0, 0],
  },
  {
    name: 'a watch with an initial state is a list',
    request: 'GET /api/v1/pods?watch=1',
    expected: [10, 0, 0],
  },
  {
    name: 'a write that few watch',
    request: 'DELETE /api/v1/namespaces/a/pods/b',
    watches: 9,
    expected: [1, 0, 0],
  },
  {
    name: 'a write that many watch keeps seats after its answer',
    request: 'DELETE /api/v1/namespaces/a/pods/b',
    watches: 45,
    expected: [1, 5, 5],
  },
  {
    name: 'more watches make it longer, not wider',
    request: 'DELETE /api/v1/namespaces/a/pods/b',
    watches: 1_000,
    expected: [1, 10, 50],
  },
  {
    name: 'a token is no object',
    request: 'POST /api/v1/namespaces/a/serviceaccounts/b/token',
    watches: 1_000,
    expected: [1, 0, 0],
  },
]

for (const row of rows) {
  test(row.name, () => {
    const [method = '', url = ''] = row.request.split(' ')
    const query = new URLSearchParams(url.split('?')[1] ?? '')
    const work = estimateWork(infoOf(method, url), query, {
      sizeOf: () => ('size' in row ? row.size : BIG),
      watchesOf: () => row.watches ?? 0,
      maxSeats: row.maxSeats,
    })
    assert.deepEqual([work.initialSeats, work.finalSeats, work.lingerMs], row.expected)
  })
}

test('watches of all, of the namespace and of the object see a write; kubelets of other nodes do not count', () => {
  const counts = new WatchCounts()
  const forget = counts.add(infoOf('GET', '/api/v1/pods?watch=1'))
  counts.add(infoOf('GET', '/api/v1/namespaces/a/pods?watch=1'))
  counts.add(infoOf('GET', '/api/v1/namespaces/b/pods?watch=1'))
  counts.add(infoOf('GET', '/api/v1/namespaces/a/pods?watch=1&fieldSelector=metadata.name=x'))
  counts.add(infoOf('GET', '/api/v1/pods?watch=1&fieldSelector=spec.nodeName=n1'))
  counts.add(infoOf('GET', '/api/v1/nodes?watch=1'))
  const write = infoOf('DELETE', '/api/v1/namespaces/a/pods/x')
  assert.equal(counts.interestedIn(write), 3)
  forget()
  forget()
  assert.equal(counts.interestedIn(write), 2)
  assert.equal(counts.interestedIn(infoOf('GET', '/api/v1/namespaces/a/pods/x')), 0)
})
