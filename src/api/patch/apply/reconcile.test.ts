import assert from 'node:assert/strict'
import { test } from 'node:test'
import { reconcileFields } from '#api/patch/apply/reconcile.ts'
import { DEPLOYMENT } from '#api/patch/apply/testing.ts'

test('who owned a field of what is one piece now owns the whole', () => {
  const set = {
    'f:spec': {
      'f:selector': { 'f:matchLabels': { 'f:a': {} } },
      'f:template': { 'f:spec': { 'f:tolerations': { '.': {}, 'i:0': {} }, 'f:hostname': {} } },
    },
  }
  assert.deepEqual(reconcileFields(DEPLOYMENT, set), {
    'f:spec': {
      'f:selector': {},
      'f:template': { 'f:spec': { 'f:tolerations': {}, 'f:hostname': {} } },
    },
  })
})

test('a set that fits is left alone, unknown fields included', () => {
  const set = {
    'f:bogus': { 'f:x': {} },
    'f:spec': {
      'f:selector': {},
      'f:template': { 'f:spec': { 'f:containers': { 'k:{"name":"a"}': { '.': {} } } } },
    },
  }
  assert.equal(reconcileFields(DEPLOYMENT, set), set)
})
