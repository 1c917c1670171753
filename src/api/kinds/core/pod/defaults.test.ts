import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { imagePullPolicyFor } from '#api/kinds/core/pod/image-name.ts'
import { podOf } from '#api/kinds/core/pod/testing.ts'
import { pod } from '#api/kinds/core/pod.ts'
import { created } from '#api/kinds/testing.ts'
import type { Container, Pod } from '#api/types/core.ts'

const made = (spec: object): Pod => created(pod, podOf(spec)) as unknown as Pod
const mainOf = (spec: object): Container => made(spec).spec!.containers[0]!

test('a pod that says nothing', () => {
  const { spec, status } = made({})
  assert.deepEqual(
    { ...spec, containers: undefined },
    {
      containers: undefined,
      restartPolicy: 'Always',
      terminationGracePeriodSeconds: 30,
      dnsPolicy: 'ClusterFirst',
      securityContext: {},
      schedulerName: 'default-scheduler',
      enableServiceLinks: true,
    },
  )
  assert.deepEqual(status, { phase: 'Pending', qosClass: 'BestEffort' })
})

test('a container that says nothing', () => {
  assert.deepEqual(mainOf({}), {
    name: 'main',
    image: 'busybox:1.36',
    resources: {},
    terminationMessagePath: '/dev/termination-log',
    terminationMessagePolicy: 'File',
    imagePullPolicy: 'IfNotPresent',
  })
})

describe('pull policies', () => {
  const rows: readonly (readonly [image: string, policy: string])[] = [
    ['busybox', 'Always'],
    ['busybox:latest', 'Always'],
    ['busybox:1.36', 'IfNotPresent'],
    ['localhost:5000/a', 'Always'],
    ['localhost:5000/a:v1', 'IfNotPresent'],
    [`busybox@sha256:${'a'.repeat(64)}`, 'IfNotPresent'],
    [`busybox:latest@sha256:${'a'.repeat(64)}`, 'Always'],
  ]
  for (const [image, policy] of rows) test(image, () => assert.equal(imagePullPolicyFor(image), policy))
})

test('probes, ports and limits', () => {
  const container = mainOf({
    containers: [
      {
        name: 'main',
        image: 'a:1',
        ports: [{ containerPort: 80 }],
        livenessProbe: { httpGet: { port: 80 } },
        resources: { limits: { cpu: '1', memory: '64Mi' }, requests: { cpu: '500m' } },
      },
    ],
  })
  assert.deepEqual(container.ports, [{ containerPort: 80, protocol: 'TCP' }])
  assert.deepEqual(container.livenessProbe, {
    httpGet: { path: '/', port: 80, scheme: 'HTTP' },
    timeoutSeconds: 1,
    periodSeconds: 10,
    successThreshold: 1,
    failureThreshold: 3,
  })
  assert.deepEqual(container.resources?.requests, { cpu: '500m', memory: '64Mi' })
})

test('ports of the host network are those of the container', () => {
  const { spec } = made({
    hostNetwork: true,
    containers: [{ name: 'main', image: 'a:1', ports: [{ containerPort: 80 }] }],
  })
  assert.equal(spec?.containers[0]?.ports?.[0]?.hostPort, 80)
})

test('volumes', () => {
  const { spec } = made({
    volumes: [
      { name: 'nothing' },
      { name: 'secret', secret: { secretName: 's' } },
      { name: 'host', hostPath: { path: '/a' } },
      { name: 'all', projected: { sources: [{ serviceAccountToken: { path: 't' } }] } },
    ],
  })
  assert.deepEqual(spec?.volumes, [
    { name: 'nothing', emptyDir: {} },
    { name: 'secret', secret: { secretName: 's', defaultMode: 420 } },
    { name: 'host', hostPath: { path: '/a', type: '' } },
    {
      name: 'all',
      projected: {
        sources: [{ serviceAccountToken: { path: 't', expirationSeconds: 3600 } }],
        defaultMode: 420,
      },
    },
  ])
})

test('a gated pod says so', () => {
  const { status } = made({ schedulingGates: [{ name: 'a.io/b' }] })
  assert.equal(status?.conditions?.[0]?.reason, 'SchedulingGated')
})
