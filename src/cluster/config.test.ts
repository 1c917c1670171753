import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type ClusterConfig, type ClusterWishes, DEFAULT_RANGES, resolveConfig } from '#cluster/config.ts'

const resolve = (wishes: ClusterWishes, kept?: ClusterConfig): ClusterConfig =>
  resolveConfig(wishes, kept, DEFAULT_RANGES)

test('metrics are served when somebody wishes for them, until he wishes otherwise', () => {
  const plain = resolve({})
  assert.equal(plain.components.includes('metrics'), false)
  assert.equal(plain.components.includes('dns'), true)
  const wished = resolve({ metrics: true }, plain)
  assert.deepEqual(wished.components, [...plain.components, 'metrics'])
  assert.deepEqual(resolve({}, wished).components, wished.components)
  assert.deepEqual(resolve({ metrics: true }, wished).components, wished.components)
  assert.deepEqual(resolve({ metrics: false }, wished).components, plain.components)
})

test('what addresses and data were made for cannot be changed', () => {
  const kept = resolve({ store: 'embedded' })
  assert.throws(() => resolve({ store: 'etcd' }, kept), /was made with --store embedded/)
  assert.throws(() => resolve({ podCIDR: '10.1.0.0/16' }, kept), /was made with --pod-cidr 10\.244\.0\.0\/16/)
  assert.equal(resolve({ nodes: 3 }, kept).nodes, 3)
})
