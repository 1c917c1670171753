import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { CONTAINER, changeErrors, podOf } from '#api/kinds/core/pod/testing.ts'
import { pod } from '#api/kinds/core/pod.ts'
import { created, errorsOfUpdate, updated } from '#api/kinds/testing.ts'
import type { JsonObject } from '#api/meta/object.ts'

const withImage = (image: string): object => ({ containers: [{ ...CONTAINER, image }] })

describe('what of a pod may change', () => {
  const rows: readonly (readonly [name: string, before: object, after: object])[] = [
    ['images', {}, withImage('busybox:2')],
    ['a deadline that is new', {}, { activeDeadlineSeconds: 5 }],
    ['an earlier deadline', { activeDeadlineSeconds: 5 }, { activeDeadlineSeconds: 4 }],
    ['tolerations that come on top', {}, { tolerations: [{ key: 'a', operator: 'Exists' }] }],
    ['gates that go', { schedulingGates: [{ name: 'a.io/b' }] }, {}],
    [
      'the nodes of a gated pod',
      { schedulingGates: [{ name: 'a.io/b' }] },
      { schedulingGates: [{ name: 'a.io/b' }], nodeSelector: { a: 'b' } },
    ],
  ]
  for (const [name, before, after] of rows)
    test(name, () => assert.deepEqual(changeErrors(before, after), []))
})

describe('what may not', () => {
  const rows: readonly (readonly [name: string, before: object, after: object, start: string])[] = [
    [
      'other fields',
      {},
      { hostname: 'x' },
      'spec: Forbidden: pod updates may not change fields other than `spec',
    ],
    [
      'the number of containers',
      {},
      { containers: [CONTAINER, { name: 'b', image: 'a:1' }] },
      'spec.containers: Forbidden: pod updates may not add or remove containers',
    ],
    [
      'a later deadline',
      { activeDeadlineSeconds: 5 },
      { activeDeadlineSeconds: 6 },
      'spec.activeDeadlineSeconds: Invalid value: 6: must be less than or equal to previous value',
    ],
    [
      'tolerations that go',
      { tolerations: [{ key: 'a', operator: 'Exists' }] },
      {},
      'spec.tolerations: Forbidden: existing toleration can not be modified except its tolerationSeconds',
    ],
    [
      'gates that come',
      {},
      { schedulingGates: [{ name: 'a.io/b' }] },
      "spec.schedulingGates[0].name: Forbidden: only deletion is allowed, but found new scheduling gate 'a.io/b'",
    ],
  ]
  for (const [name, before, after, start] of rows) {
    test(name, () => {
      const [error = ''] = changeErrors(before, after)
      assert.ok(error.startsWith(start), error)
    })
  }
})

test('a change of the spec counts, a change of labels does not', () => {
  const old = created(pod, podOf({}, { generation: 1 }))
  const generation = (object: JsonObject): unknown => (object['metadata'] as JsonObject)['generation']
  assert.equal(generation(updated(pod, old, podOf(withImage('busybox:2')))), 2)
  assert.notEqual(generation(updated(pod, old, podOf({}, { generation: 1, labels: { a: 'b' } }))), 2)
})

describe('ephemeral containers', () => {
  const debug = { name: 'debug', image: 'a:1' }
  test('are added', () => {
    assert.deepEqual(changeErrors({}, { ephemeralContainers: [debug] }, 'ephemeralcontainers'), [])
  })
  test('change nothing else', () => {
    const old = created(pod, podOf({}))
    const made = updated(pod, old, podOf(withImage('x:1')), 'ephemeralcontainers')
    assert.deepEqual(made['spec'], old['spec'])
  })
  test('stay', () => {
    const old = {
      ...created(pod, podOf({})),
      spec: { ...(created(pod, podOf({}))['spec'] as JsonObject), ephemeralContainers: [debug] },
    }
    const [error = ''] = errorsOfUpdate(pod, old, podOf({}), 'ephemeralcontainers')
    assert.match(
      error,
      /^spec.ephemeralContainers: Forbidden: existing ephemeral containers "debug" may not be removed/,
    )
  })
})

describe('resize', () => {
  const sized = (cpu: string): object => ({
    containers: [{ ...CONTAINER, resources: { requests: { cpu } } }],
  })
  test('changes what is requested', () => {
    assert.deepEqual(changeErrors(sized('100m'), sized('200m'), 'resize'), [])
  })
  test('does not change the class', () => {
    assert.deepEqual(changeErrors({}, sized('200m'), 'resize'), [
      'spec: Invalid value: "BestEffort": Pod QOS Class may not change as a result of resizing',
    ])
  })
  test('takes nothing away', () => {
    const memory = { ...CONTAINER, resources: { requests: { cpu: '1', memory: '1Gi' } } }
    assert.deepEqual(changeErrors({ containers: [memory] }, sized('1'), 'resize'), [
      'spec.containers[0].resources.requests: Forbidden: resource requests cannot be removed',
    ])
  })
})
