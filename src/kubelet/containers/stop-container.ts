// Ends a container: preStop hook, stop signal, and SIGKILL when its grace period is over.
//
// What the container's spec said at its start is also in its annotations, so that a container whose pod is no
// longer known is ended with the same hook and grace.
// Upstream: pkg/kubelet/kuberuntime/kuberuntime_container.go (killContainer)

import type { Container, Pod } from '#api/types/core.ts'
import { runHook } from '#kubelet/containers/hooks.ts'
import type { TerminationOrder } from '#kubelet/containers/termination-order.ts'
import type { Runtime } from '#kubelet/cri/runtime.ts'
import type { KillReason } from '#kubelet/pods/actions.ts'
import type { PodEvents } from '#kubelet/pods/pod-events.ts'
import { findContainer } from '#kubelet/pods/pod-spec.ts'
import { readContainerAnnotations } from '#kubelet/runtime/labels.ts'
import type { RuntimeContainer } from '#kubelet/runtime/runtime-pod.ts'
import type { Clock } from '#sys/clock.ts'
import type { Logger } from '#sys/log.ts'

export interface StopDependencies {
  readonly runtime: Runtime
  readonly clock: Clock
  readonly events: PodEvents
  readonly log: Logger
}

export interface StopInput {
  readonly pod: Pod
  readonly container: Pick<RuntimeContainer, 'id' | 'name'>
  readonly podIP: string
  /** What the event says; '' is "Stopping container". */
  readonly message?: string
  readonly reason?: KillReason
  /** Instead of what the spec says. */
  readonly graceSeconds?: number | undefined
  readonly order?: TerminationOrder | undefined
}

/** Even a container that is ended at once gets a moment to flush. */
const MIN_GRACE_SECONDS = 2
const DEFAULT_GRACE_SECONDS = 30

/** Aborting `signal` breaks off: somebody begins anew with less grace. */
export async function stopContainer(
  dependencies: StopDependencies,
  input: StopInput,
  signal: AbortSignal,
): Promise<void> {
  const { runtime, events } = dependencies
  const { pod, container, order } = input
  const spec = findContainer(pod, container.name) ?? (await restored(runtime, container.id, container.name))
  let grace = input.graceSeconds ?? graceSecondsOf(pod, spec, input.reason ?? 'unknown')
  events.container(pod, spec, 'Normal', 'Killing', input.message || `Stopping container ${spec.name}`)
  if (spec.lifecycle?.preStop && grace > 0) grace -= await preStop(dependencies, input, spec, grace, signal)
  if (order && grace > 0) grace -= await order.waitForTurn(spec.name, grace)
  signal.throwIfAborted()
  await runtime.stopContainer(container.id, Math.max(grace, MIN_GRACE_SECONDS), signal)
  order?.ended(spec.name)
}

/** A failed probe may have a grace period of its own; a deletion has the one that was asked for. */
export function graceSecondsOf(pod: Pod, container: Container, reason: KillReason): number {
  const deletion = pod.metadata?.deletionGracePeriodSeconds
  if (deletion !== undefined) return deletion
  const probe =
    reason === 'startup-probe'
      ? container.startupProbe
      : reason === 'liveness-probe'
        ? container.livenessProbe
        : undefined
  return (
    probe?.terminationGracePeriodSeconds ?? pod.spec?.terminationGracePeriodSeconds ?? DEFAULT_GRACE_SECONDS
  )
}

/** Runs the hook, at most for the grace period; gives the whole seconds that it took. */
async function preStop(
  { runtime, clock, events, log }: StopDependencies,
  { pod, container, podIP }: StopInput,
  spec: Container,
  graceSeconds: number,
  signal: AbortSignal,
): Promise<number> {
  const began = clock.monotonic()
  const over = new AbortController()
  const ending = AbortSignal.any([signal, over.signal])
  const timer = clock.after(graceSeconds * 1000, () => over.abort())
  const handler = spec.lifecycle?.preStop
  try {
    if (handler)
      await runHook(
        { runtime, clock },
        { pod, container: spec, containerId: container.id, handler, podIP },
        ending,
      )
  } catch (error) {
    if (!ending.aborted) {
      log.warn({ pod: pod.metadata?.name, container: spec.name, error: String(error) }, 'preStop hook failed')
      events.container(pod, spec, 'Warning', 'FailedPreStopHook', 'PreStopHook failed')
    }
  } finally {
    timer.cancel()
  }
  return Math.floor((clock.monotonic() - began) / 1000)
}

/** The spec of a container that nobody describes any more, from what it carries itself. */
async function restored(runtime: Runtime, id: string, name: string): Promise<Container> {
  const record = await runtime.containerStatus(id).then(
    (status) => readContainerAnnotations(status.annotations),
    () => undefined,
  )
  return {
    name,
    ...(record?.ports && { ports: record.ports }),
    ...(record?.preStop && { lifecycle: { preStop: record.preStop } }),
  }
}
