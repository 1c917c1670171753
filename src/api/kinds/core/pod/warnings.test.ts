import assert from 'node:assert/strict'
import { test } from 'node:test'
import { CONTAINER, podOf } from '#api/kinds/core/pod/testing.ts'
import { pod } from '#api/kinds/core/pod.ts'
import { warningsOfNew } from '#api/kinds/testing.ts'

const rows: readonly (readonly [
  name: string,
  spec: object,
  metadata: object,
  warnings: readonly string[],
])[] = [
  ['nothing', {}, {}, []],
  [
    'an old label of nodes',
    { nodeSelector: { 'beta.kubernetes.io/os': 'linux' } },
    {},
    ['spec.nodeSelector[beta.kubernetes.io/os]: deprecated since v1.14; use "kubernetes.io/os" instead'],
  ],
  [
    'secrets without a name',
    { imagePullSecrets: [{}] },
    {},
    ['spec.imagePullSecrets[0].name: invalid empty name ""'],
  ],
  [
    'a name that is no host name',
    {},
    { name: 'a.b' },
    [
      "metadata.name: this is used in the Pod's hostname, which can result in surprising behavior; a DNS label is recommended: [must not contain dots]",
    ],
  ],
  [
    'a fraction of a byte',
    { containers: [{ ...CONTAINER, resources: { requests: { memory: '100m' } } }] },
    {},
    [
      'spec.containers[0].resources.requests[memory]: fractional byte value "100m" is invalid, must be an integer',
    ],
  ],
  [
    'an annotation that has become a field',
    {},
    { annotations: { 'container.apparmor.security.beta.kubernetes.io/main': 'runtime/default' } },
    [
      'metadata.annotations[container.apparmor.security.beta.kubernetes.io/main]: deprecated since v1.30; use the "appArmorProfile" field instead',
    ],
  ],
]
for (const [name, spec, metadata, warnings] of rows) {
  test(name, () => assert.deepEqual(warningsOfNew(pod, podOf(spec, metadata)), warnings))
}
