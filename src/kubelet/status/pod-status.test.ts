import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Pod, PodStatus } from '#api/types/core.ts'
import { container, made, pod, probeResults, runtimePod, START } from '#kubelet/pods/fixtures.ts'
import { emptyRuntimePod, type RuntimePod } from '#kubelet/runtime/runtime-pod.ts'
import { type PodStatusInput, podStatusOf } from '#kubelet/status/pod-status.ts'

const none = emptyRuntimePod('u', 'ns', 'p')
const exited = (name: string, exitCode = 0) =>
  made(name, { state: 'exited', exitCode, reason: exitCode === 0 ? 'Completed' : 'Error' })

function statusOf(subject: Pod, runtime: RuntimePod, more: Partial<PodStatusInput> = {}): PodStatus {
  return podStatusOf({
    pod: subject,
    runtimePod: runtime,
    runtimeName: 'containerd',
    previous: subject.status ?? {},
    failures: new Map(),
    probes: probeResults(),
    hostIPs: ['192.0.2.1'],
    isTerminated: false,
    actuated: {},
    resize: [],
    ...more,
  })
}

/** `Ready=False ContainersNotReady` for each condition. */
function conditionsOf(status: PodStatus): readonly string[] {
  return (status.conditions ?? []).map(
    ({ type, status: value, reason }) => `${type}=${value}${reason ? ` ${reason}` : ''}`,
  )
}

interface Row {
  readonly pod: Pod
  readonly runtime: RuntimePod
  readonly more?: Partial<PodStatusInput>
  readonly phase: string
}

const two = (restartPolicy: string) => pod({ restartPolicy, containers: [container('a'), container('b')] })

const phases: Readonly<Record<string, Row>> = {
  'nothing there yet': { pod: pod(), runtime: none, phase: 'Pending' },
  'all run': { pod: pod(), runtime: runtimePod(made('main')), phase: 'Running' },
  'one of two is not made yet': { pod: two('Always'), runtime: runtimePod(made('a')), phase: 'Pending' },
  'a crashed one comes back': { pod: pod(), runtime: runtimePod(exited('main', 1)), phase: 'Running' },
  'all ended well and stay so': {
    pod: two('Never'),
    runtime: runtimePod(exited('a'), exited('b')),
    phase: 'Succeeded',
  },
  'one ended badly and stays so': {
    pod: two('Never'),
    runtime: runtimePod(exited('a', 1), exited('b')),
    phase: 'Failed',
  },
  'one still runs': { pod: two('Never'), runtime: runtimePod(exited('a', 1), made('b')), phase: 'Running' },
  'OnFailure with a failure goes on': {
    pod: two('OnFailure'),
    runtime: runtimePod(exited('a', 1), exited('b')),
    phase: 'Running',
  },
  'what was ended does not come back': {
    pod: pod(),
    runtime: runtimePod(exited('main')),
    more: { isTerminated: true },
    phase: 'Succeeded',
  },
  'an init container runs': {
    pod: pod({ initContainers: [container('first')] }),
    runtime: runtimePod(made('first')),
    phase: 'Pending',
  },
  'an init container has failed for good': {
    pod: pod({ restartPolicy: 'Never', initContainers: [container('first')] }),
    runtime: runtimePod(exited('first', 1)),
    phase: 'Failed',
  },
  'a decision of the kubelet': {
    pod: pod(),
    runtime: runtimePod(made('main')),
    more: { end: { reason: 'Evicted', message: 'm' } },
    phase: 'Failed',
  },
  'an end that was reported stays': {
    pod: pod({}, { phase: 'Succeeded' }),
    runtime: runtimePod(made('main')),
    phase: 'Succeeded',
  },
}

for (const [name, row] of Object.entries(phases)) {
  test(`phase: ${name}`, () => assert.equal(statusOf(row.pod, row.runtime, row.more).phase, row.phase))
}

test('a pod that is on its way says what it waits for', () => {
  const status = statusOf(pod(), none)
  assert.deepEqual(status.containerStatuses, [
    {
      name: 'main',
      image: 'i',
      imageID: '',
      ready: false,
      started: false,
      restartCount: 0,
      state: { waiting: { reason: 'ContainerCreating' } },
      lastState: {},
    },
  ])
  assert.deepEqual(conditionsOf(status), [
    'PodReadyToStartContainers=False',
    'Initialized=True',
    'Ready=False ContainersNotReady',
    'ContainersReady=False ContainersNotReady',
    'PodScheduled=True',
  ])
  assert.equal(status.conditions?.[2]?.message, 'containers with unready status: [main]')
})

test('a running pod has its addresses and is ready', () => {
  const status = statusOf(pod(), runtimePod(made('main')))
  assert.deepEqual(
    [status.podIP, status.podIPs, status.hostIP, status.hostIPs],
    ['10.0.0.9', [{ ip: '10.0.0.9' }], '192.0.2.1', [{ ip: '192.0.2.1' }]],
  )
  assert.deepEqual(status.containerStatuses?.[0]?.state, { running: { startedAt: '2026-01-01T00:00:00Z' } })
  assert.equal(status.containerStatuses?.[0]?.containerID, 'containerd://main-id')
  assert.deepEqual(conditionsOf(status)[2], 'Ready=True')
  assert.equal(status.qosClass, 'BestEffort')
})

test('pods on the network of the host have its addresses', () => {
  assert.equal(
    statusOf(pod({ hostNetwork: true }), { ...runtimePod(made('main')), ips: [] }).podIP,
    '192.0.2.1',
  )
})

test('a container that could not start says why, and keeps its last end', () => {
  const failures = new Map([['main', { reason: 'CrashLoopBackOff', message: 'back-off 10s' }]])
  const [status] = statusOf(pod(), runtimePod(exited('main', 1)), { failures }).containerStatuses ?? []
  assert.deepEqual(status?.state, { waiting: { reason: 'CrashLoopBackOff', message: 'back-off 10s' } })
  assert.equal(status?.lastState?.terminated?.exitCode, 1)
})

test('the end before the last one is the last state', () => {
  const [status] =
    statusOf(pod(), runtimePod(made('main', { id: 'new', restartCount: 1 }), exited('main', 3)))
      .containerStatuses ?? []
  assert.equal(status?.restartCount, 1)
  assert.equal(status?.lastState?.terminated?.exitCode, 3)
})

test('a container that the runtime has lost was running', () => {
  const previous = statusOf(pod(), runtimePod(made('main')))
  const [status] = statusOf(pod(), none, { previous }).containerStatuses ?? []
  assert.equal(status?.restartCount, 1)
  assert.equal(status?.lastState?.terminated?.reason, 'ContainerStatusUnknown')
  assert.equal(status?.lastState?.terminated?.exitCode, 137)
})

test('readiness follows the probes, and until they speak what was reported', () => {
  const probed = pod({ containers: [container('main', { readinessProbe: {} })] })
  const ready = (more: Partial<PodStatusInput>) =>
    statusOf(probed, runtimePod(made('main')), more).containerStatuses?.[0]?.ready
  assert.equal(ready({}), false)
  assert.equal(ready({ probes: probeResults({ 'main-id/readiness': 'success' }) }), true)
  const before = statusOf(probed, runtimePod(made('main')), {
    probes: probeResults({ 'main-id/readiness': 'success' }),
  })
  assert.equal(ready({ previous: before }), true)
  assert.equal(ready({ previous: before, probes: probeResults({ 'main-id/readiness': 'failure' }) }), false)
})

test('a readiness gate that nobody has opened keeps the pod from being ready', () => {
  const gated = pod({ readinessGates: [{ conditionType: 'example.com/gate' }] })
  const status = statusOf(gated, runtimePod(made('main')))
  const ready = status.conditions?.find(({ type }) => type === 'Ready')
  assert.equal(ready?.reason, 'ReadinessGatesNotReady')
  assert.equal(
    ready?.message,
    'corresponding condition of pod readiness gate "example.com/gate" does not exist.',
  )
})

test('init containers are listed in their order, others by name', () => {
  const ordered = pod({
    initContainers: [container('z'), container('a')],
    containers: [container('y'), container('b')],
  })
  const status = statusOf(ordered, none)
  assert.deepEqual(
    status.initContainerStatuses?.map(({ name }) => name),
    ['z', 'a'],
  )
  assert.deepEqual(
    status.containerStatuses?.map(({ name }) => name),
    ['b', 'y'],
  )
  assert.equal(status.containerStatuses?.[0]?.state?.waiting?.reason, 'PodInitializing')
})

test('a pod shows what its containers ask for together', () => {
  const resources = { requests: { cpu: '10m', memory: '16Mi' }, limits: { cpu: '100m', memory: '32Mi' } }
  const asking = pod({ containers: [container('main', { resources })] })
  const status = statusOf(asking, runtimePod(made('main')))
  assert.deepEqual(status.resources, resources)
  assert.deepEqual(status.allocatedResources, resources.requests)
  assert.deepEqual(status.containerStatuses?.[0]?.resources, resources)
  assert.equal(status.qosClass, 'Burstable')
})

test('an evicted pod says that it did not end by itself', () => {
  const end = { reason: 'Evicted', message: 'too large' }
  const status = statusOf(pod(), runtimePod(exited('main')), { end, isTerminated: true })
  assert.equal(status.reason, 'Evicted')
  assert.ok(conditionsOf(status).includes('DisruptionTarget=True TerminationByKubelet'))
})

test('times are those of the runtime', () => {
  const status = statusOf(pod({ restartPolicy: 'Never' }), runtimePod(exited('main', 2)))
  assert.deepEqual(status.containerStatuses?.[0]?.state?.terminated, {
    exitCode: 2,
    reason: 'Error',
    startedAt: new Date(START).toISOString().replace('.000', ''),
    finishedAt: '2026-01-01T00:01:00Z',
    containerID: 'containerd://main-id',
  })
})
