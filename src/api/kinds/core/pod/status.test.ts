import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { podOf } from '#api/kinds/core/pod/testing.ts'
import { pod } from '#api/kinds/core/pod.ts'
import { created, errorsOfUpdate, updated } from '#api/kinds/testing.ts'
import type { JsonObject } from '#api/meta/object.ts'

const old = created(pod, podOf({}))
const statusErrors = (status: object): string[] =>
  errorsOfUpdate(pod, old, { ...podOf({}), status }, 'status')

const rows: readonly (readonly [name: string, status: object, errors: readonly string[]])[] = [
  ['runs', { phase: 'Running', qosClass: 'BestEffort', podIPs: [{ ip: '10.0.0.1' }], podIP: '10.0.0.1' }, []],
  [
    'has an address that is none',
    { phase: 'Running', qosClass: 'BestEffort', podIP: 'x', podIPs: [{ ip: 'x' }] },
    ['status.podIPs[0]: Invalid value: "x": must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)'],
  ],
  [
    'has the same address twice',
    {
      phase: 'Running',
      qosClass: 'BestEffort',
      podIP: '10.0.0.1',
      podIPs: [{ ip: '10.0.0.1' }, { ip: '10.0.0.1' }],
    },
    [
      'status.podIPs: Invalid value: [{"IP":"10.0.0.1"},{"IP":"10.0.0.1"}]: may specify no more than one IP for each IP family',
    ],
  ],
]
describe('a pod', () => {
  for (const [name, status, errors] of rows) test(name, () => assert.deepEqual(statusErrors(status), errors))
})

test('its class is not the kubelet’s to change', () => {
  assert.deepEqual(statusErrors({ phase: 'Running', qosClass: 'Guaranteed' }), [
    'status.qosClass: Invalid value: "Guaranteed": field is immutable',
  ])
})

test('a status write changes no spec and no owners', () => {
  const made = updated(
    pod,
    old,
    {
      ...podOf(
        { hostname: 'x' },
        { ownerReferences: [{ apiVersion: 'v1', kind: 'Node', name: 'n', uid: 'u' }] },
      ),
      status: {},
    },
    'status',
  )
  assert.deepEqual(made['spec'], old['spec'])
  assert.equal((made['metadata'] as JsonObject)['ownerReferences'], undefined)
})
