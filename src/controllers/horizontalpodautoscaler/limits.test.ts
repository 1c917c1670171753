import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { HorizontalPodAutoscaler, HorizontalPodAutoscalerBehavior } from '#api/types/autoscaling.ts'
import { ScalingHistory } from '#controllers/horizontalpodautoscaler/history.ts'
import { decide } from '#controllers/horizontalpodautoscaler/limits.ts'

const MINUTE_MS = 60_000

const autoscaler = (
  minReplicas: number,
  maxReplicas: number,
  behavior?: HorizontalPodAutoscalerBehavior,
): HorizontalPodAutoscaler => ({
  spec: {
    scaleTargetRef: { kind: 'Deployment', name: 'web' },
    minReplicas,
    maxReplicas,
    ...(behavior && { behavior }),
  },
})

const FREE: HorizontalPodAutoscalerBehavior = {
  scaleUp: { selectPolicy: 'Max', policies: [{ type: 'Percent', value: 900, periodSeconds: 60 }] },
  scaleDown: {
    stabilizationWindowSeconds: 0,
    selectPolicy: 'Max',
    policies: [{ type: 'Percent', value: 100, periodSeconds: 60 }],
  },
}
const STEP_UP = {
  ...FREE,
  scaleUp: { selectPolicy: 'Max', policies: [{ type: 'Pods', value: 2, periodSeconds: 60 }] },
}
const STEP_DOWN = {
  ...FREE,
  scaleDown: {
    stabilizationWindowSeconds: 0,
    selectPolicy: 'Min',
    policies: [
      { type: 'Pods', value: 1, periodSeconds: 60 },
      { type: 'Percent', value: 50, periodSeconds: 60 },
    ],
  },
}
const NEVER_DOWN = { ...FREE, scaleDown: { ...STEP_DOWN.scaleDown, selectPolicy: 'Disabled' } }

const rows: readonly [
  name: string,
  autoscaler: HorizontalPodAutoscaler,
  current: number,
  desired: number,
  replicas: number,
  reason: string,
][] = [
  ['within bounds', autoscaler(1, 10), 2, 3, 3, 'DesiredWithinRange'],
  ['more than the most', autoscaler(1, 5), 4, 8, 5, 'TooManyReplicas'],
  ['fewer than the least', autoscaler(2, 5), 4, 1, 2, 'TooFewReplicas'],
  ['more than twice as many', autoscaler(1, 100), 10, 50, 20, 'ScaleUpLimit'],
  ['by rules, free', autoscaler(1, 100, FREE), 10, 50, 50, 'DesiredWithinRange'],
  ['by rules, too many', autoscaler(1, 30, FREE), 10, 50, 30, 'TooManyReplicas'],
  ['by rules, two at a time', autoscaler(1, 100, STEP_UP), 10, 50, 12, 'ScaleUpLimit'],
  ['by rules, one fewer at a time', autoscaler(1, 100, STEP_DOWN), 10, 2, 9, 'ScaleDownLimit'],
  ['by rules, never fewer', autoscaler(1, 100, NEVER_DOWN), 10, 2, 10, 'ScaleDownLimit'],
]

for (const [name, object, current, desired, replicas, reason] of rows) {
  test(`${name}: from ${current} to ${desired} gives ${replicas}`, () => {
    const decision = decide(object, current, desired, new ScalingHistory(), 0)
    assert.equal(decision.replicas, replicas)
    assert.equal(decision.limited.reason, reason)
    assert.equal(decision.limited.isLimited, replicas !== desired)
  })
}

test('there become fewer only when that was wanted for five minutes', () => {
  const history = new ScalingHistory()
  const object = autoscaler(1, 10)
  assert.equal(decide(object, 4, 4, history, 0).replicas, 4)
  const soon = decide(object, 4, 2, history, MINUTE_MS)
  assert.equal(soon.replicas, 4)
  assert.equal(soon.ableToScale.reason, 'ScaleDownStabilized')
  assert.equal(decide(object, 4, 2, history, 7 * MINUTE_MS).replicas, 2)
})

test('a policy counts what was done in its period', () => {
  const history = new ScalingHistory()
  const object = autoscaler(1, 100, STEP_UP)
  history.scaled(2, 0)
  assert.equal(decide(object, 12, 50, history, MINUTE_MS / 2).replicas, 12)
  assert.equal(decide(object, 12, 50, history, 2 * MINUTE_MS).replicas, 14)
})
