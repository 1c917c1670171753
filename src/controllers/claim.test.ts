import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { KubeObject, ObjectMeta } from '#api/meta/object.ts'
import { selectorOf } from '#api/meta/selectors.ts'
import { planClaims } from '#controllers/claim.ts'

const owner: KubeObject = { metadata: { name: 'web', uid: 'owner' } }
const leaving: KubeObject = { metadata: { ...owner.metadata, deletionTimestamp: '2026-01-01T00:00:00Z' } }
const selector = selectorOf({ matchLabels: { app: 'web' } })

function child(labels: Record<string, string>, ownerUid?: string, meta: ObjectMeta = {}): KubeObject {
  const reference = { apiVersion: 'v1', kind: 'X', name: 'web', uid: ownerUid ?? '', controller: true }
  return { metadata: { labels, ...(ownerUid && { ownerReferences: [reference] }), ...meta } }
}

const matching = { app: 'web' }
const CASES: readonly { name: string; owner?: KubeObject; child: KubeObject; expect: string }[] = [
  { name: 'its own that matches is kept', child: child(matching, 'owner'), expect: 'keep' },
  { name: 'its own that does not match is released', child: child({}, 'owner'), expect: 'release' },
  { name: 'an orphan that matches is adopted', child: child(matching), expect: 'adopt' },
  { name: 'an orphan that does not match is left alone', child: child({}), expect: 'none' },
  {
    name: 'what another of the same name owns is left alone',
    child: child(matching, 'other'),
    expect: 'none',
  },
  {
    name: 'an orphan on its way out is not adopted',
    child: child(matching, undefined, { deletionTimestamp: '2026-01-01T00:00:00Z' }),
    expect: 'none',
  },
  { name: 'an owner on its way out adopts nothing', owner: leaving, child: child(matching), expect: 'none' },
  {
    name: 'an owner on its way out releases nothing',
    owner: leaving,
    child: child({}, 'owner'),
    expect: 'none',
  },
  {
    name: 'an owner on its way out keeps its own',
    owner: leaving,
    child: child(matching, 'owner'),
    expect: 'keep',
  },
]

for (const { name, owner: who = owner, child: one, expect } of CASES) {
  test(name, () => {
    const plan = planClaims(who, selector, [one])
    const found = Object.entries(plan).find(([, list]) => list.length > 0)?.[0] ?? 'none'
    assert.equal(found, expect)
  })
}
