// The probes of all pods of the node: which workers there are, and whom their verdicts wake.
//
// Upstream: pkg/kubelet/prober/prober_manager.go

import type { Container, ContainerStatus, Pod, PodStatus, Probe } from '#api/types/core.ts'
import type { Runtime } from '#kubelet/cri/runtime.ts'
import type { PodEvents } from '#kubelet/pods/pod-events.ts'
import { initContainers, isSidecar, regularContainers } from '#kubelet/pods/pod-spec.ts'
import { createProbeWorker, type ProbeWorker } from '#kubelet/probes/probe-worker.ts'
import { ProbeResultStore, type ProbeResults, type ProbeType } from '#kubelet/probes/results.ts'
import { type ProbeOutcome, runProbe } from '#kubelet/probes/run-probe.ts'
import type { Clock } from '#sys/clock.ts'

export interface PodProbes extends ProbeResults {
  /** Makes the workers of a pod that are not there yet. */
  add(pod: Pod): void
  /** The pod's status was found anew: containers may have started or ended. */
  observe(pod: Pod): void
  /** A pod that is being ended is not to be ended by its probes, but its readiness still counts. */
  stopLivenessAndStartup(uid: string): void
  remove(uid: string): void
  /** Ends all workers: the kubelet stops, its pods do not. */
  stop(): void
}

export interface PodProbesOptions {
  readonly runtime: Runtime
  readonly clock: Clock
  readonly events: PodEvents
  statusOf(pod: Pod): PodStatus
  onVerdict(uid: string): void
}

const TYPES: readonly ProbeType[] = ['startup', 'liveness', 'readiness']

function probeOf(container: Container, type: ProbeType): Probe | undefined {
  if (type === 'startup') return container.startupProbe
  return type === 'liveness' ? container.livenessProbe : container.readinessProbe
}

export function createPodProbes(options: PodProbesOptions): PodProbes {
  const { runtime, clock, events } = options
  const results = new ProbeResultStore()
  const workers = new Map<string, Map<string, ProbeWorker>>()

  function statusOf(pod: Pod, name: string): ContainerStatus | undefined {
    const status = options.statusOf(pod)
    const all = [...(status.containerStatuses ?? []), ...(status.initContainerStatuses ?? [])]
    return all.find((one) => one.name === name)
  }

  function onRun(pod: Pod, type: ProbeType, container: Container, outcome: ProbeOutcome | Error): void {
    const word = `${type[0]!.toUpperCase()}${type.slice(1)}`
    if (outcome instanceof Error) {
      const message = `${word} probe errored and resulted in unknown state: ${outcome.message}`
      events.container(pod, container, 'Warning', 'Unhealthy', message)
    } else if (outcome.result === 'warning') {
      events.container(pod, container, 'Warning', 'ProbeWarning', `${word} probe warning: ${outcome.output}`)
    } else if (outcome.result === 'failure') {
      events.container(pod, container, 'Warning', 'Unhealthy', `${word} probe failed: ${outcome.output}`)
    }
  }

  function add(pod: Pod): void {
    const uid = pod.metadata?.uid ?? ''
    const own = workers.get(uid) ?? new Map<string, ProbeWorker>()
    for (const container of [...initContainers(pod).filter(isSidecar), ...regularContainers(pod)]) {
      for (const type of TYPES) {
        const probe = probeOf(container, type)
        const key = `${type}/${container.name}`
        if (!probe || own.has(key)) continue
        const worker = createProbeWorker({
          type,
          container,
          probe,
          clock,
          results,
          status: () => statusOf(pod, container.name),
          run: (one, containerId) =>
            runProbe(runtime, probe, {
              container: one,
              containerId,
              podIP: options.statusOf(pod).podIP ?? '',
            }),
          onRun: (kind, one, outcome) => onRun(pod, kind, one, outcome),
          onVerdict: () => options.onVerdict(uid),
        })
        own.set(key, worker)
      }
    }
    if (own.size > 0) workers.set(uid, own)
  }

  function stop(uid: string, chosen: (key: string) => boolean): void {
    const own = workers.get(uid)
    for (const [key, worker] of own ?? []) {
      if (!chosen(key)) continue
      worker.stop()
      own?.delete(key)
    }
    if (own?.size === 0) workers.delete(uid)
  }

  return {
    get: (containerId, type) => results.get(containerId, type),
    add,
    observe(pod) {
      for (const worker of workers.get(pod.metadata?.uid ?? '')?.values() ?? []) worker.observe()
    },
    stopLivenessAndStartup: (uid) => stop(uid, (key) => !key.startsWith('readiness/')),
    remove: (uid) => stop(uid, () => true),
    stop() {
      for (const uid of [...workers.keys()]) stop(uid, () => true)
    },
  }
}
