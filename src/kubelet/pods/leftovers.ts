// What pods of an earlier life have left on the node: cgroups and volumes that no pod claims are taken away.
//
// Upstream: pkg/kubelet/kubelet_pods.go (HandlePodCleanups), kubelet_volumes.go (cleanupOrphanedPodDirs)

import { rm } from 'node:fs/promises'
import type { PodContext } from '#kubelet/pods/pod-context.ts'

/** Goes through once; what cannot be removed is logged and tried at the next start. */
export async function cleanUpLeftovers(
  context: PodContext,
  isKnown: (uid: string) => boolean,
): Promise<void> {
  const { cgroups, volumes, directories, cache, log } = context
  const uids = new Set([...(await cgroups.list()), ...(await volumes.list())])
  for (const uid of uids) {
    if (isKnown(uid) || cache.get(uid)) continue
    try {
      await cgroups.remove(uid)
      await volumes.unmount(uid)
      await rm(directories.pod(uid), { recursive: true, force: true })
    } catch (error) {
      log.warn({ uid, error: String(error) }, 'leftovers of a pod were not removed')
    }
  }
}
