import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { qosClassOf } from '#api/kinds/core/pod/qos.ts'
import { containerErrors, podErrors } from '#api/kinds/core/pod/testing.ts'
import type { PodSpec } from '#api/types/core.ts'

const AT = 'spec.containers[0].resources'

describe('resources of a container', () => {
  const rows: readonly (readonly [name: string, resources: object, errors: readonly string[]])[] = [
    ['good', { limits: { cpu: '1' }, requests: { cpu: '500m' } }, []],
    [
      'more than the limit',
      { limits: { cpu: '1' }, requests: { cpu: '2' } },
      [`${AT}.requests: Invalid value: "2": must be less than or equal to cpu limit of 1`],
    ],
    [
      'less than nothing',
      { requests: { memory: '-1' } },
      [`${AT}.requests[memory]: Invalid value: "-1": must be greater than or equal to 0`],
    ],
    [
      'a resource that is none',
      { requests: { speed: '1' } },
      [
        `${AT}.requests[speed]: Invalid value: "speed": must be a standard resource type or fully qualified`,
        `${AT}.requests[speed]: Invalid value: "speed": must be a standard resource for containers`,
      ],
    ],
    [
      'a device that is requested alone',
      { requests: { 'a.io/gpu': '1' } },
      [`${AT}.limits: Required value: Limit must be set for non overcommitable resources`],
    ],
    [
      'half a device',
      { limits: { 'a.io/gpu': '500m' } },
      [
        `${AT}.limits[a.io/gpu]: Invalid value: "500m": must be an integer`,
        `${AT}.requests[a.io/gpu]: Invalid value: "500m": must be an integer`,
      ],
    ],
  ]
  for (const [name, resources, errors] of rows) {
    test(name, () => assert.deepEqual(containerErrors({ resources }), errors))
  }
})

test('a pod has at least what its containers request', () => {
  const errors = podErrors({
    resources: { requests: { cpu: '100m' } },
    containers: [{ name: 'main', image: 'a:1', resources: { requests: { cpu: '200m' } } }],
  })
  assert.deepEqual(errors, [
    'spec.resources.requests[cpu]: Invalid value: "100m": must be greater than or equal to aggregate container requests of 200m',
  ])
})

describe('quality of service', () => {
  const spec = (...resources: object[]): PodSpec => ({
    containers: resources.map((r, i) => ({ name: `c${i}`, image: 'a:1', resources: r })),
  })
  const full = { limits: { cpu: '1', memory: '1Gi' }, requests: { cpu: '1', memory: '1Gi' } }
  test('best effort', () => assert.equal(qosClassOf(spec({}, {})), 'BestEffort'))
  test('guaranteed', () => assert.equal(qosClassOf(spec(full, full)), 'Guaranteed'))
  test('burstable', () => {
    assert.equal(qosClassOf(spec(full, {})), 'Burstable')
    assert.equal(qosClassOf(spec({ requests: { cpu: '1' } })), 'Burstable')
  })
  test('nothing of zero', () => assert.equal(qosClassOf(spec({ requests: { cpu: '0' } })), 'BestEffort'))
})
