import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { APIService } from '#api/types/apiregistration.ts'
import { type Aggregated, groupsOf, resourcesIn } from '#apiserver/aggregation/discovered.ts'
import { identityOf } from '#apiserver/aggregation/forward.ts'

test('a list of resources becomes resources with their subresources', () => {
  const [flunders, ...others] = resourcesIn({
    resources: [
      {
        name: 'flunders',
        singularName: 'flunder',
        namespaced: true,
        kind: 'Flunder',
        verbs: ['get', 'list'],
      },
      { name: 'flunders/status', singularName: '', namespaced: true, kind: 'Flunder', verbs: ['get'] },
    ],
  })
  assert.deepEqual(flunders, {
    resource: 'flunders',
    singular: 'flunder',
    kind: 'Flunder',
    namespaced: true,
    verbs: ['get', 'list'],
    subresources: [{ name: 'status', kind: 'Flunder', verbs: ['get'] }],
  })
  assert.deepEqual(others, [])
})

const aggregated = (
  group: string,
  version: string,
  groupPriorityMinimum: number,
  isFresh = true,
): Aggregated => ({
  apiService: { spec: { group, version, groupPriorityMinimum, versionPriority: 10 } } as APIService,
  resources: [],
  isFresh,
})

test('groups come by priority, their versions as versions go, and what does not answer is stale', () => {
  const groups = groupsOf([
    aggregated('low.example.com', 'v1', 100),
    aggregated('high.example.com', 'v1alpha1', 2000, false),
    aggregated('high.example.com', 'v1', 2000),
  ])
  assert.deepEqual(
    groups.map(({ name, versions }) => [name, versions.map((one) => [one.version, one.freshness])]),
    [
      [
        'high.example.com',
        [
          ['v1', 'Current'],
          ['v1alpha1', 'Stale'],
        ],
      ],
      ['low.example.com', [['v1', 'Current']]],
    ],
  )
})

test('the other server is told who asks', () => {
  const user = { name: 'jane', uid: 'u', groups: ['a', 'b'], extra: { 'Example.com/x': ['1'] } }
  assert.deepEqual(identityOf(user), {
    'x-remote-user': 'jane',
    'x-remote-uid': 'u',
    'x-remote-group': ['a', 'b'],
    'x-remote-extra-example.com%2fx': ['1'],
  })
})
