// What the scheduler writes about pods besides bindings: why one waits, which node it was promised, and who has to go.
//
// Failures are told and not repeated here: the pod comes back, and with it the write.
// Upstream: pkg/scheduler/schedule_one.go (handleSchedulingFailure), framework/preemption/executor.go

import { keyOf } from '#api/meta/object.ts'
import { isNotFound } from '#api/meta/status.ts'
import { pods } from '#api/resources.ts'
import type { Pod, PodCondition } from '#api/types/core.ts'
import type { Client } from '#client/client.ts'
import type { SchedulerEvents } from '#scheduler/scheduler-events.ts'
import { type Clock, formatTime } from '#sys/clock.ts'
import type { Logger } from '#sys/log.ts'

export interface PodWrites {
  /** Sets PodScheduled to False. `nomination`: the promised node, '' to take it back, undefined to leave it. */
  wait(pod: Pod, reason: string, message: string, nomination: string | undefined): Promise<void>
  /** Deletes a pod to make room for another. */
  evict(victim: Pod, preemptor: Pod, nodeName: string): Promise<void>
  /** Writes the node that a pod is to come to; undefined takes it back. */
  nominate(pod: Pod, nodeName: string | undefined): Promise<void>
}

export function createPodWrites(
  dependencies: { readonly client: Client; readonly clock: Clock; readonly log: Logger },
  schedulerName: string,
  events: SchedulerEvents,
): PodWrites {
  const { client, clock, log } = dependencies
  const resource = client.resource(pods)

  const patchStatus = (pod: Pod, status: object): Promise<unknown> => {
    const { namespace = '', name = '' } = pod.metadata ?? {}
    return resource.patch(namespace, name, 'strategic', { status }, { subresource: 'status' })
  }

  /** Does `work`; a pod that is gone needs nothing. */
  async function tolerantly(pod: Pod, failure: string, work: () => Promise<unknown>): Promise<void> {
    try {
      await work()
    } catch (error) {
      if (!isNotFound(error)) log.warn({ pod: keyOf(pod), error: String(error) }, failure)
    }
  }

  return {
    async wait(pod, reason, message, nomination) {
      const known = pod.status?.conditions?.find(({ type }) => type === 'PodScheduled')
      const isSame = known?.status === 'False' && known.reason === reason && known.message === message
      const isSettled = nomination === undefined || (pod.status?.nominatedNodeName ?? '') === nomination
      if (isSame && isSettled) return
      const condition: PodCondition = {
        type: 'PodScheduled',
        status: 'False',
        reason,
        message,
        lastTransitionTime:
          (known?.status === 'False' && known.lastTransitionTime) || formatTime(clock.now()),
        ...observedGeneration(pod),
      }
      const promised = isSettled ? {} : { nominatedNodeName: nomination || null }
      await tolerantly(pod, 'condition was not written', () =>
        patchStatus(pod, { conditions: [condition], ...promised }),
      )
    },

    async evict(victim, preemptor, nodeName) {
      const { namespace = '', name = '', uid } = victim.metadata ?? {}
      const condition = {
        type: 'DisruptionTarget',
        status: 'True',
        reason: 'PreemptionByScheduler',
        message: `${schedulerName}: preempting to accommodate a higher priority pod`,
        lastTransitionTime: formatTime(clock.now()),
        ...observedGeneration(victim),
      }
      await tolerantly(victim, 'preemption failed', async () => {
        await patchStatus(victim, { conditions: [condition] })
        await resource.delete(namespace, name, uid === undefined ? {} : { preconditions: { uid } })
        const by = `Preempted by pod ${preemptor.metadata?.uid ?? ''} on node ${nodeName}`
        events.record(victim, 'Normal', 'Preempted', 'Preempting', by)
      })
    },

    nominate: (pod, nodeName) =>
      tolerantly(pod, 'nomination was not written', () =>
        patchStatus(pod, { nominatedNodeName: nodeName ?? null }),
      ),
  }
}

const observedGeneration = ({ metadata }: Pod): object =>
  metadata?.generation === undefined ? {} : { observedGeneration: metadata.generation }
