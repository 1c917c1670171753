import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { DaemonSet, DaemonSetUpdateStrategy } from '#api/types/apps.ts'
import type { Node, Pod } from '#api/types/core.ts'
import { FailedPods } from '#controllers/daemonset/failed-pods.ts'
import { daemonPod } from '#controllers/daemonset/placement.ts'
import { type DaemonInput, groupByNode, planDaemons } from '#controllers/daemonset/plan.ts'
import { planRollout } from '#controllers/daemonset/rollout.ts'
import { daemonSetStatus } from '#controllers/daemonset/status.ts'
import { fakeClock } from '#sys/fake-clock.ts'

const NOW = Date.parse('2026-01-01T00:00:00Z')

const setOf = (
  rollingUpdate: DaemonSetUpdateStrategy['rollingUpdate'] = { maxUnavailable: 1 },
): DaemonSet => ({
  metadata: { name: 'logs', namespace: 'default', uid: 'u', generation: 2 },
  spec: {
    selector: { matchLabels: { app: 'logs' } },
    template: { metadata: { labels: { app: 'logs' } }, spec: { containers: [{ name: 'c', image: 'i' }] } },
    updateStrategy: { type: 'RollingUpdate', rollingUpdate },
  },
})

const SURGE = { maxSurge: 1, maxUnavailable: 0 }

const node = (name: string, ...effects: string[]): Node => ({
  metadata: { name },
  spec: { taints: effects.map((effect) => ({ key: 'k', effect })) },
})

type State = 'ready' | 'waiting' | 'unplaced' | 'failed' | 'succeeded' | 'leaving'
let count = 0

/** `n1 old ready` */
function podOf(set: DaemonSet, text: string): Pod {
  const [name = '', hash = '', state] = text.split(' ') as [string, string, State]
  const pod = daemonPod(set, name, hash)
  const phases: Partial<Record<State, string>> = {
    failed: 'Failed',
    succeeded: 'Succeeded',
    waiting: 'Pending',
  }
  const isReady = state === 'ready' || state === 'leaving'
  return {
    ...pod,
    metadata: {
      ...pod.metadata,
      name: `${name}-${hash}-${count++}`,
      creationTimestamp: '2025-12-31T00:00:00Z',
      ...(state === 'leaving' && { deletionTimestamp: '2026-01-01T00:00:00Z' }),
    },
    spec: { ...(pod.spec as NonNullable<Pod['spec']>), ...(state !== 'unplaced' && { nodeName: name }) },
    status: {
      phase: phases[state] ?? 'Running',
      conditions: [
        { type: 'Ready', status: isReady ? 'True' : 'False', lastTransitionTime: '2025-12-31T00:00:00Z' },
      ],
    },
  }
}

function inputOf(set: DaemonSet, nodes: readonly Node[], pods: readonly string[]): DaemonInput {
  const podsByNode = groupByNode(pods.map((text) => podOf(set, text)))
  return { set, nodes, podsByNode, hash: 'new', nowMs: NOW }
}

const short = (pods: readonly Pod[]): readonly string[] =>
  pods.map(({ metadata }) => (metadata?.name ?? '').replace(/-\d+$/, '')).sort()

test('missing pods are created, superfluous ones deleted', () => {
  const plan = (nodes: readonly Node[], ...pods: string[]) => {
    const { create, remove, failed } = planDaemons(inputOf(setOf(), nodes, pods))
    return [create, short(remove), short(failed)]
  }
  const [n1, n2] = [node('n1'), node('n2')]
  assert.deepEqual(plan([n1, n2], 'n1 new ready'), [['n2'], [], []])
  assert.deepEqual(plan([n1], 'n1 new leaving'), [[], [], []])
  assert.deepEqual(plan([n1], 'n1 new failed'), [[], [], ['n1-new']])
  assert.deepEqual(plan([n1], 'n1 new succeeded'), [[], ['n1-new'], []])
  assert.deepEqual(plan([n1], 'n1 new ready', 'n1 old ready'), [[], ['n1-old'], []])
  assert.deepEqual(plan([n1], 'n1 new unplaced', 'n1 old ready'), [[], ['n1-new'], []])
  assert.deepEqual(plan([node('n1', 'NoSchedule')], 'n1 new ready'), [[], [], []])
  assert.deepEqual(plan([node('n1', 'NoExecute')], 'n1 new ready'), [[], ['n1-new'], []])
  assert.deepEqual(plan([], 'n1 new unplaced', 'n2 new ready'), [[], ['n1-new'], []])
})

test('with surge an old and a new pod may share a node until the new one can take over', () => {
  const plan = (...pods: string[]) => {
    const { create, remove } = planDaemons(inputOf(setOf(SURGE), [node('n1')], pods))
    return [create, short(remove)]
  }
  assert.deepEqual(plan('n1 old ready', 'n1 new waiting'), [[], []])
  assert.deepEqual(plan('n1 old ready', 'n1 new ready'), [[], ['n1-old']])
  assert.deepEqual(plan('n1 old waiting', 'n1 new waiting'), [[], ['n1-old']])
  assert.deepEqual(plan('n1 old leaving'), [['n1'], []])
})

test('an update replaces as many pods as may be unavailable, broken ones at once', () => {
  const nodes = ['n1', 'n2', 'n3'].map((name) => node(name))
  const rollout = (maxUnavailable: number | string, ...pods: string[]) =>
    short(planRollout(inputOf(setOf({ maxUnavailable }), nodes, pods)).remove)
  const olds = ['n1 old ready', 'n2 old ready', 'n3 old ready']
  assert.deepEqual(rollout(1, ...olds), ['n1-old'])
  assert.deepEqual(rollout('50%', ...olds), ['n1-old', 'n2-old'])
  assert.deepEqual(rollout(1, 'n1 new waiting', 'n2 old ready', 'n3 old ready'), [])
  assert.deepEqual(rollout(1, 'n1 new ready', 'n2 old ready', 'n3 old ready'), ['n2-old'])
  assert.deepEqual(rollout(1, 'n1 old ready', 'n2 old waiting', 'n3 old ready'), ['n2-old'])
  assert.deepEqual(rollout(1, 'n2 old ready', 'n3 old ready'), [])
})

test('an update with surge creates new pods beside old ones', () => {
  const rollout = (nodes: readonly Node[], ...pods: string[]) => {
    const { create, remove } = planRollout(inputOf(setOf(SURGE), nodes, pods))
    return [create, short(remove)]
  }
  const two = [node('n1'), node('n2')]
  assert.deepEqual(rollout(two, 'n1 old ready', 'n2 old ready'), [['n1'], []])
  assert.deepEqual(rollout(two, 'n1 old ready', 'n1 new waiting', 'n2 old ready'), [[], []])
  assert.deepEqual(rollout(two, 'n1 old ready', 'n1 new ready', 'n2 old waiting'), [['n2'], ['n1-old']])
  const moved = [node('n1', 'NoSchedule'), node('n2')]
  assert.deepEqual(rollout(moved, 'n1 old ready', 'n2 new waiting'), [[], []])
  assert.deepEqual(rollout(moved, 'n1 old ready', 'n2 new ready'), [[], ['n1-old']])
  assert.deepEqual(rollout(moved, 'n1 old waiting', 'n2 new ready'), [[], ['n1-old']])
})

test('the status counts nodes', () => {
  const nodes = [node('n1'), node('n2'), node('n3'), node('n4', 'NoSchedule')]
  const pods = ['n1 new ready', 'n2 old ready', 'n4 new ready']
  assert.deepEqual(daemonSetStatus(inputOf(setOf(), nodes, pods), true), {
    observedGeneration: 2,
    desiredNumberScheduled: 3,
    currentNumberScheduled: 2,
    numberMisscheduled: 1,
    numberReady: 2,
    updatedNumberScheduled: 1,
    numberAvailable: 2,
    numberUnavailable: 1,
  })
})

test('a pod that fails again and again is replaced later each time', async () => {
  const clock = fakeClock()
  const pods = new FailedPods(clock)
  assert.equal(pods.admit('n1'), 0)
  assert.equal(pods.admit('n1'), 1000)
  assert.equal(pods.admit('n2'), 0)
  await clock.advance(1000)
  assert.equal(pods.admit('n1'), 0)
  await clock.advance(1000)
  assert.equal(pods.admit('n1'), 2000)
  await clock.advance(3_600_000)
  assert.equal(pods.admit('n1'), 0)
})
