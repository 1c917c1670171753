import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { deviceClass } from '#api/kinds/resource/device-class.ts'
import { resourceClaim } from '#api/kinds/resource/resource-claim.ts'
import { resourceSlice } from '#api/kinds/resource/resource-slice.ts'
import { cellsOf, created, errorsOfNew, errorsOfUpdate, updated } from '#api/kinds/testing.ts'
import type { JsonObject } from '#api/meta/object.ts'

const claimOf = (devices: object): JsonObject => ({
  metadata: { name: 'c', namespace: 'n' },
  spec: { devices },
})
const requestOf = (exactly: object): JsonObject =>
  claimOf({ requests: [{ name: 'r', exactly: { deviceClassName: 'gpu', ...exactly } }] })
const REQUEST = 'spec.devices.requests[0]'

test('a request is for one device, and tolerates equals', () => {
  const { spec } = created(resourceClaim, requestOf({ tolerations: [{ key: 'k' }] })) as {
    spec: { devices: { requests: { exactly: object }[] } }
  }
  assert.deepEqual(spec.devices.requests[0]?.exactly, {
    deviceClassName: 'gpu',
    allocationMode: 'ExactCount',
    count: 1,
    tolerations: [{ key: 'k', operator: 'Equal' }],
  })
})

describe('claims', () => {
  const rows: readonly (readonly [name: string, claim: JsonObject, errors: readonly string[]])[] = [
    ['nothing', requestOf({}), []],
    [
      'neither one nor alternatives',
      claimOf({ requests: [{ name: 'r' }] }),
      [`${REQUEST}: Required value: exactly one of \`exactly\` or \`firstAvailable\` is required`],
    ],
    [
      'two of a name',
      claimOf({ requests: [1, 2].map(() => ({ name: 'r', exactly: { deviceClassName: 'gpu' } })) }),
      ['spec.devices.requests[1]: Duplicate value: "r"'],
    ],
    [
      'all, and some',
      requestOf({ allocationMode: 'All', count: 2 }),
      [`${REQUEST}.exactly.count: Invalid value: 2: must not be specified when allocationMode is 'All'`],
    ],
    [
      'a toleration of any value with a value',
      requestOf({ tolerations: [{ key: 'k', operator: 'Exists', value: 'v' }] }),
      [`${REQUEST}.exactly.tolerations[0].value: Invalid value: "v": must be empty for operator \`Exists\``],
    ],
    [
      'an empty selector',
      requestOf({ selectors: [{}] }),
      [`${REQUEST}.exactly.selectors[0].cel: Required value`],
    ],
    [
      'a constraint on what is not asked for',
      claimOf({ requests: [], constraints: [{ requests: ['x'], matchAttribute: 'a.io/b' }] }),
      [
        'spec.devices.constraints[0].requests[0]: Invalid value: "x": must be the name of a request in the claim or the name of a request and a subrequest separated by \'/\'',
      ],
    ],
    [
      'an attribute of nobody',
      claimOf({ constraints: [{ matchAttribute: 'model' }] }),
      [
        'spec.devices.constraints[0].matchAttribute: Invalid value: "model": a fully qualified name must be a domain and a name separated by a slash',
      ],
    ],
    [
      'parameters that are no object',
      claimOf({ config: [{ opaque: { driver: 'a.io', parameters: [1] } }] }),
      [
        'spec.devices.config[0].opaque.parameters: Invalid value: "<value omitted>": must be a valid JSON object',
      ],
    ],
    [
      'too many',
      claimOf({ config: Array(33).fill({}) }),
      ['spec.devices.config: Too many: 33: must have at most 32 items'],
    ],
  ]
  for (const [name, claim, errors] of rows) {
    test(name, () => assert.deepEqual(errorsOfNew(resourceClaim, claim), errors))
  }
  test('the spec stays', () => {
    const old = created(resourceClaim, requestOf({}))
    const [error = ''] = errorsOfUpdate(resourceClaim, old, requestOf({ count: 2 }))
    assert.match(error, /^spec: Invalid value: \{"Devices":.*\}: field is immutable$/)
  })
})

describe('the status of a claim', () => {
  const result = { request: 'r', driver: 'a.io', pool: 'p', device: 'd' }
  const allocation = { devices: { results: [result] } }
  const device = { driver: 'a.io', pool: 'p', device: 'd' }
  const claim = created(resourceClaim, requestOf({}))
  const withStatus = (status: object): JsonObject => ({ ...structuredClone(claim), status })
  const errors = (status: object, old: JsonObject = claim): string[] =>
    errorsOfUpdate(resourceClaim, old, withStatus(status), 'status')

  test('an allocation with its devices', () =>
    assert.deepEqual(errors({ allocation, devices: [device] }), []))
  test('a device that is not allocated', () => {
    assert.deepEqual(errors({ allocation, devices: [{ ...device, device: 'other' }] }), [
      'status.devices[0]: Invalid value: a.io/p/other: must be an allocated device in the claim',
    ])
  })
  test('reserved without an allocation', () => {
    const consumer = { resource: 'pods', name: 'p', uid: 'u' }
    assert.deepEqual(errors({ reservedFor: [consumer] }), [
      'status.reservedFor: Forbidden: may not be specified when `allocated` is not set',
    ])
  })
  test('reports of devices go with the allocation', () => {
    const old = withStatus({ allocation, devices: [device] })
    assert.deepEqual(updated(resourceClaim, old, withStatus({ devices: [device] }), 'status')['status'], {})
  })
  const states: readonly (readonly [status: object, state: string])[] = [
    [{}, 'pending'],
    [{ allocation }, 'allocated'],
    [{ allocation, reservedFor: [{}] }, 'allocated,reserved'],
  ]
  for (const [status, state] of states) {
    test(`shown as ${state}`, () => assert.equal(cellsOf(resourceClaim, withStatus(status))['State'], state))
  }
})

describe('slices', () => {
  const sliceOf = (device: object, spec: object = {}): JsonObject => ({
    metadata: { name: 's' },
    spec: {
      driver: 'a.io',
      nodeName: 'n',
      pool: { name: 'p', resourceSliceCount: 1 },
      devices: [{ name: 'd', ...device }],
      ...spec,
    },
  })
  const DEVICE = 'spec.devices[0]'
  const policy = (requestPolicy: object): object => ({
    allowMultipleAllocations: true,
    capacity: { m: { value: '4', requestPolicy } },
  })
  const POLICY = `${DEVICE}.capacity[m].requestPolicy`
  const rows: readonly (readonly [name: string, device: object, errors: readonly string[]])[] = [
    ['nothing', {}, []],
    [
      'an attribute without a value',
      { attributes: { a: {} } },
      [`${DEVICE}.attributes[a]: Invalid value: "": exactly one value must be specified`],
    ],
    [
      'a version that is none',
      { attributes: { a: { version: '1.2' } } },
      [
        `${DEVICE}.attributes[a].version: Invalid value: "1.2": must be a string compatible with semver.org spec 2.0.0`,
      ],
    ],
    [
      'a taint of no kind',
      { taints: [{ key: 'k', effect: 'Bad' }] },
      [
        `${DEVICE}.taints[0].effect: Unsupported value: "Bad": supported values: "NoExecute", "NoSchedule", "None"`,
      ],
    ],
    [
      'a condition for failure alone',
      { bindingFailureConditions: ['a'] },
      [
        `${DEVICE}.bindingConditions: Invalid value: null: bindingConditions are required to use bindingFailureConditions`,
      ],
    ],
    [
      'a policy of a device for one',
      { capacity: { m: { value: '1', requestPolicy: {} } } },
      [`${POLICY}: Forbidden: allowMultipleAllocations must be true`],
    ],
    [
      'a default that is no option',
      policy({ default: '3', validValues: ['1', '2'] }),
      [
        `${POLICY}.validValues: Invalid value: "3": default value is not valid according to the requestPolicy`,
      ],
    ],
    [
      'a default between steps',
      policy({ default: '2', validRange: { min: '1', step: '2' } }),
      [`${POLICY}.validRange.step: Invalid value: "2": value is not a multiple of a given step (2) from (1)`],
    ],
    [
      'a node of its own',
      { nodeName: 'n' },
      [
        `${DEVICE}: Invalid value: null: \`nodeName\`, \`nodeSelector\` and \`allNodes\` can only be set if \`perDeviceNodeSelection\` is set to true in the ResourceSlice spec`,
      ],
    ],
  ]
  for (const [name, device, errors] of rows) {
    test(name, () => assert.deepEqual(errorsOfNew(resourceSlice, sliceOf(device)), errors))
  }
  test('nodes are chosen in one way', () => {
    assert.deepEqual(errorsOfNew(resourceSlice, sliceOf({}, { allNodes: true })), [
      'spec: Invalid value: "{`nodeName`, `allNodes`}": exactly one of `nodeName`, `nodeSelector`, `allNodes`, `perDeviceNodeSelection` is required, but multiple fields are set',
    ])
  })
  test('taints begin when they are written', () => {
    const { spec } = created(resourceSlice, sliceOf({ taints: [{ key: 'k', effect: 'None' }] })) as {
      spec: { devices: { taints: { timeAdded: string }[] }[] }
    }
    assert.equal(spec.devices[0]?.taints[0]?.timeAdded, '2026-01-02T03:04:05Z')
  })
})

test('a class stands for an extended resource', () => {
  const object = { metadata: { name: 'c' }, spec: { extendedResourceName: 'cpu' } }
  assert.deepEqual(errorsOfNew(deviceClass, object), [
    'spec.extendedResourceName: Invalid value: "cpu": must be a valid extended resource name',
  ])
})
