// Volumes that only one pod may use, that lie in a zone, or of which a node can attach only so many.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { PersistentVolume, PersistentVolumeClaim, Pod, Volume } from '#api/types/core.ts'
import type { CSINode, VolumeAttachment } from '#api/types/storage.ts'
import { createDecider, describe } from '#scheduler/decide.ts'
import { nodeVolumeLimits } from '#scheduler/plugins/node-volume-limits.ts'
import { volumeRestrictions } from '#scheduler/plugins/volume-restrictions.ts'
import { volumeZone } from '#scheduler/plugins/volume-zone.ts'
import { findPreemption } from '#scheduler/preemption.ts'
import { SchedulerCache } from '#scheduler/snapshot.ts'
import type { Storage } from '#scheduler/volumes.ts'
import { seededRandom } from '#sys/random.ts'

const PLUGINS = [volumeRestrictions, nodeVolumeLimits, volumeZone]
const NOBODY = { on: () => [], nodeOf: () => undefined }
const DRIVER = 'csi.example.com'

interface World {
  readonly claims?: readonly PersistentVolumeClaim[]
  readonly volumes?: readonly PersistentVolume[]
  readonly csiNodes?: readonly CSINode[]
  readonly attachments?: readonly VolumeAttachment[]
  readonly pods?: readonly Pod[]
}

function cluster({ claims = [], volumes = [], csiNodes = [], attachments = [], pods = [] }: World) {
  const named = <T extends { metadata?: { name?: string } }>(objects: readonly T[], name: string) =>
    objects.find(({ metadata }) => metadata?.name === name)
  const storage: Storage = {
    claim: (_namespace, name) => named(claims, name),
    volume: (name) => named(volumes, name),
    volumes: () => volumes,
    storageClass: (name) =>
      name === 'late'
        ? { metadata: { name }, provisioner: DRIVER, volumeBindingMode: 'WaitForFirstConsumer' }
        : undefined,
    csiNode: (name) => named(csiNodes, name),
    csiDriver: () => undefined,
    capacities: () => [],
    attachmentsTo: (node) => attachments.filter(({ spec }) => spec.nodeName === node),
    isPromised: () => false,
  }
  const cache = new SchedulerCache(storage)
  for (const name of ['n1', 'n2']) {
    const zone = name === 'n1' ? 'a' : 'b'
    cache.setNode({ metadata: { name, labels: { 'topology.kubernetes.io/zone': zone } } })
  }
  for (const pod of pods) cache.setPod(pod)
  return cache
}

const pod = (name: string, volumes: readonly (string | Volume)[], more: object = {}): Pod => ({
  metadata: { name, namespace: 'default', uid: name },
  spec: {
    containers: [],
    volumes: volumes.map((volume) =>
      typeof volume === 'string' ? { name: volume, persistentVolumeClaim: { claimName: volume } } : volume,
    ),
    ...more,
  },
})
const claim = (name: string, spec: object = {}): PersistentVolumeClaim => ({
  metadata: { name, namespace: 'default' },
  spec: { accessModes: ['ReadWriteOnce'], storageClassName: '', volumeName: name, ...spec },
})
const volume = (name: string, labels: Record<string, string> = {}): PersistentVolume => ({
  metadata: { name, labels },
  spec: { csi: { driver: DRIVER, volumeHandle: name } },
})
const limited = (name: string, count: number): CSINode => ({
  metadata: { name },
  spec: { drivers: [{ name: DRIVER, nodeID: name, allocatable: { count } }] },
})
const alone = { accessModes: ['ReadWriteOncePod'] }
const disk = (readOnly = false): Volume => ({ name: 'd', gcePersistentDisk: { pdName: 'd', readOnly } })
const none = (reasons: string) => `0/2 nodes are available: ${reasons}.`
const inUse =
  '2 node(s) unavailable due to PersistentVolumeClaim with ReadWriteOncePod access mode already in-use by another pod'

const rows: readonly [name: string, candidate: Pod, world: World, expected: string][] = [
  ['a claim that does not exist', pod('p', ['a']), {}, none('persistentvolumeclaim "a" not found')],
  [
    'a claim for one pod, in use elsewhere',
    pod('p', ['a']),
    { claims: [claim('a', alone)], volumes: [volume('a')], pods: [pod('q', ['a'], { nodeName: 'n1' })] },
    none(inUse),
  ],
  [
    'a claim for many pods',
    pod('p', ['a']),
    { claims: [claim('a')], volumes: [volume('a')], pods: [pod('q', ['a'], { nodeName: 'n1' })] },
    'any',
  ],
  ['a disk on one node', pod('p', [disk()]), { pods: [pod('q', [disk()], { nodeName: 'n1' })] }, 'n2'],
  [
    'a disk that all only read',
    pod('p', [disk(true)]),
    { pods: ['n1', 'n2'].map((nodeName) => pod(nodeName, [disk(true)], { nodeName })) },
    'any',
  ],
  [
    'a volume of a zone',
    pod('p', ['a']),
    { claims: [claim('a')], volumes: [volume('a', { 'topology.kubernetes.io/zone': 'b' })] },
    'n2',
  ],
  [
    'a volume of several zones, by the old label',
    pod('p', ['a']),
    { claims: [claim('a')], volumes: [volume('a', { 'failure-domain.beta.kubernetes.io/zone': 'c__b' })] },
    'n2',
  ],
  [
    'a volume of a zone without nodes',
    pod('p', ['a']),
    { claims: [claim('a')], volumes: [volume('a', { 'topology.kubernetes.io/zone': 'c' })] },
    none('2 node(s) had no available volume zone'),
  ],
  [
    'a claim whose volume is gone',
    pod('p', ['a']),
    { claims: [claim('a')] },
    none('persistentvolume "a" not found'),
  ],
  [
    'no more volumes on one node',
    pod('p', ['a']),
    {
      claims: [claim('a'), claim('b')],
      volumes: [volume('a'), volume('b')],
      csiNodes: [limited('n1', 1), limited('n2', 1)],
      pods: [pod('q', ['b'], { nodeName: 'n1' })],
    },
    'n2',
  ],
  [
    'a volume that is there already costs nothing',
    pod('p', ['a']),
    {
      claims: [claim('a')],
      volumes: [volume('a')],
      csiNodes: [limited('n1', 1), limited('n2', 0)],
      pods: [pod('q', ['a'], { nodeName: 'n1' })],
    },
    'n1',
  ],
  [
    'attached volumes count though no pod uses them',
    pod('p', ['a']),
    {
      claims: [claim('a')],
      volumes: [volume('a'), volume('b')],
      csiNodes: [limited('n1', 1), limited('n2', 0)],
      attachments: [
        {
          metadata: { name: 'x' },
          spec: { attacher: DRIVER, nodeName: 'n1', source: { persistentVolumeName: 'b' } },
        },
      ],
    },
    none('2 node(s) exceed max volume count'),
  ],
  [
    'a volume that is still to be made counts',
    pod('p', ['a']),
    {
      claims: [{ metadata: { name: 'a', namespace: 'default' }, spec: { storageClassName: 'late' } }],
      csiNodes: [limited('n1', 0), limited('n2', 1)],
    },
    'n2',
  ],
]

for (const [name, candidate, world, expected] of rows) {
  test(name, () => {
    const decision = createDecider(PLUGINS, seededRandom(1), NOBODY)(candidate, cluster(world).snapshot())
    const found = decision.nodeName ?? describe(decision.diagnosis, '')
    if (expected === 'any') assert.match(found, /^n[12]$/)
    else assert.equal(found, expected)
  })
}

test('the pod that has the only use of a claim is preempted by one of higher priority', () => {
  const world = {
    claims: [claim('a', alone)],
    volumes: [volume('a')],
    pods: [pod('q', ['a'], { nodeName: 'n2', priority: 1 }), pod('r', [], { nodeName: 'n1', priority: 1 })],
  }
  const candidate = pod('p', ['a'], { priority: 10 })
  const snapshot = cluster(world).snapshot()
  const { diagnosis, state } = decideInVain(candidate, snapshot)
  const result = findPreemption(PLUGINS, candidate, snapshot, diagnosis, state)
  assert.ok('nodeName' in result)
  assert.equal(result.nodeName, 'n2')
  assert.deepEqual(
    result.victims.map(({ metadata }) => metadata?.name),
    ['q'],
  )
})

function decideInVain(candidate: Pod, snapshot: ReturnType<SchedulerCache['snapshot']>) {
  const decision = createDecider(PLUGINS, seededRandom(1), NOBODY)(candidate, snapshot)
  assert.ok(decision.diagnosis)
  return decision
}
