// Containers of pods that have ended stay for those who want to read their logs, but not on a node that is short of disk.
//
// Upstream: pkg/kubelet/kuberuntime/kuberuntime_gc.go (GarbageCollect with evictNonDeletedPods)

import { rm } from 'node:fs/promises'
import { podLogDirectory } from '#kubelet/containers/sandbox-config.ts'
import type { PodContext } from '#kubelet/pods/pod-context.ts'

/** Removes them with their logs; what cannot be removed is tried at the next shortage. */
export async function removeEndedContainers(
  { cache, runtime, logRoot, log }: Pick<PodContext, 'cache' | 'runtime' | 'logRoot' | 'log'>,
  mayBeRunning: (uid: string) => boolean,
): Promise<void> {
  for (const { uid, namespace, name, containers } of cache.list()) {
    if (mayBeRunning(uid) || containers.some(({ state }) => state !== 'exited')) continue
    try {
      for (const { id } of containers) await runtime.removeContainer(id)
      await rm(podLogDirectory(logRoot, { metadata: { namespace, name, uid } }), {
        recursive: true,
        force: true,
      })
      await cache.refresh(uid)
    } catch (error) {
      log.warn({ uid, error: String(error) }, 'ended containers were not removed')
    }
  }
  await runtime.freeRemoved()
}
