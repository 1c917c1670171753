import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Node, PersistentVolume, PersistentVolumeClaim, Pod } from '#api/types/core.ts'
import type { CSIDriver, VolumeAttachment } from '#api/types/storage.ts'
import {
  attachmentName,
  MAX_UNMOUNT_WAIT_MS,
  type NodeVolumes,
  planNode,
  uniqueName,
} from '#controllers/attach-detach/plan.ts'
import { wantedVolumes } from '#controllers/attach-detach/wanted.ts'

const volume = (name: string, accessModes: readonly string[] = ['ReadWriteOnce']): PersistentVolume => ({
  metadata: { name },
  spec: {
    accessModes,
    csi: { driver: 'd', volumeHandle: `h-${name}` },
    claimRef: { namespace: 'default', name, uid: name },
  },
})
const attachment = (of: PersistentVolume, more: Partial<VolumeAttachment> = {}): VolumeAttachment => ({
  metadata: { name: attachmentName(of, 'n1') },
  spec: { attacher: 'd', nodeName: 'n1', source: { persistentVolumeName: of.metadata?.name ?? '' } },
  status: { attached: true },
  ...more,
})
const pod = (claim: string, status: Pod['status'] = { phase: 'Running' }, more: object = {}): Pod => ({
  metadata: { name: 'p', namespace: 'default', ...more },
  spec: { containers: [], volumes: [{ name: 'v', persistentVolumeClaim: { claimName: claim } }] },
  ...(status && { status }),
})
const A = volume('a')
const node = (
  isReady: boolean,
  inUse: readonly PersistentVolume[],
  taints: readonly object[] = [],
): Node => ({
  metadata: { name: 'n1' },
  spec: { taints: taints as never },
  status: {
    volumesInUse: inUse.map(uniqueName),
    conditions: [{ type: 'Ready', status: isReady ? 'True' : 'Unknown' }],
  },
})

interface Given {
  readonly node?: Node | undefined
  readonly wanted?: readonly PersistentVolume[]
  readonly attachments?: readonly VolumeAttachment[]
  readonly elsewhere?: readonly string[]
  readonly idleForMs?: number
}
function plan({ wanted = [], attachments = [], elsewhere = [], idleForMs = 0, ...given }: Given) {
  const nowMs = 1_000_000
  const state: NodeVolumes = {
    nodeName: 'n1',
    node: 'node' in given ? given.node : node(true, []),
    wanted: wanted.map((of) => ({ volume: of, pods: [] })),
    attachments,
    elsewhere: () => elsewhere,
    volumeOf: ({ spec }) => (spec.source.persistentVolumeName === 'a' ? A : undefined),
    idleSinceMs: new Map(attachments.map(({ metadata }) => [metadata?.name ?? '', nowMs - idleForMs])),
    nowMs,
  }
  const { attach, detach, refused, attached, recheckMs } = planNode(state)
  return [attach.length, refused.length, detach.length, attached.length, recheckMs]
}

const shut = { key: 'node.kubernetes.io/out-of-service', effect: 'NoExecute' }
const leaving = { metadata: { ...attachment(A).metadata, deletionTimestamp: '2026-01-01T00:00:00Z' } }
const rows: readonly [name: string, given: Given, expected: readonly (number | undefined)[]][] = [
  ['a volume that is needed is attached', { wanted: [A] }, [1, 0, 0, 0, undefined]],
  [
    'one that is attached is told to the node',
    { wanted: [A], attachments: [attachment(A)] },
    [0, 0, 0, 1, undefined],
  ],
  [
    'one that is on its way is not',
    { wanted: [A], attachments: [attachment(A, { status: { attached: false } })] },
    [0, 0, 0, 0, undefined],
  ],
  ['one that another node has alone is refused', { wanted: [A], elsewhere: ['n2'] }, [0, 1, 0, 0, undefined]],
  [
    'one that nodes share is not',
    { wanted: [volume('a', ['ReadWriteMany'])], elsewhere: ['n2'] },
    [1, 0, 0, 0, undefined],
  ],
  ['one that nobody needs goes', { attachments: [attachment(A)] }, [0, 0, 1, 0, undefined]],
  [
    'but not while it is mounted',
    { node: node(true, [A]), attachments: [attachment(A)] },
    [0, 0, 0, 1, undefined],
  ],
  [
    'a dead node has its time',
    { node: node(false, [A]), attachments: [attachment(A)] },
    [0, 0, 0, 1, MAX_UNMOUNT_WAIT_MS],
  ],
  [
    'and not more',
    { node: node(false, [A]), attachments: [attachment(A)], idleForMs: MAX_UNMOUNT_WAIT_MS },
    [0, 0, 1, 0, undefined],
  ],
  [
    'one out of service has none',
    { node: node(false, [A], [shut]), attachments: [attachment(A)] },
    [0, 0, 1, 0, undefined],
  ],
  [
    'a node that is gone holds nothing',
    { node: undefined, attachments: [attachment(A)] },
    [0, 0, 1, 0, undefined],
  ],
  [
    'one that is going is not deleted twice',
    { attachments: [attachment(A, leaving)] },
    [0, 0, 0, 0, undefined],
  ],
  [
    'what others have attached stays',
    { attachments: [attachment(A, { metadata: { name: 'theirs' } })] },
    [0, 0, 0, 1, undefined],
  ],
]
for (const [name, given, expected] of rows) {
  test(name, () => assert.deepEqual(plan(given), expected))
}

test('a volume is needed by pods that have not ended, of a driver that attaches, bound both ways', () => {
  const claim: PersistentVolumeClaim = {
    metadata: { name: 'a', namespace: 'default', uid: 'a' },
    spec: { volumeName: 'a' },
  }
  const count = (of: Pod, driver?: CSIDriver, uid = 'a') =>
    wantedVolumes([of], {
      claim: (key) => (key === 'default/a' ? { ...claim, metadata: { ...claim.metadata, uid } } : undefined),
      volume: () => A,
      driver: () => driver,
    }).length
  const ended = [
    {
      name: 'c',
      image: '',
      imageID: '',
      ready: false,
      restartCount: 0,
      state: { terminated: { exitCode: 0 } },
    },
  ]
  assert.equal(count(pod('a')), 1)
  assert.equal(count(pod('other')), 0)
  assert.equal(count(pod('a', { phase: 'Succeeded' })), 0)
  assert.equal(
    count(pod('a', { phase: 'Running', containerStatuses: ended }, { deletionTimestamp: 'now' })),
    0,
  )
  assert.equal(count(pod('a'), { metadata: { name: 'd' }, spec: { attachRequired: false } }), 0)
  assert.equal(count(pod('a'), undefined, 'another'), 0)
})

test('the name of an attachment is that which upstream gives', () => {
  // sha256 of the handle, the driver and the node, one after the other.
  assert.equal(
    attachmentName({ spec: { csi: { driver: 'b', volumeHandle: 'a' } } }, 'c'),
    'csi-ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad',
  )
})
