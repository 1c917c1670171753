import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Pod } from '#api/types/core.ts'
import { asksForWork } from '#kubelet/pods/pod-change.ts'

const base: Pod = {
  metadata: { name: 'web', uid: 'u', resourceVersion: '1', labels: { app: 'web' } },
  spec: { containers: [{ name: 'c', image: 'i' }], readinessGates: [{ conditionType: 'lb' }] },
  status: { phase: 'Running' },
}

const change = (part: Partial<Pod>): Pod => ({ ...base, ...part })

const cases: readonly (readonly [name: string, after: Pod, asks: boolean])[] = [
  ['a status that the kubelet wrote', change({ status: { phase: 'Running', podIP: '10.0.0.1' } }), false],
  ['a new resourceVersion alone', change({ metadata: { ...base.metadata, resourceVersion: '2' } }), false],
  ['a label', change({ metadata: { ...base.metadata, labels: { app: 'api' } } }), true],
  ['a deletion', change({ metadata: { ...base.metadata, deletionTimestamp: '2026-01-01T00:00:00Z' } }), true],
  ['an image', change({ spec: { ...base.spec, containers: [{ name: 'c', image: 'j' }] } }), true],
  ['a phase', change({ status: { phase: 'Failed' } }), true],
  [
    'the condition of a readiness gate',
    change({ status: { phase: 'Running', conditions: [{ type: 'lb', status: 'True' }] } }),
    true,
  ],
  [
    'a condition that no gate names',
    change({ status: { phase: 'Running', conditions: [{ type: 'other', status: 'True' }] } }),
    false,
  ],
]

for (const [name, after, asks] of cases) {
  test(`${name} ${asks ? 'wakes' : 'does not wake'} the worker`, () => {
    assert.equal(asksForWork(base, after), asks)
  })
}
