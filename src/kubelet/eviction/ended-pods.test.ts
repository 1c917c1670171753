import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Runtime } from '#kubelet/cri/runtime.ts'
import { removeEndedContainers } from '#kubelet/eviction/ended-pods.ts'
import type { RuntimeCache } from '#kubelet/runtime/runtime-cache.ts'
import { emptyRuntimePod, type RuntimePod } from '#kubelet/runtime/runtime-pod.ts'
import { silentLogger } from '#sys/log.ts'

test('only pods that have ended lose their containers, and one that cannot be removed keeps no other', async () => {
  const podOf = (uid: string, ...states: string[]): RuntimePod => ({
    ...emptyRuntimePod(uid, 'default', uid),
    containers: states.map((state, i) => ({ id: `${uid}-${i}`, state })) as never,
  })
  const removed: string[] = []
  const refreshed: string[] = []
  const cache = {
    list: () => [
      podOf('busy', 'exited'),
      podOf('stuck', 'exited'),
      podOf('ended', 'exited', 'exited'),
      podOf('odd', 'exited', 'running'),
    ],
    refresh: async (uid: string) => void refreshed.push(uid),
  } as unknown as RuntimeCache
  const runtime = {
    removeContainer: async (id: string) => {
      if (id.startsWith('stuck')) throw new Error('busy')
      removed.push(id)
    },
    freeRemoved: async () => void removed.push('free'),
  } as unknown as Runtime
  const context = { cache, runtime, logRoot: '/nowhere', log: silentLogger }
  await removeEndedContainers(context, (uid) => uid === 'busy')
  assert.deepEqual([removed, refreshed], [['ended-0', 'ended-1', 'free'], ['ended']])
})
