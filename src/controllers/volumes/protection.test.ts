import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { KubeObject } from '#api/meta/object.ts'
import { isProtectionDue, withProtection } from '#controllers/volumes/protection.ts'

const object = (finalizers: readonly string[], isLeaving: boolean): KubeObject => ({
  metadata: { name: 'x', finalizers, ...(isLeaving && { deletionTimestamp: '2026-01-01T00:00:00Z' }) },
})

test('the finalizer is there from the start, and goes when the object goes', () => {
  assert.ok(isProtectionDue(object(['other'], false), 'mine'))
  assert.ok(!isProtectionDue(object(['mine'], false), 'mine'))
  assert.ok(isProtectionDue(object(['mine'], true), 'mine'))
  assert.ok(!isProtectionDue(object(['other'], true), 'mine'))
  assert.deepEqual(withProtection(object(['other'], false), 'mine').metadata?.finalizers, ['other', 'mine'])
  assert.deepEqual(withProtection(object(['mine', 'other'], true), 'mine').metadata?.finalizers, ['other'])
})
