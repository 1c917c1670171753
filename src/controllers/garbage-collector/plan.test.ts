import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { OwnerReference } from '#api/meta/object.ts'
import { judge, type OwnerState, type Verdict } from '#controllers/garbage-collector/plan.ts'

const owners = (...states: OwnerState[]): [OwnerReference, OwnerState][] =>
  states.map((state, i) => [{ apiVersion: 'v1', kind: 'X', name: `o${i}`, uid: `o${i}` }, state])

const idle = { isDeletingDependents: false }
const busy = { isDeletingDependents: true }

const remove = (policy: 'Orphan' | 'Foreground' | 'Background', unblockOwners = false): Verdict => ({
  action: 'delete',
  policy,
  unblockOwners,
})

const CASES: readonly {
  name: string
  of: [OwnerReference, OwnerState][]
  dependents?: { isDeletingDependents: boolean }[]
  finalizers?: string[]
  expect: Verdict
}[] = [
  { name: 'without owners it stays', of: [], expect: { action: 'keep' } },
  { name: 'with a lasting owner it stays', of: owners('solid'), expect: { action: 'keep' } },
  {
    name: 'with one lasting owner it loses the others',
    of: owners('dangling', 'solid', 'waiting'),
    expect: { action: 'drop-references', uids: ['o0', 'o2'] },
  },
  { name: 'with all owners gone it goes', of: owners('dangling'), expect: remove('Background') },
  { name: 'with an owner that waits for it it goes', of: owners('waiting'), expect: remove('Background') },
  {
    name: 'with an owner that waits and dependents of its own, those go first',
    of: owners('waiting', 'dangling'),
    dependents: [idle],
    expect: remove('Foreground'),
  },
  {
    name: 'in a ring it stops blocking before it waits',
    of: owners('waiting'),
    dependents: [idle, busy],
    expect: remove('Foreground', true),
  },
  {
    name: 'dependents do not matter when the owner is gone',
    of: owners('dangling'),
    dependents: [idle],
    expect: remove('Background'),
  },
  {
    name: 'its own wish to orphan counts',
    of: owners('dangling'),
    finalizers: ['orphan'],
    expect: remove('Orphan'),
  },
  {
    name: 'its own wish to wait counts',
    of: owners('dangling'),
    finalizers: ['foregroundDeletion'],
    expect: remove('Foreground'),
  },
]

for (const { name, of, dependents = [], finalizers = [], expect } of CASES) {
  test(`an object: ${name}`, () =>
    assert.deepEqual(judge({ metadata: { finalizers } }, of, dependents), expect))
}
