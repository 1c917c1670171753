import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Pod } from '#api/types/core.ts'
import { type ActionsInput, planPod } from '#kubelet/pods/actions.ts'
import { container, made, pod, probeResults, runtimePod, sandbox } from '#kubelet/pods/fixtures.ts'
import { emptyRuntimePod, type RuntimePod } from '#kubelet/runtime/runtime-pod.ts'

interface Row {
  readonly pod: Pod
  readonly runtime: RuntimePod
  readonly probes?: Parameters<typeof probeResults>[0]
  readonly input?: Partial<ActionsInput>
  /** `killPod`, `sandbox:<attempt>`, `kill:<name>`, `init:<name>`, `start:<name>`, `ephemeral:<name>`, `reset:<name>` */
  readonly plan: readonly string[]
}

const sidecar = container('side', { restartPolicy: 'Always' })
const withInit = pod({ initContainers: [container('first'), sidecar, container('last')] })
const none = emptyRuntimePod('u', 'ns', 'p')
const gone = {
  ...runtimePod(made('main', { state: 'exited' })),
  sandboxes: [sandbox({ state: 'SANDBOX_NOTREADY' })],
}
const probed = pod({ containers: [container('main', { livenessProbe: {}, startupProbe: {} })] })

const rows: Readonly<Record<string, Row>> = {
  'a new pod gets a sandbox and its containers': {
    pod: pod(),
    runtime: none,
    plan: ['killPod', 'sandbox:0', 'start:main'],
  },
  'a new pod with init containers starts with the first of them': {
    pod: withInit,
    runtime: none,
    plan: ['killPod', 'sandbox:0', 'init:first'],
  },
  'a running pod is left alone': { pod: pod(), runtime: runtimePod(made('main')), plan: [] },
  'an ended container is started again': {
    pod: pod(),
    runtime: runtimePod(made('main', { state: 'exited' })),
    plan: ['start:main'],
  },
  'with Never an ended container ends the pod': {
    pod: pod({ restartPolicy: 'Never' }),
    runtime: runtimePod(made('main', { state: 'exited' })),
    plan: ['killPod'],
  },
  'with OnFailure only a failed one is started again': {
    pod: pod({ restartPolicy: 'OnFailure', containers: [container('good'), container('bad')] }),
    runtime: runtimePod(made('bad', { state: 'exited', exitCode: 1 }), made('good', { state: 'exited' })),
    plan: ['start:bad'],
  },
  'a rule of the container goes before the policy of the pod': {
    pod: pod({
      restartPolicy: 'Never',
      containers: [
        container('main', {
          restartPolicy: 'Never',
          restartPolicyRules: [{ action: 'Restart', exitCodes: { operator: 'In', values: [42] } }],
        }),
      ],
    }),
    runtime: runtimePod(made('main', { state: 'exited', exitCode: 42 })),
    plan: ['start:main'],
  },
  'a changed image replaces the container': {
    pod: pod({ containers: [container('main', { image: 'other' })] }),
    runtime: runtimePod(made('main')),
    plan: ['kill:main', 'start:main'],
  },
  'a failed liveness probe replaces the container': {
    pod: probed,
    runtime: runtimePod(made('main')),
    probes: { 'main-id/liveness': 'failure' },
    plan: ['kill:main', 'start:main'],
  },
  'a failed probe of a pod that never restarts ends the container': {
    pod: pod({ restartPolicy: 'Never', containers: [container('main'), container('other')] }),
    runtime: runtimePod(made('main'), made('other')),
    probes: { 'main-id/liveness': 'failure' },
    plan: ['kill:main'],
  },
  'a dead sandbox takes all with it': {
    pod: pod(),
    runtime: gone,
    plan: ['killPod', 'sandbox:1', 'start:main'],
  },
  'a dead sandbox of a pod that never restarts is not made again': {
    pod: pod({ restartPolicy: 'Never' }),
    runtime: gone,
    plan: ['killPod'],
  },
  'a sandbox without an address is replaced': {
    pod: pod(),
    runtime: {
      ...runtimePod(made('main')),
      sandboxes: [sandbox({ network: { ip: '', additionalIps: [] } })],
    },
    plan: ['killPod', 'sandbox:1', 'start:main'],
  },
  'an ephemeral container starts beside the others': {
    pod: pod({ ephemeralContainers: [container('debug')] }),
    runtime: runtimePod(made('main')),
    plan: ['ephemeral:debug'],
  },
  'a pod that starts over loses all containers, those that began it last': {
    pod: pod({
      containers: [
        container('watcher', {
          restartPolicy: 'Never',
          restartPolicyRules: [
            { action: 'RestartAllContainers', exitCodes: { operator: 'In', values: [9] } },
          ],
        }),
        container('main'),
      ],
    }),
    runtime: runtimePod(made('watcher', { state: 'exited', exitCode: 9 }), made('main')),
    input: { isRestartingAll: true },
    plan: ['reset:main', 'reset:watcher'],
  },
  'a resize that wants a restart ends the container': {
    pod: pod({
      containers: [
        container('main', {
          resources: { limits: { memory: '2Mi' } },
          resizePolicy: [{ resourceName: 'memory', restartPolicy: 'RestartContainer' }],
        }),
      ],
    }),
    runtime: runtimePod(made('main')),
    input: { actuated: { main: { limits: { memory: '1Mi' } } } },
    plan: ['kill:main', 'start:main'],
  },
  'a pod that is being deleted starts nothing': {
    pod: { ...pod(), metadata: { ...pod().metadata, deletionTimestamp: '2026-01-01T00:00:00Z' } },
    runtime: runtimePod(made('main', { state: 'exited' })),
    plan: ['killPod'],
  },
  'the second init container follows the first': {
    pod: withInit,
    runtime: runtimePod(made('first', { state: 'exited' })),
    plan: ['init:side'],
  },
  'a started sidecar lets the next one start': {
    pod: withInit,
    runtime: runtimePod(made('side'), made('first', { state: 'exited' })),
    plan: ['init:last'],
  },
  'a sidecar that has not started up holds the others': {
    pod: pod({ initContainers: [container('side', { restartPolicy: 'Always', startupProbe: {} })] }),
    runtime: runtimePod(made('side')),
    plan: [],
  },
  'the last init container opens the way': {
    pod: withInit,
    runtime: runtimePod(made('last', { state: 'exited' }), made('side'), made('first', { state: 'exited' })),
    plan: ['start:main'],
  },
  'a failed init container is started again': {
    pod: withInit,
    runtime: runtimePod(made('first', { state: 'exited', exitCode: 1 })),
    plan: ['init:first'],
  },
  'with Never a failed init container ends the pod': {
    pod: pod({ restartPolicy: 'Never', initContainers: [container('first')] }),
    runtime: runtimePod(made('first', { state: 'exited', exitCode: 1 })),
    plan: ['killPod'],
  },
  'an ended sidecar is started again beside running containers': {
    pod: pod({ initContainers: [sidecar] }),
    runtime: runtimePod(made('main'), made('side', { state: 'exited', exitCode: 1 })),
    plan: ['init:side'],
  },
}

for (const [name, row] of Object.entries(rows)) {
  test(name, () => {
    const actions = planPod({
      pod: row.pod,
      runtimePod: row.runtime,
      probes: probeResults(row.probes),
      isRestartingAll: false,
      actuated: {},
      ...row.input,
    })
    assert.deepEqual(
      [
        ...(actions.killPod ? ['killPod'] : []),
        ...(actions.createSandbox ? [`sandbox:${actions.attempt}`] : []),
        ...actions.kill.map((kill) => `kill:${kill.container.name}`),
        ...actions.reset.map((reset) => `reset:${reset.container.name}`),
        ...actions.startEphemeral.map((one) => `ephemeral:${one.name}`),
        ...actions.startInit.map((one) => `init:${one.name}`),
        ...actions.start.map((one) => `start:${one.name}`),
      ],
      row.plan,
    )
  })
}

test('what is said of a container that its probe ends', () => {
  const plan = (restartPolicy: string) =>
    planPod({
      pod: pod({ restartPolicy }),
      runtimePod: runtimePod(made('main')),
      probes: probeResults({ 'main-id/liveness': 'failure' }),
      isRestartingAll: false,
      actuated: {},
    }).kill[0]
  assert.equal(plan('Always')?.message, 'Container main failed liveness probe, will be restarted')
  assert.equal(plan('Always')?.reason, 'liveness-probe')
  assert.equal(plan('Never')?.message, 'Container main failed liveness probe')
})
