import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { PersistentVolumeClaim, Pod, Volume } from '#api/types/core.ts'
import { usesClaim } from '#controllers/persistentvolumeclaim-protection/usage.ts'

const claim = (ownerUid?: string): PersistentVolumeClaim => ({
  metadata: {
    name: 'p-data',
    namespace: 'default',
    ...(ownerUid && {
      ownerReferences: [{ apiVersion: 'v1', kind: 'Pod', name: 'p', uid: ownerUid, controller: true }],
    }),
  },
})

const pod = (volume: Partial<Volume>, nodeName: string | undefined = 'n', metadata: object = {}): Pod => ({
  metadata: { name: 'p', namespace: 'default', uid: 'u', ...metadata },
  spec: { containers: [], volumes: [{ name: 'data', ...volume }], ...(nodeName && { nodeName }) },
})

const NAMED = { persistentVolumeClaim: { claimName: 'p-data' } }
const EPHEMERAL = { ephemeral: {} }
const SHUT_DOWN = { deletionTimestamp: '2026-01-01T00:00:00Z', deletionGracePeriodSeconds: 0 }

test('a claim is used by pods with a node that name it', () => {
  assert.ok(usesClaim(pod(NAMED), claim()))
  assert.ok(!usesClaim(pod(NAMED, ''), claim()))
  assert.ok(!usesClaim(pod({ persistentVolumeClaim: { claimName: 'other' } }), claim()))
  assert.ok(usesClaim(pod(NAMED, 'n', SHUT_DOWN), claim()))
})

test('a claim of an ephemeral volume is used by the pod that it was made for, until that is shut down', () => {
  assert.ok(usesClaim(pod(EPHEMERAL), claim('u')))
  assert.ok(!usesClaim(pod(EPHEMERAL), claim('other')))
  assert.ok(!usesClaim(pod(EPHEMERAL), claim()))
  assert.ok(!usesClaim(pod(EPHEMERAL, 'n', SHUT_DOWN), claim('u')))
})
