import assert from 'node:assert/strict'
import { test } from 'node:test'
import { tolerates, toleratesAll } from '#api/meta/tolerations.ts'

const taint = { key: 'a', value: 'x', effect: 'NoExecute' }

test('a toleration bears a taint by key, value and effect', () => {
  assert.ok(tolerates({ operator: 'Exists' }, taint))
  assert.ok(tolerates({ key: 'a', operator: 'Exists', effect: 'NoExecute' }, taint))
  assert.ok(!tolerates({ key: 'a', operator: 'Exists', effect: 'NoSchedule' }, taint))
  assert.ok(!tolerates({ key: 'b', operator: 'Exists' }, taint))
  assert.ok(tolerates({ key: 'a', value: 'x' }, taint))
  assert.ok(!tolerates({ key: 'a', operator: 'Equal', value: 'y' }, taint))
  assert.ok(!tolerates({ key: 'a', operator: 'Gt', value: 'x' }, taint))
})

test('only taints with the effects in question count', () => {
  assert.ok(!toleratesAll([], [taint], ['NoExecute']))
  assert.ok(toleratesAll([], [taint], ['NoSchedule']))
  assert.ok(toleratesAll([{ operator: 'Exists' }], [taint], ['NoExecute']))
})
