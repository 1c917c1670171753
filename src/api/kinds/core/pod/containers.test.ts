import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { CONTAINER, containerErrors, podErrors } from '#api/kinds/core/pod/testing.ts'

const AT = 'spec.containers[0]'

type Row = readonly [name: string, container: object, errors: readonly string[]]

const rows: readonly Row[] = [
  ['good', {}, []],
  ['no name', { name: '' }, [`${AT}.name: Required value`]],
  ['no image', { image: '' }, [`${AT}.image: Required value`]],
  [
    'an image with spaces',
    { image: ' a ' },
    [`${AT}.image: Invalid value: " a ": must not have leading or trailing whitespace`],
  ],
  [
    'a policy that is none',
    { imagePullPolicy: 'Sometimes' },
    [
      `${AT}.imagePullPolicy: Unsupported value: "Sometimes": supported values: "Always", "IfNotPresent", "Never"`,
    ],
  ],
  ['no port', { ports: [{}] }, [`${AT}.ports[0].containerPort: Required value`]],
  [
    'a port twice by name',
    {
      ports: [
        { name: 'a', containerPort: 1 },
        { name: 'a', containerPort: 2 },
      ],
    },
    [`${AT}.ports[1].name: Duplicate value: "a"`],
  ],
  [
    'a host port twice',
    {
      ports: [
        { containerPort: 1, hostPort: 9 },
        { containerPort: 2, hostPort: 9 },
      ],
    },
    [`${AT}.ports[1].hostPort: Duplicate value: "TCP//9"`],
  ],
  ['a variable without a name', { env: [{ value: 'x' }] }, [`${AT}.env[0].name: Required value`]],
  [
    'a value and a source',
    { env: [{ name: 'A', value: 'x', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } }] },
    [`${AT}.env[0].valueFrom: Invalid value: "": may not be specified when \`value\` is not empty`],
  ],
  [
    'a source of nothing',
    { env: [{ name: 'A', valueFrom: {} }] },
    [
      `${AT}.env[0].valueFrom: Invalid value: "": must specify one of: \`fieldRef\`, \`resourceFieldRef\`, \`configMapKeyRef\`, \`secretKeyRef\` or \`fileKeyRef\``,
    ],
  ],
  [
    'a mount of an unknown volume',
    { volumeMounts: [{ name: 'v', mountPath: '/v' }] },
    [`${AT}.volumeMounts[0].name: Not found: "v"`],
  ],
  [
    'a probe of two kinds',
    { livenessProbe: { exec: { command: ['a'] }, tcpSocket: { port: 80 } } },
    [`${AT}.livenessProbe.tcpSocket: Forbidden: may not specify more than 1 handler type`],
  ],
  [
    'a probe of no kind',
    { readinessProbe: {} },
    [`${AT}.readinessProbe: Required value: must specify a handler type`],
  ],
  [
    'a liveness probe that needs two successes',
    { livenessProbe: { exec: { command: ['a'] }, successThreshold: 2 } },
    [`${AT}.livenessProbe.successThreshold: Invalid value: 2: must be 1`],
  ],
  [
    'a hook of no kind',
    { lifecycle: { postStart: {} } },
    [`${AT}.lifecycle.postStart: Required value: must specify a handler type`],
  ],
]

describe('a container', () => {
  for (const [name, container, errors] of rows) {
    test(name, () => assert.deepEqual(containerErrors(container), errors))
  }
})

describe('containers', () => {
  test('are needed', () => {
    assert.deepEqual(podErrors({ containers: [] }), ['spec.containers: Required value'])
  })
  test('have names of their own', () => {
    assert.deepEqual(podErrors({ containers: [CONTAINER, CONTAINER] }), [
      'spec.containers[1].name: Duplicate value: "main"',
    ])
    assert.deepEqual(podErrors({ initContainers: [CONTAINER] }), [
      'spec.initContainers[0].name: Duplicate value: "main"',
    ])
  })
})

describe('init containers', () => {
  const init = (container: object): string[] =>
    podErrors({ initContainers: [{ name: 'init', image: 'a:1', ...container }] })
  test('have no probes unless they are sidecars', () => {
    const livenessProbe = { exec: { command: ['a'] } }
    assert.deepEqual(init({ livenessProbe }), [
      'spec.initContainers[0].livenessProbe: Forbidden: may not be set for init containers without restartPolicy=Always',
    ])
    assert.deepEqual(init({ livenessProbe, restartPolicy: 'Always' }), [])
  })
})

test('ephemeral containers cannot be created', () => {
  assert.deepEqual(podErrors({ ephemeralContainers: [{ name: 'd', image: 'a:1' }] }), [
    'spec.ephemeralContainers: Forbidden: cannot be set on create',
  ])
})
