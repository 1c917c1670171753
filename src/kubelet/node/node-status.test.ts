import assert from 'node:assert/strict'
import { test } from 'node:test'
import { statusDifference } from '#kubelet/node/node-patch.ts'
import { hasChanged, type NodeFacts, nodeStatusOf } from '#kubelet/node/node-status.ts'

const facts: NodeFacts = {
  nodeName: 'n1',
  addresses: ['192.0.2.1'],
  machine: {
    cpus: 2,
    memoryBytes: 1024 ** 3,
    swapBytes: 0,
    machineID: 'm',
    systemUUID: 's',
    bootID: 'b',
    kernelVersion: '6',
    osImage: 'Debian',
    architecture: 'amd64',
  },
  storageBytes: 1024 ** 3,
  maxPods: 110,
  port: 10_250,
  kubeletVersion: 'v1',
  runtimeVersion: 'containerd://1',
  runtime: { conditions: [], handlers: [], features: null },
  images: [],
  problems: [],
  pressure: { memory: false, disk: false, pids: false },
}

test('a node that is well', () => {
  const status = nodeStatusOf(facts, {}, 0)
  assert.equal(status.capacity?.['memory'], '1048576Ki')
  assert.equal(status.allocatable?.['memory'], '946176Ki')
  assert.deepEqual(
    status.conditions?.map(({ type, status: value, reason }) => `${type}=${value} ${reason}`),
    [
      'MemoryPressure=False KubeletHasSufficientMemory',
      'DiskPressure=False KubeletHasNoDiskPressure',
      'PIDPressure=False KubeletHasSufficientPID',
      'Ready=True KubeletReady',
    ],
  )
  assert.deepEqual(status.addresses, [
    { type: 'InternalIP', address: '192.0.2.1' },
    { type: 'Hostname', address: 'n1' },
  ])
})

test('problems are told, one bare, several in brackets', () => {
  const message = (...problems: readonly string[]) =>
    nodeStatusOf({ ...facts, problems }, {}, 0).conditions?.[3]?.message
  assert.equal(message('a'), 'a')
  assert.equal(message('a', 'b'), '[a, b]')
})

test('what others have written stays', () => {
  const foreign = { type: 'NetworkUnavailable', status: 'False' }
  const status = nodeStatusOf(facts, { conditions: [foreign], capacity: { 'example.com/gpu': '1' } }, 0)
  assert.deepEqual(status.conditions?.[0], foreign)
  assert.equal(status.capacity?.['example.com/gpu'], '1')
})

test('a heartbeat alone is no news, and a condition keeps its time', () => {
  const first = nodeStatusOf(facts, {}, 0)
  const later = nodeStatusOf(facts, first, 60_000)
  assert.equal(hasChanged(first, later), false)
  assert.equal(later.conditions?.[3]?.lastTransitionTime, '1970-01-01T00:00:00Z')
  assert.equal(later.conditions?.[3]?.lastHeartbeatTime, '1970-01-01T00:01:00Z')
  const worse = nodeStatusOf(
    { ...facts, pressure: { memory: true, disk: false, pids: false } },
    first,
    60_000,
  )
  assert.equal(hasChanged(first, worse), true)
  assert.deepEqual(Object.keys(statusDifference(first, worse)), ['conditions', '$setElementOrder/conditions'])
})

test('the largest images come first, with five names at most', () => {
  const image = (name: string, size: number) => ({
    id: name,
    repoTags: Array.from({ length: 9 }, (_, i) => `${name}:${i}`),
    repoDigests: [],
    size,
    uid: null,
    username: '',
    pinned: false,
  })
  const { images } = nodeStatusOf({ ...facts, images: [image('small', 1), image('large', 2)] }, {}, 0)
  assert.deepEqual(
    images?.map(({ names, sizeBytes }) => [names?.[0], names?.length, sizeBytes]),
    [
      ['large:0', 5, 2],
      ['small:0', 5, 1],
    ],
  )
})
