import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { podErrors } from '#api/kinds/core/pod/testing.ts'

const NODE = 'spec.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution'

describe('node affinity', () => {
  const required = (...matchExpressions: object[]): object => ({
    affinity: {
      nodeAffinity: {
        requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [{ matchExpressions }] },
      },
    },
  })
  const at = `${NODE}.nodeSelectorTerms[0].matchExpressions[0]`
  const rows: readonly (readonly [name: string, requirement: object, errors: readonly string[]])[] = [
    ['good', { key: 'a', operator: 'In', values: ['x'] }, []],
    ['Gt', { key: 'a', operator: 'Gt', values: ['5'] }, []],
    [
      'In without values',
      { key: 'a', operator: 'In' },
      [`${at}.values: Required value: must be specified when \`operator\` is 'In' or 'NotIn'`],
    ],
    [
      'Exists with values',
      { key: 'a', operator: 'Exists', values: ['x'] },
      [`${at}.values: Forbidden: may not be specified when \`operator\` is 'Exists' or 'DoesNotExist'`],
    ],
    [
      'an operator that is none',
      { key: 'a', operator: 'Near' },
      [`${at}.operator: Invalid value: "Near": not a valid selector operator`],
    ],
  ]
  for (const [name, requirement, errors] of rows) {
    test(name, () => assert.deepEqual(podErrors(required(requirement)), errors))
  }
  test('without terms', () => {
    const affinity = {
      nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [] } },
    }
    assert.deepEqual(podErrors({ affinity }), [
      `${NODE}.nodeSelectorTerms: Required value: must have at least one node selector term`,
    ])
  })
})

test('pod affinity needs a topology', () => {
  const affinity = {
    podAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [{ labelSelector: {}, topologyKey: '' }] },
  }
  assert.deepEqual(podErrors({ affinity }), [
    'spec.affinity.podAffinity.requiredDuringSchedulingIgnoredDuringExecution[0].topologyKey: Required value: can not be empty',
    ...podErrors({ affinity }).slice(1),
  ])
})

describe('topology spread', () => {
  const at = 'spec.topologySpreadConstraints[0]'
  const good = { maxSkew: 1, topologyKey: 'zone', whenUnsatisfiable: 'DoNotSchedule' }
  const rows: readonly (readonly [name: string, change: object, errors: readonly string[]])[] = [
    ['good', {}, []],
    ['no skew', { maxSkew: 0 }, [`${at}.maxSkew: Invalid value: 0: must be greater than zero`]],
    ['no key', { topologyKey: '' }, [`${at}.topologyKey: Required value: can not be empty`]],
    [
      'no way out',
      { whenUnsatisfiable: 'Panic' },
      [
        `${at}.whenUnsatisfiable: Unsupported value: "Panic": supported values: "DoNotSchedule", "ScheduleAnyway"`,
      ],
    ],
    [
      'domains without need',
      { whenUnsatisfiable: 'ScheduleAnyway', minDomains: 2 },
      [
        `${at}.minDomains: Invalid value: 2: can only use minDomains if whenUnsatisfiable=DoNotSchedule, not ScheduleAnyway`,
      ],
    ],
  ]
  for (const [name, change, errors] of rows) {
    test(name, () =>
      assert.deepEqual(podErrors({ topologySpreadConstraints: [{ ...good, ...change }] }), errors),
    )
  }
  test('the same pair twice', () => {
    assert.deepEqual(podErrors({ topologySpreadConstraints: [good, good] }), [
      'spec.topologySpreadConstraints[0].{topologyKey, whenUnsatisfiable}: Duplicate value: "{zone, DoNotSchedule}"',
    ])
  })
})

describe('tolerations', () => {
  const at = 'spec.tolerations[0]'
  const rows: readonly (readonly [name: string, toleration: object, errors: readonly string[]])[] = [
    ['of everything', { operator: 'Exists' }, []],
    [
      'with a value of nothing',
      { key: 'a', operator: 'Exists', value: 'x' },
      [`${at}.operator: Invalid value: "x": value must be empty when \`operator\` is 'Exists'`],
    ],
    [
      'for a time, but of no eviction',
      { key: 'a', effect: 'NoSchedule', tolerationSeconds: 5 },
      [
        `${at}.effect: Invalid value: "NoSchedule": effect must be 'NoExecute' when \`tolerationSeconds\` is set`,
      ],
    ],
    [
      'of no effect',
      { key: 'a', effect: 'None' },
      [
        `${at}.effect: Unsupported value: "None": supported values: "NoSchedule", "PreferNoSchedule", "NoExecute"`,
      ],
    ],
  ]
  for (const [name, toleration, errors] of rows) {
    test(name, () => assert.deepEqual(podErrors({ tolerations: [toleration] }), errors))
  }
})
