// When the change happened that a write of endpoints answers to: measured by whoever measures latency.
//
// Upstream: staging/src/k8s.io/endpointslice/util/trigger_time_tracker.go

import type { Pod, Service } from '#api/types/core.ts'
import { podCondition } from '#controllers/pods/pod-state.ts'

export const TRIGGER_TIME = 'endpoints.kubernetes.io/last-change-trigger-time'

interface State {
  readonly service: string
  readonly pods: ReadonlyMap<string, string>
}

export class TriggerTimes {
  readonly #states = new Map<string, State>()

  /** The earliest change since the last call; undefined when there was none. */
  next(key: string, service: Service, pods: readonly Pod[]): string | undefined {
    const state = this.#states.get(key)
    const created = service.metadata?.creationTimestamp ?? ''
    const times = new Map<string, string>()
    const changed: string[] = created > (state?.service ?? '') ? [created] : []
    for (const pod of pods) {
      const time = podCondition(pod, 'Ready')?.lastTransitionTime
      if (!time) continue
      const name = pod.metadata?.name ?? ''
      times.set(name, time)
      if (time > (state?.pods.get(name) ?? '')) changed.push(time)
    }
    this.#states.set(key, { service: created, pods: times })
    return state ? changed.sort()[0] : created
  }

  forget(key: string): void {
    this.#states.delete(key)
  }
}

/** `annotations` with the time, or without one. */
export function withTriggerTime(
  annotations: Readonly<Record<string, string>> | undefined,
  time: string | undefined,
): Readonly<Record<string, string>> {
  const { [TRIGGER_TIME]: _old, ...others } = annotations ?? {}
  return time ? { ...others, [TRIGGER_TIME]: time } : others
}
