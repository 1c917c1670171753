// Pods that say nothing about spreading are spread nevertheless, away from their like.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { formatSelector } from '#api/meta/selectors.ts'
import type { Pod, Service } from '#api/types/core.ts'
import type { OwnerReference } from '#api/types/meta.ts'
import { createDecider } from '#scheduler/decide.ts'
import { defaultSelector, type Workloads } from '#scheduler/default-selector.ts'
import { podTopologySpread } from '#scheduler/plugins/pod-topology-spread.ts'
import { SchedulerCache } from '#scheduler/snapshot.ts'
import { seededRandom } from '#sys/random.ts'

const service = (selector: Record<string, string> | undefined): Service => ({
  metadata: { name: 's', namespace: 'default' },
  spec: { ...(selector && { selector }) },
})
const workloads = (services: readonly Service[]): Workloads => ({
  services: () => services,
  replicationController: (_namespace, name) => ({ metadata: { name }, spec: { selector: { rc: name } } }),
  replicaSet: (_namespace, name) => ({
    metadata: { name },
    spec: { selector: { matchLabels: { rs: name } } },
  }),
  statefulSet: (_namespace, name) =>
    ({ metadata: { name }, spec: { selector: { matchLabels: { set: name } } } }) as never,
})
const owner = (apiVersion: string, kind: string): OwnerReference => ({
  apiVersion,
  kind,
  name: 'o',
  uid: 'o',
  controller: true,
})

let count = 0
const pod = (
  labels: Record<string, string>,
  owners: readonly OwnerReference[] = [],
  spec: object = {},
): Pod => ({
  metadata: { name: `p${++count}`, namespace: 'default', uid: `${count}`, labels, ownerReferences: owners },
  spec: { containers: [], ...spec },
})

const rows: readonly [name: string, pod: Pod, services: readonly Service[], expected: string | undefined][] =
  [
    ['nobody', pod({ app: 'web' }), [], undefined],
    ['a Service', pod({ app: 'web' }), [service({ app: 'web' })], 'app=web'],
    ['a Service of others', pod({ app: 'web' }), [service({ app: 'db' }), service(undefined)], undefined],
    ['a ReplicaSet', pod({}, [owner('apps/v1', 'ReplicaSet')]), [], 'rs=o'],
    [
      'a StatefulSet and a Service',
      pod({ app: 'web' }, [owner('apps/v1', 'StatefulSet')]),
      [service({ app: 'web' })],
      'app=web,set=o',
    ],
    ['a ReplicationController', pod({}, [owner('v1', 'ReplicationController')]), [], 'rc=o'],
    ['a controller of another kind', pod({}, [owner('batch/v1', 'Job')]), [], undefined],
  ]
for (const [name, candidate, services, expected] of rows) {
  test(`the like of a pod of ${name}`, () => {
    const found = defaultSelector(candidate, workloads(services))
    assert.equal(found && formatSelector(found), expected)
  })
}

/** Three hosts in two zones. */
function cluster(placed: readonly string[], services: readonly Service[]): SchedulerCache {
  const cache = new SchedulerCache(undefined, workloads(services))
  for (const [name, zone] of [
    ['n1', 'a'],
    ['n2', 'a'],
    ['n3', 'b'],
  ] as const) {
    const labels = { 'kubernetes.io/hostname': name, 'topology.kubernetes.io/zone': zone }
    cache.setNode({ metadata: { name, labels } })
  }
  for (const nodeName of placed) cache.setPod(pod({ app: 'web' }, [], { nodeName }))
  return cache
}

const place = (cache: SchedulerCache, candidate: Pod): string | undefined =>
  createDecider([podTopologySpread], seededRandom(7), { on: () => [], nodeOf: () => undefined })(
    candidate,
    cache.snapshot(),
  ).nodeName

test('pods of a Service go where fewest of them are, by host and by zone', () => {
  const services = [service({ app: 'web' })]
  assert.equal(place(cluster(['n1', 'n2'], services), pod({ app: 'web' })), 'n3')
  assert.equal(place(cluster(['n1', 'n3', 'n3'], services), pod({ app: 'web' })), 'n2')
})

test('counts follow pods that come and go', () => {
  const cache = cluster(['n1', 'n2'], [service({ app: 'web' })])
  assert.equal(place(cache, pod({ app: 'web' })), 'n3')
  const third = pod({ app: 'web' }, [], { nodeName: 'n3' })
  for (let i = 0; i < 3; i++) cache.setPod({ ...third, metadata: { ...third.metadata, name: `q${i}` } })
  assert.notEqual(place(cache, pod({ app: 'web' })), 'n3')
  for (let i = 0; i < 3; i++) cache.removePod(`default/q${i}`)
  assert.equal(place(cache, pod({ app: 'web' })), 'n3')
})
