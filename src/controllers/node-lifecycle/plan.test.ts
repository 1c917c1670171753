import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Node, Taint } from '#api/types/core.ts'
import {
  type Eviction,
  evictionOf,
  NOT_READY,
  planLabels,
  planTaints,
  UNREACHABLE,
} from '#controllers/node-lifecycle/plan.ts'

const NOW = Date.UTC(2026, 0, 1)
const AT = '2026-01-01T00:00:00Z'

interface Traits {
  readonly ready?: string
  readonly pressure?: string
  readonly unschedulable?: boolean
  readonly taints?: readonly Taint[]
}

function node({ ready = 'True', pressure = 'False', unschedulable = false, taints = [] }: Traits): Node {
  return {
    metadata: { name: 'n' },
    spec: { unschedulable, taints },
    status: {
      conditions: [
        { type: 'Ready', status: ready },
        { type: 'MemoryPressure', status: pressure },
      ],
    },
  }
}

const other: Taint = { key: 'dedicated', value: 'db', effect: 'NoSchedule' }
const taint = (key: string, effect: string): Taint => ({ key, effect })
const added = (key: string, effect: string): Taint => ({ key, effect, timeAdded: AT })

const CASES: readonly { name: string; of: Traits; evict: Eviction; expect: readonly Taint[] | undefined }[] =
  [
    { name: 'a ready node has none', of: {}, evict: 'keep', expect: undefined },
    {
      name: 'a node that is not ready takes no new pods',
      of: { ready: 'False' },
      evict: 'keep',
      expect: [added(NOT_READY, 'NoSchedule')],
    },
    {
      name: 'and none stay when the zone gives leave',
      of: { ready: 'Unknown' },
      evict: 'begin',
      expect: [added(UNREACHABLE, 'NoSchedule'), added(UNREACHABLE, 'NoExecute')],
    },
    {
      name: 'pressure and a closed node are told apart',
      of: { pressure: 'True', unschedulable: true },
      evict: 'keep',
      expect: [
        added('node.kubernetes.io/memory-pressure', 'NoSchedule'),
        added('node.kubernetes.io/unschedulable', 'NoSchedule'),
      ],
    },
    {
      name: 'other people’s taints stay',
      of: { ready: 'True', taints: [other, taint(NOT_READY, 'NoSchedule')] },
      evict: 'keep',
      expect: [other],
    },
    {
      name: 'from not ready to unreachable both taints turn',
      of: { ready: 'Unknown', taints: [taint(NOT_READY, 'NoSchedule'), taint(NOT_READY, 'NoExecute')] },
      evict: 'keep',
      expect: [added(UNREACHABLE, 'NoSchedule'), added(UNREACHABLE, 'NoExecute')],
    },
    {
      name: 'nothing is written when all is right',
      of: { ready: 'False', taints: [taint(NOT_READY, 'NoSchedule'), taint(NOT_READY, 'NoExecute')] },
      evict: 'keep',
      expect: undefined,
    },
    {
      name: 'back again, pods may stay',
      of: { ready: 'True', taints: [taint(UNREACHABLE, 'NoSchedule'), taint(UNREACHABLE, 'NoExecute')] },
      evict: 'end',
      expect: [],
    },
  ]

for (const { name, of, evict, expect } of CASES) {
  test(`taints: ${name}`, () => assert.deepEqual(planTaints(node(of), evict, NOW), expect))
}

test('an eviction begins once, and ends with readiness', () => {
  assert.equal(evictionOf(node({ ready: 'False' })), 'begin')
  assert.equal(evictionOf(node({ ready: 'Unknown', taints: [taint(NOT_READY, 'NoExecute')] })), 'keep')
  assert.equal(evictionOf(node({ ready: 'True', taints: [taint(NOT_READY, 'NoExecute')] })), 'end')
  assert.equal(evictionOf({ status: {} }), 'keep')
})

test('old labels follow the stable ones', () => {
  const labels = {
    'kubernetes.io/os': 'linux',
    'kubernetes.io/arch': 'arm64',
    'beta.kubernetes.io/arch': 'amd64',
  }
  assert.deepEqual(planLabels({ metadata: { labels } }), {
    'beta.kubernetes.io/os': 'linux',
    'beta.kubernetes.io/arch': 'arm64',
  })
  assert.equal(planLabels({ metadata: {} }), undefined)
})
