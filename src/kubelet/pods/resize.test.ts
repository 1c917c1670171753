import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, test } from 'node:test'
import type { Node, Pod, ResourceRequirements } from '#api/types/core.ts'
import { type Allocations, createAllocations } from '#kubelet/pods/allocations.ts'
import { container, pod } from '#kubelet/pods/fixtures.ts'
import { needsRestart, resizeConditions, unactuated } from '#kubelet/pods/resize.ts'
import { PodDirectories } from '#kubelet/volumes/pod-directories.ts'

const node: Node = {
  metadata: { name: 'n' },
  status: { allocatable: { cpu: '1', memory: '1Gi', pods: '9' } },
}
const cpu = (amount: string): ResourceRequirements => ({ requests: { cpu: amount } })
const asking = (resources: ResourceRequirements, generation = 1): Pod => {
  const subject = pod({ containers: [container('main', { resources })] })
  return { ...subject, metadata: { ...subject.metadata, generation } }
}

let folder: string
let events: string[]
let allocations: Allocations

beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'k8ts-kubelet-'))
  events = []
  const record = (_pod: Pod, _type: string, reason: string, message: string) =>
    void events.push(`${reason} ${message}`)
  allocations = createAllocations(new PodDirectories(folder), { pod: record, container: () => undefined })
})

afterEach(() => rm(folder, { recursive: true, force: true }))

test('a resize that fits is allocated, and remembered over a restart', async () => {
  const allocation = await allocations.load(asking(cpu('100m')))
  const bigger = asking(cpu('200m'), 2)
  assert.equal(await allocations.settle(bigger, allocation, node, () => []), bigger)
  assert.deepEqual(events, [
    'ResizeStarted Pod resize started: {"containers":[{"name":"main","resources":{"requests":{"cpu":"200m"}}}],"generation":2}',
  ])
  assert.deepEqual((await allocations.load(asking(cpu('100m')))).allocated, { main: cpu('200m') })
})

test('a resize that does not fit waits, and the pod keeps what it has', async () => {
  const allocation = await allocations.load(asking(cpu('100m')))
  const others = [asking(cpu('800m'))]
  const settled = await allocations.settle(asking(cpu('500m'), 2), allocation, node, () => others)
  assert.deepEqual(settled.spec?.containers[0]?.resources, cpu('100m'))
  assert.equal(allocation.status.pending?.reason, 'Deferred')
  await allocations.settle(asking(cpu('500m'), 2), allocation, node, () => others)
  assert.equal(events.length, 1)
  await allocations.settle(asking(cpu('500m'), 2), allocation, node, () => [])
  assert.equal(allocation.status.pending, undefined)
})

test('what runs is compared with what is allocated, by CPU and memory', () => {
  const names = (actuated: Record<string, ResourceRequirements>) =>
    unactuated(asking(cpu('200m')), actuated).map(({ name }) => name)
  assert.deepEqual(names({ main: cpu('100m') }), ['main'])
  assert.deepEqual(names({ main: cpu('200m') }), [])
  assert.deepEqual(names({}), [])
})

test('a container is started anew only for what it asks that for', () => {
  const resources = { limits: { cpu: '1', memory: '2Mi' } }
  const subject = container('main', {
    resources,
    resizePolicy: [
      { resourceName: 'cpu', restartPolicy: 'NotRequired' },
      { resourceName: 'memory', restartPolicy: 'RestartContainer' },
    ],
  })
  assert.equal(needsRestart(subject, { limits: { cpu: '2', memory: '2Mi' } }), false)
  assert.equal(needsRestart(subject, { limits: { cpu: '1', memory: '1Mi' } }), true)
})

test('conditions say where a resize stands', () => {
  assert.deepEqual(resizeConditions({ pending: { reason: 'Deferred', message: 'm' } }, 3), [
    { type: 'PodResizePending', status: 'True', reason: 'Deferred', message: 'm', observedGeneration: 3 },
  ])
  assert.deepEqual(resizeConditions({ inProgress: { generation: 2, error: 'e' } }, 3), [
    { type: 'PodResizeInProgress', status: 'True', reason: 'Error', message: 'e', observedGeneration: 2 },
  ])
  assert.deepEqual(resizeConditions({}, 3), [])
})
