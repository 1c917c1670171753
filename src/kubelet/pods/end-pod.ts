// The last steps of a pod: stop what runs, take away what it used, and at the very end what it left for its logs.
//
// Upstream: pkg/kubelet/kubelet.go (SyncTerminatingPod, SyncTerminatedPod), pod_container_deletor.go

import { rm } from 'node:fs/promises'
import type { Pod } from '#api/types/core.ts'
import { podLogDirectory } from '#kubelet/containers/sandbox-config.ts'
import { rpcText } from '#kubelet/cri/channel.ts'
import { killPod } from '#kubelet/pods/kill-pod.ts'
import type { PodContext } from '#kubelet/pods/pod-context.ts'
import type { PodRecord } from '#kubelet/pods/pod-record.ts'
import { reportStatus } from '#kubelet/pods/report-status.ts'
import { emptyRuntimePod, isRunning } from '#kubelet/runtime/runtime-pod.ts'

/** Stops all containers and sandboxes; resolves when nothing runs any more. */
export async function terminatePod(
  context: PodContext,
  record: PodRecord,
  signal: AbortSignal,
): Promise<void> {
  const { pod, uid } = record
  const { namespace = '', name = '' } = pod.metadata ?? {}
  const empty = emptyRuntimePod(uid, namespace, name)
  // A step that was broken off may have left something that the cache has not seen.
  const before = (await context.cache.refresh(uid)) ?? empty
  if (!record.isRemoved) reportStatus(context, record, before)
  context.probes.stopLivenessAndStartup(uid)
  try {
    await killPod(context, pod, before, record.graceSeconds, signal)
  } catch (error) {
    if (!signal.aborted)
      context.events.pod(pod, 'Warning', 'FailedKillPod', `error killing pod: ${rpcText(error)}`)
    throw error
  }
  context.probes.remove(uid)
  const after = (await context.cache.refresh(uid)) ?? empty
  if (isRunning(after)) throw new Error('containers still run after all were stopped')
  if (!record.isRemoved) reportStatus(context, record, { ...after, ips: before.ips }, true)
}

/** Takes away volumes, cgroup and watches; the pod's last status goes out. */
export async function cleanUpPod(context: PodContext, record: PodRecord): Promise<void> {
  const { pod, uid } = record
  await context.volumes.unmount(uid)
  await context.cgroups.remove(uid)
  context.images.forget(uid)
  context.crashes.forgetPrefix(`${uid}_`)
  if (!record.isRemoved) context.statuses.finish(pod)
}

/** The API has forgotten the pod: its containers, logs and files go too. */
export async function forgetPod(context: PodContext, pod: Pod): Promise<void> {
  const uid = pod.metadata?.uid ?? ''
  const runtimePod = await context.cache.refresh(uid)
  for (const { id } of runtimePod?.containers ?? []) await context.runtime.removeContainer(id)
  for (const { id } of runtimePod?.sandboxes ?? []) {
    await context.runtime.stopSandbox(id)
    await context.runtime.removeSandbox(id)
  }
  await rm(podLogDirectory(context.logRoot, pod), { recursive: true, force: true })
  await rm(context.directories.pod(uid), { recursive: true, force: true })
  context.statuses.forget(uid)
  await context.cache.refresh(uid)
}
