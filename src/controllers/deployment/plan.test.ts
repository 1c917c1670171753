import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Deployment, ReplicaSet } from '#api/types/apps.ts'
import {
  isScalingEvent,
  nextNewSize,
  planCleanup,
  planRecreate,
  planRolling,
  planScaling,
  type Scale,
} from '#controllers/deployment/plan.ts'

interface Limits {
  readonly surge?: number | string
  readonly unavailable?: number | string
}

function deployment(
  replicas: number,
  { surge = 0, unavailable = 0 }: Limits = {},
  limit?: number,
): Deployment {
  return {
    metadata: { name: 'web' },
    spec: {
      replicas,
      strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: surge, maxUnavailable: unavailable } },
      ...(limit !== undefined && { revisionHistoryLimit: limit }),
    },
  } as unknown as Deployment
}

interface Told {
  readonly available?: number
  readonly desired?: number
  readonly max?: number
  readonly revision?: number
}

function set(name: string, replicas: number, told: Told = {}): ReplicaSet {
  const { available = replicas, desired, max, revision } = told
  return {
    metadata: {
      name,
      uid: name,
      generation: 1,
      // Names sort as ages do.
      creationTimestamp: `2026-01-01T00:00:0${name.length}Z`,
      annotations: {
        ...(desired !== undefined && { 'deployment.kubernetes.io/desired-replicas': String(desired) }),
        ...(max !== undefined && { 'deployment.kubernetes.io/max-replicas': String(max) }),
        ...(revision !== undefined && { 'deployment.kubernetes.io/revision': String(revision) }),
      },
    },
    spec: { replicas, selector: {} },
    status: { replicas, availableReplicas: available, observedGeneration: 1 },
  } as ReplicaSet
}

const sizes = (steps: readonly Scale[]): unknown[] =>
  steps.map(({ replicaSet, replicas }) => [replicaSet.metadata?.name, replicas])

const ROLLING: readonly {
  name: string
  of: Deployment
  newSet: ReplicaSet
  old: readonly ReplicaSet[]
  expect: unknown[]
}[] = [
  {
    name: 'the new set grows by the surge',
    of: deployment(4, { surge: 1 }),
    newSet: set('new', 0),
    old: [set('o', 4)],
    expect: [['new', 1]],
  },
  {
    name: 'without room the old set shrinks by what may be unavailable',
    of: deployment(4, { unavailable: 1 }),
    newSet: set('new', 0),
    old: [set('o', 4)],
    expect: [['o', 3]],
  },
  {
    name: 'nothing moves while new pods are not available',
    of: deployment(4, { surge: 1 }),
    newSet: set('new', 1, { available: 0 }),
    old: [set('o', 4)],
    expect: [],
  },
  {
    name: 'old pods that are not available go first, whatever the age of their set',
    of: deployment(4, { surge: 2 }),
    newSet: set('new', 2),
    old: [set('o', 2), set('oo', 2, { available: 0 })],
    expect: [['oo', 0]],
  },
  {
    name: 'broken old pods go, then as many as availability allows, in two steps',
    of: deployment(4, { surge: 4 }),
    newSet: set('new', 4),
    old: [set('o', 4, { available: 3 })],
    expect: [
      ['o', 3],
      ['o', 0],
    ],
  },
  {
    name: 'a new set that is too large shrinks at once',
    of: deployment(2, { surge: 1 }),
    newSet: set('new', 3),
    old: [],
    expect: [['new', 2]],
  },
  {
    name: 'a finished rollout stands still',
    of: deployment(4, { surge: 1 }),
    newSet: set('new', 4),
    old: [set('o', 0)],
    expect: [],
  },
]

for (const { name, of, newSet, old, expect } of ROLLING) {
  test(`rolling: ${name}`, () => assert.deepEqual(sizes(planRolling(of, newSet, old)), expect))
}

const SCALING: readonly {
  name: string
  of: Deployment
  newSet?: ReplicaSet
  old?: readonly ReplicaSet[]
  expect: unknown[]
}[] = [
  { name: 'the only set takes it all', of: deployment(5), newSet: set('new', 3), expect: [['new', 5]] },
  {
    name: 'of several empty sets the newest grows',
    of: deployment(5),
    old: [set('o', 0), set('ooo', 0), set('oo', 0)],
    expect: [['ooo', 5]],
  },
  {
    name: 'a saturated new set ends the old ones',
    of: deployment(5, { surge: 1 }),
    newSet: set('new', 5, { desired: 5 }),
    old: [set('o', 2)],
    expect: [['o', 0]],
  },
  {
    name: 'up in proportion, the larger set first',
    of: deployment(12, { surge: 2 }),
    newSet: set('new', 5, { max: 12 }),
    old: [set('o', 7, { max: 12 })],
    expect: [
      ['o', 8],
      ['new', 6],
    ],
  },
  {
    name: 'down in proportion, the leftover from the largest',
    of: deployment(5, { surge: 2 }),
    newSet: set('new', 5, { max: 12 }),
    old: [set('o', 5, { max: 12 }), set('oo', 2, { max: 12 })],
    expect: [
      ['o', 3],
      ['new', 3],
      ['oo', 1],
    ],
  },
  {
    name: 'to zero, every set goes to zero',
    of: deployment(0, { surge: 2 }),
    newSet: set('new', 3, { max: 7 }),
    old: [set('o', 4, { max: 7 })],
    expect: [
      ['o', 0],
      ['new', 0],
    ],
  },
]

for (const { name, of, newSet, old = [], expect } of SCALING) {
  test(`scaling: ${name}`, () => assert.deepEqual(sizes(planScaling(of, { newSet, oldSets: old })), expect))
}

test('a change of size is seen by what the sets were told before', () => {
  const sets = { newSet: set('new', 4, { desired: 4 }), oldSets: [set('o', 0, { desired: 9 })] }
  assert.equal(isScalingEvent(deployment(4), sets), false)
  assert.equal(isScalingEvent(deployment(5), sets), true)
})

test('a new set starts with what fits beside the old ones', () => {
  assert.equal(nextNewSize(deployment(4, { surge: 1 }), [set('o', 4)], 0), 1)
  assert.equal(nextNewSize(deployment(4, { surge: 1 }), [set('o', 5)], 0), 0)
  assert.equal(nextNewSize(deployment(4, { surge: 1 }), [], 0), 4)
})

test('Recreate empties what is not empty', () => {
  assert.deepEqual(sizes(planRecreate([set('o', 3), set('oo', 0)])), [['o', 0]])
})

test('of the history the lowest revisions go, as far as they are empty', () => {
  const old = [set('o', 0, { revision: 3 }), set('oo', 0, { revision: 1 }), set('ooo', 1, { revision: 2 })]
  const gone = (limit: number): unknown[] =>
    planCleanup(deployment(1, {}, limit), old).map(({ metadata }) => metadata?.name)
  assert.deepEqual(gone(2), ['oo'])
  assert.deepEqual(gone(1), ['oo'])
  assert.deepEqual(gone(0), ['oo', 'o'])
  assert.deepEqual(gone(3), [])
})
