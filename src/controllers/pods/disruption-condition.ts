// Telling in a pod's status why it was taken away: condition DisruptionTarget, written before the deletion.
//
// Jobs read it to tell a failure of the pod from a failure of the cluster. Upstream: pkg/util/pod, pkg/api/v1/pod

import { isNotFound } from '#api/meta/status.ts'
import { pods } from '#api/resources.ts'
import type { Pod, PodCondition } from '#api/types/core.ts'
import type { Client } from '#client/client.ts'
import { podCondition } from '#controllers/pods/pod-state.ts'
import { formatTime } from '#sys/clock.ts'

/** Writes the condition, and `phase` where it is given. A pod that is gone or replaced meanwhile rejects. */
export async function markDisrupted(
  client: Client,
  pod: Pod,
  why: { readonly reason: string; readonly message: string } | undefined,
  phase: 'Failed' | undefined,
  nowMs: number,
): Promise<void> {
  const condition = why && disruptionCondition(pod, why, nowMs)
  if (!condition && !phase) return
  const { namespace = '', name = '', uid, generation } = pod.metadata ?? {}
  const status = {
    ...(phase && { phase, ...(generation !== undefined && { observedGeneration: generation }) }),
    ...(condition && { conditions: [condition] }),
  }
  await client
    .resource(pods)
    .patch(namespace, name, 'strategic', { metadata: { uid }, status }, { subresource: 'status' })
}

/** Undefined when the pod says so already. */
export function disruptionCondition(
  pod: Pod,
  why: { readonly reason: string; readonly message: string },
  nowMs: number,
): PodCondition | undefined {
  const old = podCondition(pod, 'DisruptionTarget')
  if (old?.status === 'True' && old.reason === why.reason && old.message === why.message) return undefined
  const since = old?.status === 'True' ? old.lastTransitionTime : formatTime(nowMs)
  const { generation } = pod.metadata ?? {}
  return {
    type: 'DisruptionTarget',
    status: 'True',
    ...(generation !== undefined && { observedGeneration: generation }),
    ...(since && { lastTransitionTime: since }),
    ...why,
  }
}

/** Deletes; a pod that is gone already is fine. */
export async function deletePod(client: Client, pod: Pod, gracePeriodSeconds?: number): Promise<void> {
  const { namespace = '', name = '' } = pod.metadata ?? {}
  try {
    await client
      .resource(pods)
      .delete(namespace, name, gracePeriodSeconds === undefined ? {} : { gracePeriodSeconds })
  } catch (error) {
    if (!isNotFound(error)) throw error
  }
}
