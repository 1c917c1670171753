import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Deployment, DeploymentCondition, ReplicaSet } from '#api/types/apps.ts'
import {
  findCondition,
  nextProgressCheckMs,
  pausedCondition,
  rolloutStatus,
  setCondition,
} from '#controllers/deployment/status.ts'
import { formatTime } from '#sys/clock.ts'

const NOW = Date.UTC(2026, 0, 1)

function deployment(
  conditions: readonly DeploymentCondition[] = [],
  rest: object = {},
  spec: object = {},
): Deployment {
  return {
    metadata: { name: 'web', generation: 2 },
    spec: {
      replicas: 2,
      progressDeadlineSeconds: 600,
      strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: 1 } },
      ...spec,
    },
    status: { conditions, ...rest },
  } as unknown as Deployment
}

function set(
  name: string,
  replicas: number,
  available: number,
  conditions: readonly object[] = [],
): ReplicaSet {
  return {
    metadata: { name },
    spec: { replicas },
    status: {
      replicas,
      readyReplicas: available,
      availableReplicas: available,
      terminatingReplicas: 0,
      conditions,
    },
  } as unknown as ReplicaSet
}

function progressing(reason: string, secondsAgo: number, status = 'True'): DeploymentCondition {
  const time = formatTime(NOW - secondsAgo * 1000)
  return { type: 'Progressing', status, reason, message: '', lastUpdateTime: time, lastTransitionTime: time }
}

const reasonOf = (
  of: Deployment,
  newSet: ReplicaSet,
  oldSets: readonly ReplicaSet[] = [],
): string | undefined =>
  findCondition(rolloutStatus(of, { newSet, oldSets }, NOW).conditions, 'Progressing')?.reason

test('counts come from all sets, updated ones from the new set', () => {
  const { conditions: _conditions, ...counts } = rolloutStatus(
    deployment(),
    { newSet: set('new', 1, 0), oldSets: [set('old', 2, 2)] },
    NOW,
  )
  assert.deepEqual(counts, {
    observedGeneration: 2,
    replicas: 3,
    updatedReplicas: 1,
    readyReplicas: 2,
    availableReplicas: 2,
    unavailableReplicas: 1,
    terminatingReplicas: 0,
  })
})

test('available means that no more are missing than may be', () => {
  const message = (available: number): string | undefined =>
    findCondition(
      rolloutStatus(deployment(), { newSet: set('new', 2, available), oldSets: [] }, NOW).conditions,
      'Available',
    )?.message
  assert.equal(message(2), 'Deployment has minimum availability.')
  assert.equal(message(1), 'Deployment does not have minimum availability.')
})

const STORY: readonly {
  name: string
  of: Deployment
  newSet: ReplicaSet
  old?: ReplicaSet[]
  expect: string | undefined
}[] = [
  {
    name: 'all new and available: done',
    of: deployment([progressing('ReplicaSetUpdated', 5)]),
    newSet: set('new', 2, 2),
    expect: 'NewReplicaSetAvailable',
  },
  {
    name: 'one more available: progress',
    of: deployment([progressing('NewReplicaSetCreated', 5)]),
    newSet: set('new', 2, 1),
    expect: 'ReplicaSetUpdated',
  },
  {
    name: 'nothing moved: the story stays',
    of: deployment([progressing('NewReplicaSetCreated', 5)], { updatedReplicas: 2, replicas: 2 }),
    newSet: set('new', 2, 0),
    expect: 'NewReplicaSetCreated',
  },
  {
    name: 'nothing moved for too long: timed out',
    of: deployment([progressing('ReplicaSetUpdated', 601)], { updatedReplicas: 2, replicas: 2 }),
    newSet: set('new', 2, 0),
    expect: 'ProgressDeadlineExceeded',
  },
  {
    name: 'a finished rollout does not time out when a pod breaks',
    of: deployment([progressing('NewReplicaSetAvailable', 5000)], { updatedReplicas: 2, replicas: 2 }),
    newSet: set('new', 2, 1),
    expect: 'NewReplicaSetAvailable',
  },
  {
    name: 'without a deadline nothing is told',
    of: deployment([progressing('ReplicaSetUpdated', 5)], {}, { progressDeadlineSeconds: 2_147_483_647 }),
    newSet: set('new', 2, 1),
    expect: undefined,
  },
]

for (const { name, of, newSet, old = [], expect } of STORY) {
  test(`progress: ${name}`, () => assert.equal(reasonOf(of, newSet, old), expect))
}

test('progress moves the time of update, not that of transition', () => {
  const before = progressing('ReplicaSetUpdated', 100)
  const after = findCondition(
    rolloutStatus(deployment([before]), { newSet: set('new', 2, 1), oldSets: [] }, NOW).conditions,
    'Progressing',
  )
  assert.equal(after?.lastUpdateTime, formatTime(NOW))
  assert.equal(after?.lastTransitionTime, before.lastTransitionTime)
  assert.equal(after?.message, 'ReplicaSet "new" is progressing.')
})

test('the failure of a set is the Deployment’s failure, that of the new set before others', () => {
  const failure = (message: string) => ({
    type: 'ReplicaFailure',
    status: 'True',
    reason: 'FailedCreate',
    message,
  })
  const failed = (sets: { newSet: ReplicaSet; oldSets: ReplicaSet[] }) =>
    findCondition(rolloutStatus(deployment(), sets, NOW).conditions, 'ReplicaFailure')?.message
  const old = set('old', 1, 1, [failure('old')])
  assert.equal(failed({ newSet: set('new', 2, 1, [failure('new')]), oldSets: [old] }), 'new')
  assert.equal(failed({ newSet: set('new', 2, 1), oldSets: [old] }), 'old')
  assert.equal(failed({ newSet: set('new', 2, 1), oldSets: [] }), undefined)
})

test('pausing and resuming are told once, and not over a timeout', () => {
  const paused = deployment([progressing('ReplicaSetUpdated', 5)], {}, { paused: true })
  assert.equal(pausedCondition(paused, NOW)?.reason, 'DeploymentPaused')
  const told = deployment([progressing('DeploymentPaused', 5, 'Unknown')], {}, { paused: true })
  assert.equal(pausedCondition(told, NOW), undefined)
  assert.equal(
    pausedCondition(deployment([progressing('DeploymentPaused', 5, 'Unknown')]), NOW)?.reason,
    'DeploymentResumed',
  )
  const late = deployment([progressing('ProgressDeadlineExceeded', 5, 'False')], {}, { paused: true })
  assert.equal(pausedCondition(late, NOW), undefined)
})

test('a condition that says the same again is the very same list', () => {
  const conditions = [progressing('ReplicaSetUpdated', 5)]
  assert.equal(setCondition(conditions, progressing('ReplicaSetUpdated', 0)), conditions)
})

test('the next look is when the deadline runs out', () => {
  assert.equal(nextProgressCheckMs(deployment([progressing('ReplicaSetUpdated', 60)]), NOW), 541_000)
  assert.equal(nextProgressCheckMs(deployment([progressing('ProgressDeadlineExceeded', 60)]), NOW), undefined)
  assert.equal(nextProgressCheckMs(deployment(), NOW), undefined)
})
