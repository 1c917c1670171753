import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Pod } from '#api/types/core.ts'
import { findPort, portsKey, sortPorts } from '#controllers/endpointslice/ports.ts'

const pod = {
  spec: {
    containers: [
      {
        name: 'c',
        ports: [
          { name: 'http', containerPort: 8080 },
          { name: 'dns', containerPort: 53, protocol: 'UDP' },
        ],
      },
    ],
    initContainers: [
      { name: 'side', restartPolicy: 'Always', ports: [{ name: 'metrics', containerPort: 9100 }] },
      { name: 'once', ports: [{ name: 'never', containerPort: 1 }] },
    ],
  },
} as unknown as Pod

const CASES: readonly [
  name: string,
  target: string | number,
  protocol: string,
  expect: number | undefined,
][] = [
  ['a number is itself', 81, 'TCP', 81],
  ['a name is looked up in containers', 'http', 'TCP', 8080],
  ['a name counts with its protocol', 'dns', 'TCP', undefined],
  ['a name counts with its protocol, UDP', 'dns', 'UDP', 53],
  ['sidecars count', 'metrics', 'TCP', 9100],
  ['containers that only initialise do not', 'never', 'TCP', undefined],
]

for (const [name, targetPort, protocol, expect] of CASES) {
  test(name, () => assert.equal(findPort(pod, { port: 80, targetPort, protocol }), expect))
}

test('the order of ports does not matter to their key', () => {
  const a = { name: 'a', port: 1, protocol: 'TCP' }
  const b = { name: 'b', port: 2, protocol: 'TCP' }
  assert.equal(portsKey([a, b]), portsKey([b, a]))
  assert.notEqual(portsKey([a]), portsKey([{ ...a, appProtocol: 'h2c' }]))
  assert.deepEqual(sortPorts([a, b]), sortPorts([b, a]))
})
