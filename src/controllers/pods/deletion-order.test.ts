import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Pod } from '#api/types/core.ts'
import { inDeletionOrder } from '#controllers/pods/deletion-order.ts'
import { formatTime } from '#sys/clock.ts'

const NOW = Date.UTC(2026, 0, 2)

interface Traits {
  readonly node?: string
  readonly phase?: string
  readonly readyForSeconds?: number
  readonly cost?: string
  readonly restarts?: number
  readonly ageSeconds?: number
}

function pod(name: string, traits: Traits = {}): Pod {
  const { node = 'n1', phase = 'Running', readyForSeconds, cost, restarts = 0, ageSeconds = 1000 } = traits
  const since = readyForSeconds === undefined ? undefined : formatTime(NOW - readyForSeconds * 1000)
  return {
    metadata: {
      name,
      uid: name,
      creationTimestamp: formatTime(NOW - ageSeconds * 1000),
      ...(cost !== undefined && { annotations: { 'controller.kubernetes.io/pod-deletion-cost': cost } }),
    },
    spec: { containers: [], nodeName: node },
    status: {
      phase,
      ...(since && { conditions: [{ type: 'Ready', status: 'True', lastTransitionTime: since }] }),
      containerStatuses: [{ name: 'c', image: '', imageID: '', ready: true, restartCount: restarts }],
    },
  }
}

const CASES: readonly { name: string; first: Pod; second: Pod; related?: readonly Pod[] }[] = [
  { name: 'not placed before placed', first: pod('b', { node: '' }), second: pod('a') },
  { name: 'pending before running', first: pod('b', { phase: 'Pending' }), second: pod('a') },
  { name: 'not ready before ready', first: pod('b'), second: pod('a', { readyForSeconds: 10 }) },
  {
    name: 'a lower deletion cost before a higher one',
    first: pod('b', { cost: '-10', readyForSeconds: 10_000 }),
    second: pod('a', { cost: '5', readyForSeconds: 10 }),
  },
  {
    name: 'a cost that is no plain number counts as none',
    first: pod('b', { cost: '+5', readyForSeconds: 1 }),
    second: pod('a', { cost: '1', readyForSeconds: 1 }),
  },
  {
    name: 'doubled up on a node before alone on one',
    first: pod('b', { node: 'n2' }),
    second: pod('a'),
    related: [pod('a'), pod('b', { node: 'n2' }), pod('c', { node: 'n2' })],
  },
  {
    name: 'ready for a short time before ready for long',
    first: pod('b', { readyForSeconds: 2 }),
    second: pod('a', { readyForSeconds: 5000 }),
  },
  { name: 'many restarts before few', first: pod('b', { restarts: 3 }), second: pod('a') },
  {
    name: 'young before old',
    first: pod('b', { ageSeconds: 2 }),
    second: pod('a', { ageSeconds: 50_000 }),
  },
  {
    name: 'about equal ages are told apart by UID',
    first: pod('a', { ageSeconds: 1000 }),
    second: pod('b', { ageSeconds: 900 }),
  },
]

for (const { name, first, second, related = [] } of CASES) {
  test(`of two pods one goes first: ${name}`, () => {
    for (const pods of [
      [first, second],
      [second, first],
    ]) {
      assert.deepEqual(inDeletionOrder(pods, related, NOW)[0]?.metadata?.name, first.metadata?.name)
    }
  })
}
