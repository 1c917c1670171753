import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Taint, Toleration } from '#api/types/core.ts'
import { type Patience, patienceOf } from '#controllers/taint-eviction/plan.ts'

const taint = (key: string, value?: string): Taint => ({
  key,
  effect: 'NoExecute',
  ...(value !== undefined && { value }),
})

const CASES: readonly { name: string; taints: Taint[]; tolerations: Toleration[]; expect: Patience }[] = [
  { name: 'no toleration: at once', taints: [taint('a')], tolerations: [], expect: 0 },
  {
    name: 'another key: at once',
    taints: [taint('a')],
    tolerations: [{ key: 'b', operator: 'Exists' }],
    expect: 0,
  },
  {
    name: 'without a limit: for ever',
    taints: [taint('a')],
    tolerations: [{ key: 'a', operator: 'Exists' }],
    expect: 'forever',
  },
  {
    name: 'for so many seconds',
    taints: [taint('a')],
    tolerations: [{ key: 'a', operator: 'Exists', effect: 'NoExecute', tolerationSeconds: 300 }],
    expect: 300,
  },
  {
    name: 'of several the shortest counts',
    taints: [taint('a'), taint('b'), taint('c')],
    tolerations: [
      { key: 'a', operator: 'Exists', tolerationSeconds: 300 },
      { key: 'b', operator: 'Exists', tolerationSeconds: 30 },
      { key: 'c', operator: 'Exists' },
    ],
    expect: 30,
  },
  {
    name: 'a negative time is none',
    taints: [taint('a')],
    tolerations: [{ operator: 'Exists', tolerationSeconds: -1 }],
    expect: 0,
  },
  {
    name: 'values must be equal',
    taints: [taint('a', 'x')],
    tolerations: [{ key: 'a', value: 'y' }],
    expect: 0,
  },
  {
    name: 'equal values bear',
    taints: [taint('a', 'x')],
    tolerations: [{ key: 'a', value: 'x' }],
    expect: 'forever',
  },
  {
    name: 'another effect does not bear',
    taints: [taint('a')],
    tolerations: [{ key: 'a', operator: 'Exists', effect: 'NoSchedule' }],
    expect: 0,
  },
  {
    name: 'one untolerated taint is enough',
    taints: [taint('a'), taint('b')],
    tolerations: [{ key: 'a', operator: 'Exists' }],
    expect: 0,
  },
]

for (const { name, taints, tolerations, expect } of CASES) {
  test(`patience: ${name}`, () => assert.equal(patienceOf(taints, tolerations), expect))
}
