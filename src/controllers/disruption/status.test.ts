import assert from 'node:assert/strict'
import { test } from 'node:test'
import { matchesLabels, selectorOf } from '#api/meta/selectors.ts'
import type { Pod } from '#api/types/core.ts'
import type { PodDisruptionBudget, PodDisruptionBudgetSpec } from '#api/types/policy.ts'
import {
  budgetStatus,
  countHealthy,
  desiredHealthy,
  disruptedPods,
  failedStatus,
  staleInMs,
} from '#controllers/disruption/status.ts'
import { eachState, LATER, skip } from '#controllers/recorded-states.ts'

const NOW = Date.parse('2026-01-01T00:10:00Z')

const budget = (spec: PodDisruptionBudgetSpec): PodDisruptionBudget => ({
  metadata: { name: 'b', namespace: 'n', generation: 2 },
  spec,
})

const pod = (name: string, isReady = true, metadata: object = {}): Pod => ({
  metadata: { name, namespace: 'n', ...metadata },
  status: { conditions: [{ type: 'Ready', status: isReady ? 'True' : 'False' }] },
})

const rows: readonly [spec: PodDisruptionBudgetSpec, expected: number, desired: number][] = [
  [{ minAvailable: 2 }, 5, 2],
  [{ minAvailable: '50%' }, 5, 3],
  [{ maxUnavailable: 1 }, 5, 4],
  [{ maxUnavailable: '34%' }, 3, 1],
  [{ maxUnavailable: 9 }, 5, 0],
  [{}, 5, 0],
]

for (const [spec, expected, desired] of rows) {
  test(`${JSON.stringify(spec)} of ${expected} wants ${desired} healthy`, () => {
    assert.equal(desiredHealthy(budget(spec), expected), desired)
  })
}

test('a share that is none is told', () => {
  assert.throws(() => desiredHealthy(budget({ minAvailable: 'half' }), 2), /is not a percentage/)
})

test('what is healthy beyond what has to be may go', () => {
  const status = budgetStatus(budget({}), { expected: 3, desired: 1, healthy: 3 }, {}, NOW)
  assert.equal(status.disruptionsAllowed, 2)
  assert.equal(status.observedGeneration, 2)
  assert.deepEqual(status.conditions, [
    {
      type: 'DisruptionAllowed',
      status: 'True',
      reason: 'SufficientPods',
      message: '',
      lastTransitionTime: '2026-01-01T00:10:00Z',
      observedGeneration: 2,
    },
  ])
})

test('none may go while none is expected, or too few are healthy', () => {
  const allowed = (expected: number, desired: number, healthy: number) =>
    budgetStatus(budget({}), { expected, desired, healthy }, {}, NOW).disruptionsAllowed
  assert.equal(allowed(0, 0, 1), 0)
  assert.equal(allowed(3, 3, 2), 0)
})

test('when it cannot be worked out nothing may go, and the rest stays', () => {
  const known = {
    ...budget({}),
    status: budgetStatus(budget({}), { expected: 3, desired: 1, healthy: 3 }, {}, NOW),
  }
  const failed = failedStatus(known, 'no luck', NOW)
  assert.equal(failed.disruptionsAllowed, 0)
  assert.equal(failed.currentHealthy, 3)
  assert.deepEqual(
    [failed.conditions?.[0]?.reason, failed.conditions?.[0]?.message],
    ['SyncFailed', 'no luck'],
  )
})

test('a pod whose eviction was granted counts as gone for two minutes', () => {
  const since = (seconds: number) => new Date(NOW - seconds * 1000).toISOString()
  const known: PodDisruptionBudget = {
    ...budget({}),
    status: {
      currentHealthy: 0,
      desiredHealthy: 0,
      disruptionsAllowed: 0,
      expectedPods: 0,
      disruptedPods: { fresh: since(30), old: since(121), leaving: since(10), gone: since(10) },
    },
  }
  const pods = [
    pod('fresh'),
    pod('old'),
    pod('leaving', true, { deletionTimestamp: since(1) }),
    pod('other'),
    pod('unready', false),
  ]
  const disrupted = disruptedPods(known, pods, NOW)
  assert.deepEqual(Object.keys(disrupted.pods), ['fresh'])
  assert.deepEqual(
    disrupted.notDeleted.map(({ metadata }) => metadata?.name),
    ['old'],
  )
  assert.equal(disrupted.recheckMs, 90_000)
  assert.equal(countHealthy(pods, disrupted.pods), 2)
})

test('a condition of a pod that lives on is stale after two minutes', () => {
  const marked = (more: object = {}, status: object = {}): Pod => ({
    metadata: { name: 'p', ...more },
    status: {
      conditions: [
        {
          type: 'DisruptionTarget',
          status: 'True',
          reason: 'EvictionByEvictionAPI',
          lastTransitionTime: '2026-01-01T00:09:00Z',
        },
      ],
      ...status,
    },
  })
  assert.equal(staleInMs(marked(), NOW), 60_000)
  assert.equal(staleInMs(marked({ deletionTimestamp: '2026-01-01T00:09:00Z' }), NOW), undefined)
  assert.equal(staleInMs(marked({}, { phase: 'Failed' }), NOW), undefined)
  assert.equal(staleInMs(pod('plain'), NOW), undefined)
})

test('a recorded budget is left as it is', { skip }, () => {
  const count = eachState((state, name) => {
    const budgets = state.all<PodDisruptionBudget>('PodDisruptionBudget')
    for (const recorded of budgets) {
      const pods = state
        .all<Pod>('Pod')
        .filter(({ metadata }) => matchesLabels(selectorOf(recorded.spec?.selector), metadata?.labels))
      const expected = pods.length
      const counts = {
        expected,
        desired: desiredHealthy(recorded, expected),
        healthy: countHealthy(pods, {}),
      }
      assert.deepEqual(budgetStatus(recorded, counts, {}, LATER), recorded.status, name)
    }
    return budgets.length
  })
  assert.ok(count > 0)
})
