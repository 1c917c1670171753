import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { DaemonSet } from '#api/types/apps.ts'
import type { Node, PodSpec, Taint } from '#api/types/core.ts'
import { daemonPod, isUpdated, placementOn, targetNodeOf } from '#controllers/daemonset/placement.ts'

const set = (spec: Partial<PodSpec> = {}, annotations?: Record<string, string>): DaemonSet => ({
  metadata: { name: 'logs', namespace: 'default', uid: 'u', ...(annotations && { annotations }) },
  spec: {
    selector: { matchLabels: { app: 'logs' } },
    template: {
      metadata: { labels: { app: 'logs' } },
      spec: { containers: [{ name: 'c', image: 'i' }], ...spec },
    },
  },
})

const node = (taints: readonly Taint[] = [], labels: Record<string, string> = {}): Node => ({
  metadata: { name: 'n1', labels },
  spec: { taints },
})

const taint = (key: string, effect: string): Taint => ({ key, effect })

test('where a pod is to be, and where it may stay', () => {
  const cases: [DaemonSet, Node, boolean, boolean][] = [
    [set(), node(), true, true],
    [set({ nodeName: 'n2' }), node(), false, false],
    [set({ nodeSelector: { disk: 'ssd' } }), node(), false, false],
    [set({ nodeSelector: { disk: 'ssd' } }), node([], { disk: 'ssd' }), true, true],
    [set(), node([taint('a', 'NoSchedule')]), false, true],
    [set(), node([taint('a', 'NoExecute')]), false, false],
    [set(), node([taint('a', 'PreferNoSchedule')]), true, true],
    [set({ tolerations: [{ key: 'a', operator: 'Exists' }] }), node([taint('a', 'NoExecute')]), true, true],
    [set(), node([taint('node.kubernetes.io/unreachable', 'NoExecute')]), true, true],
    [set(), node([taint('node.kubernetes.io/unschedulable', 'NoSchedule')]), true, true],
    [set(), node([taint('node.kubernetes.io/network-unavailable', 'NoSchedule')]), false, true],
    [
      set({ hostNetwork: true }),
      node([taint('node.kubernetes.io/network-unavailable', 'NoSchedule')]),
      true,
      true,
    ],
  ]
  for (const [daemons, where, shouldRun, shouldStay] of cases) {
    assert.deepEqual(placementOn(daemons, where), { shouldRun, shouldStay })
  }
})

test('a pod is made for one node, with the tolerations of all of them', () => {
  const limited = { key: 'node.kubernetes.io/not-ready', operator: 'Exists', effect: 'NoExecute' }
  const other = { key: 'x', operator: 'Exists' }
  const generation = { 'deprecated.daemonset.template.generation': '3' }
  const daemons = set({ tolerations: [{ ...limited, tolerationSeconds: 5 }, other] }, generation)
  const pod = daemonPod(daemons, 'n1', 'abc')
  assert.equal(targetNodeOf(pod), 'n1')
  assert.deepEqual(pod.metadata?.labels, {
    app: 'logs',
    'pod-template-generation': '3',
    'controller-revision-hash': 'abc',
  })
  assert.deepEqual(pod.spec?.tolerations?.slice(0, 2), [limited, other])
  assert.equal(pod.spec?.tolerations?.length, 7)
  assert.ok(isUpdated(daemons, pod, 'abc'))
  assert.ok(isUpdated(daemons, pod, 'new'), 'by the old way of counting')
  assert.ok(!isUpdated(set(), pod, 'new'))
})
