import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ContentLeft } from '#controllers/namespace/content.ts'
import { type DeletionOutcome, deletionConditions } from '#controllers/namespace/status.ts'
import { formatTime } from '#sys/clock.ts'

const NOW = Date.UTC(2026, 0, 1)
const clean: DeletionOutcome = { discoveryFailure: undefined, errors: [], left: [], isComplete: true }

function left(name: string, count: number, finalizers: Record<string, number> = {}): ContentLeft {
  return { name, count, finalizers: new Map(Object.entries(finalizers)), estimateSeconds: 15 }
}

function messages(outcome: DeletionOutcome): Record<string, string | undefined> {
  return Object.fromEntries(
    deletionConditions([], outcome, NOW).map(({ type, status, message }) => [type, `${status} ${message}`]),
  )
}

test('a namespace that empties well says so in five conditions', () => {
  assert.deepEqual(messages(clean), {
    NamespaceDeletionDiscoveryFailure: 'False All resources successfully discovered',
    NamespaceDeletionGroupVersionParsingFailure: 'False All legacy kube types successfully parsed',
    NamespaceDeletionContentFailure: 'False All content successfully deleted, may be waiting on finalization',
    NamespaceContentRemaining: 'False All content successfully removed',
    NamespaceFinalizersRemaining: 'False All content-preserving finalizers finished',
  })
})

test('what is left is counted by kind and by finalizer, in alphabetical order', () => {
  const told = messages({
    ...clean,
    left: [
      left('services.', 2),
      left('deployments.apps', 1, { 'b/x': 1, 'a/x': 1 }),
      left('secrets.', 0),
      left('x.y', 1, { 'a/x': 1 }),
    ],
  })
  assert.equal(
    told['NamespaceContentRemaining'],
    'True Some resources are remaining: deployments.apps has 1 resource instances, services. has 2 resource instances, x.y has 1 resource instances',
  )
  assert.equal(
    told['NamespaceFinalizersRemaining'],
    'True Some content in the namespace has finalizers remaining: a/x in 2 resource instances, b/x in 1 resource instances',
  )
})

test('while pods remain nothing is said of the rest', () => {
  const told = messages({ ...clean, left: [left('pods.', 3)], isComplete: false })
  assert.match(told['NamespaceContentRemaining'] ?? '', /^False/)
})

test('errors are counted and told together', () => {
  const told = messages({ ...clean, errors: ['b', 'a'], discoveryFailure: 'no' })
  assert.equal(
    told['NamespaceDeletionContentFailure'],
    'True Failed to delete all resource types, 2 remaining: a, b',
  )
  assert.equal(told['NamespaceDeletionDiscoveryFailure'], 'True no')
})

test('the same outcome again changes nothing, a better one keeps the time where the status stays', () => {
  const bad = { ...clean, left: [left('pods.', 3)] }
  const first = deletionConditions([], bad, NOW)
  assert.equal(deletionConditions(first, bad, NOW + 5000), first)
  const fewer = deletionConditions(first, { ...clean, left: [left('pods.', 1)] }, NOW + 5000)
  assert.equal(
    fewer.find(({ type }) => type === 'NamespaceContentRemaining')?.lastTransitionTime,
    formatTime(NOW),
  )
  const done = deletionConditions(first, clean, NOW + 5000)
  assert.equal(
    done.find(({ type }) => type === 'NamespaceContentRemaining')?.lastTransitionTime,
    formatTime(NOW + 5000),
  )
})
