// Events about pods and their containers, in the kubelet's name.
//
// Upstream: pkg/kubelet/events/event.go, pkg/kubelet/container/ref.go

import type { Container, Pod } from '#api/types/core.ts'
import type { EventRecorder } from '#client/events.ts'
import { fieldPathOf } from '#kubelet/pods/pod-spec.ts'

export type EventType = 'Normal' | 'Warning'

export interface PodEvents {
  pod(pod: Pod, type: EventType, reason: string, message: string): void
  container(
    pod: Pod,
    container: Pick<Container, 'name'>,
    type: EventType,
    reason: string,
    message: string,
  ): void
}

/** API servers refuse longer messages. */
const MAX_MESSAGE_LENGTH = 1024

export function createPodEvents(recorder: EventRecorder): PodEvents {
  // Pods from the runtime alone (their API object is gone) have no version; events name them all the same.
  const reference = (pod: Pod): Pod => ({ apiVersion: 'v1', kind: 'Pod', ...pod })
  return {
    pod: (pod, type, reason, message) =>
      recorder.event(reference(pod), type, reason, message.slice(0, MAX_MESSAGE_LENGTH)),
    container: (pod, container, type, reason, message) =>
      recorder.event(
        reference(pod),
        type,
        reason,
        message.slice(0, MAX_MESSAGE_LENGTH),
        fieldPathOf(pod, container.name),
      ),
  }
}
