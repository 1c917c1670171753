import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Lease } from '#api/types/coordination.ts'
import type { Node } from '#api/types/core.ts'
import { MONITOR_GRACE_MS, NodeHealth, STARTUP_GRACE_MS } from '#controllers/node-lifecycle/health.ts'
import { silentConditions } from '#controllers/node-lifecycle/status.ts'

function node(heartbeat?: string): Node {
  const conditions = heartbeat ? [{ type: 'Ready', status: 'True', lastHeartbeatTime: heartbeat }] : []
  return { metadata: { name: 'n', creationTimestamp: '2026-01-01T00:00:00Z' }, status: { conditions } }
}

const lease = (renewTime: string): Lease => ({ metadata: { name: 'n' }, spec: { renewTime } }) as Lease

test('a node that is new to us was heard of now, however old its lease', () => {
  const health = new NodeHealth()
  health.observe(node('a'), lease('1'), 1000)
  assert.equal(health.remainingMs(node('a'), 1000), MONITOR_GRACE_MS)
})

test('a renewed lease counts, an old one does not', () => {
  const health = new NodeHealth()
  health.observe(node('a'), lease('1'), 0)
  assert.equal(health.observeLease(lease('2'), 10_000), true)
  assert.equal(health.remainingMs(node('a'), 10_000), MONITOR_GRACE_MS)
  health.observeLease(lease('2'), 20_000)
  health.observeLease(lease('1'), 20_000)
  assert.equal(health.remainingMs(node('a'), 20_000), MONITOR_GRACE_MS - 10_000)
})

test('a heartbeat in the status counts as well', () => {
  const health = new NodeHealth()
  health.observe(node('a'), undefined, 0)
  health.observe(node('b'), undefined, 30_000)
  assert.equal(health.remainingMs(node('b'), 40_000), MONITOR_GRACE_MS - 10_000)
})

test('a node that never reported has longer', () => {
  const health = new NodeHealth()
  health.observe(node(), undefined, 0)
  assert.equal(health.remainingMs(node(), 0), STARTUP_GRACE_MS)
})

test('the lease of an unknown node is not noted', () => {
  assert.equal(new NodeHealth().observeLease(lease('1'), 0), false)
})

test('all may be forgiven', () => {
  const health = new NodeHealth()
  health.observe(node('a'), undefined, 0)
  health.forgive(90_000)
  assert.equal(health.remainingMs(node('a'), 90_000), MONITOR_GRACE_MS)
})

test('a silent kubelet makes what it reported unknown, and what it never did as well', () => {
  const told = silentConditions(
    {
      ...node('a'),
      status: {
        conditions: [
          { type: 'Ready', status: 'True' },
          { type: 'NetworkUnavailable', status: 'False' },
        ],
      },
    },
    Date.UTC(2026, 0, 2),
  )
  assert.deepEqual(
    told.map(({ type, status, reason, message }) => [type, status, reason, message]),
    [
      ['Ready', 'Unknown', 'NodeStatusUnknown', 'Kubelet stopped posting node status.'],
      ['NetworkUnavailable', 'False', undefined, undefined],
      ['MemoryPressure', 'Unknown', 'NodeStatusNeverUpdated', 'Kubelet never posted node status.'],
      ['DiskPressure', 'Unknown', 'NodeStatusNeverUpdated', 'Kubelet never posted node status.'],
      ['PIDPressure', 'Unknown', 'NodeStatusNeverUpdated', 'Kubelet never posted node status.'],
    ],
  )
  const again: Node = { ...node('a'), status: { conditions: [...told] } }
  assert.equal(silentConditions(again, 0), again.status?.conditions)
})
