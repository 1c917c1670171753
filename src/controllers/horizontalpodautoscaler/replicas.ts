// How many replicas a measured usage asks for. Pure.
//
//   usage / target = ratio ─▶ about 1: as many as now      otherwise: ratio × pods that were measured, rounded up
//
// Pods of which nothing is known, or that have just begun, are counted in the way that changes least.
// Upstream: pkg/controller/podautoscaler/replica_calculator.go

import { toMillis } from '#api/meta/quantity.ts'
import { parseAmounts } from '#api/quota/amounts.ts'
import type { Pod } from '#api/types/core.ts'
import type { PodMetric, PodMetrics } from '#controllers/horizontalpodautoscaler/pod-metrics.ts'
import { podCondition } from '#controllers/pods/pod-state.ts'

/** Usage while a process starts says little. */
const CPU_INITIALIZATION_MS = 300_000
const INITIAL_READINESS_MS = 30_000

export interface Tolerances {
  readonly down: number
  readonly up: number
}

export interface Usage {
  /** Of the target. */
  readonly ratio: number
  readonly averageMillis: number
  /** Of what was requested, where that is the target. */
  readonly percent?: number
}

export interface Measure {
  /** Throws when nothing can be said. */
  usageOf(metrics: PodMetrics): Usage
  /** What a pod is taken to use of which nothing is known, when less is used than wanted. */
  fallbackOf(podName: string): number
}

export interface ReplicaInput {
  readonly pods: readonly Pod[]
  readonly metrics: PodMetrics
  readonly resource: string
  readonly currentReplicas: number
  readonly tolerances: Tolerances
  readonly nowMs: number
}

/** Throws what upstream says when no number can be had. */
export function proposeReplicas(input: ReplicaInput, measure: Measure): { replicas: number; usage: Usage } {
  const { pods, currentReplicas, tolerances } = input
  if (pods.length === 0) throw new Error('no pods returned by selector while calculating replica count')
  const groups = groupPods(input)
  const metrics = new Map([...input.metrics].filter(([name]) => !groups.excluded.has(name)))
  if (metrics.size === 0) {
    throw new Error('did not receive metrics for targeted pods (pods might be unready)')
  }
  const usage = measure.usageOf(metrics)
  const countsUnready = groups.unready.length > 0 && usage.ratio > 1
  if (!countsUnready && groups.missing.length === 0) {
    const replicas = isWithin(tolerances, usage.ratio) ? currentReplicas : ceil(usage.ratio * groups.ready)
    return { replicas, usage }
  }
  for (const name of groups.missing) {
    if (usage.ratio < 1) metrics.set(name, assumed(measure.fallbackOf(name)))
    else if (usage.ratio > 1) metrics.set(name, assumed(0))
  }
  if (countsUnready) for (const name of groups.unready) metrics.set(name, assumed(0))
  const { ratio } = measure.usageOf(metrics)
  const turns = (usage.ratio < 1 && ratio > 1) || (usage.ratio > 1 && ratio < 1)
  const replicas = ceil(ratio * metrics.size)
  const isAgainst = (ratio < 1 && replicas > currentReplicas) || (ratio > 1 && replicas < currentReplicas)
  return { replicas: isWithin(tolerances, ratio) || turns || isAgainst ? currentReplicas : replicas, usage }
}

const assumed = (value: number): PodMetric => ({ value, atMs: 0, windowMs: 0 })

const isWithin = ({ down, up }: Tolerances, ratio: number): boolean => 1 - down <= ratio && ratio <= 1 + up

/** Products of decimal fractions come out a hair too large. */
const ceil = (value: number): number => Math.ceil(value - 1e-9)

interface Groups {
  readonly ready: number
  readonly unready: readonly string[]
  readonly missing: readonly string[]
  /** Whose metrics do not count: those that leave and those that are not ready. */
  readonly excluded: ReadonlySet<string>
}

function groupPods({ pods, metrics, resource, nowMs }: ReplicaInput): Groups {
  const [unready, missing, ignored]: string[][] = [[], [], []]
  let ready = 0
  for (const pod of pods) {
    const name = pod.metadata?.name ?? ''
    const metric = metrics.get(name)
    if (pod.metadata?.deletionTimestamp !== undefined || pod.status?.phase === 'Failed') ignored?.push(name)
    else if (pod.status?.phase === 'Pending') unready?.push(name)
    else if (!metric) missing?.push(name)
    else if (resource === 'cpu' && isStarting(pod, metric, nowMs)) unready?.push(name)
    else ready++
  }
  const excluded = new Set([...(unready ?? []), ...(ignored ?? [])])
  return { ready, unready: unready ?? [], missing: missing ?? [], excluded }
}

function isStarting(pod: Pod, metric: PodMetric, nowMs: number): boolean {
  const condition = podCondition(pod, 'Ready')
  const startedMs = Date.parse(pod.status?.startTime ?? '')
  if (!condition || Number.isNaN(startedMs)) return true
  const sinceMs = Date.parse(condition.lastTransitionTime ?? '')
  if (startedMs + CPU_INITIALIZATION_MS > nowMs) {
    return condition.status === 'False' || metric.atMs < sinceMs + metric.windowMs
  }
  return condition.status === 'False' && startedMs + INITIAL_READINESS_MS > sinceMs
}

/** The target is a share of what the pods request. */
export function utilizationMeasure(targetPercent: number, requests: ReadonlyMap<string, number>): Measure {
  return {
    usageOf(metrics) {
      const known = [...metrics].filter(([name]) => requests.has(name))
      const used = known.reduce((sum, [, { value }]) => sum + value, 0)
      const requested = known.reduce((sum, [name]) => sum + (requests.get(name) ?? 0), 0)
      if (requested === 0) throw new Error('no metrics returned matched known pods')
      const percent = Math.trunc((used * 100) / requested)
      return { ratio: percent / targetPercent, percent, averageMillis: Math.trunc(used / known.length) }
    },
    fallbackOf: (name) => Math.trunc(((requests.get(name) ?? 0) * Math.max(100, targetPercent)) / 100),
  }
}

/** The target is an amount for each pod. */
export function averageMeasure(targetMillis: number): Measure {
  return {
    usageOf(metrics) {
      const total = [...metrics.values()].reduce((sum, { value }) => sum + value, 0)
      const averageMillis = Math.trunc(total / metrics.size)
      return { ratio: averageMillis / targetMillis, averageMillis }
    },
    fallbackOf: () => targetMillis,
  }
}

/** What each pod requests, in thousandths; throws when one does not say. */
export function requestsOf(
  pods: readonly Pod[],
  resource: string,
  container: string,
): ReadonlyMap<string, number> {
  return new Map(pods.map((pod) => [pod.metadata?.name ?? '', requestOf(pod, resource, container)]))
}

function requestOf(pod: Pod, resource: string, container: string): number {
  const name = pod.metadata?.name
  const ofPod = pod.spec?.resources?.requests
  if (container === '' && Object.keys(ofPod ?? {}).length > 0) {
    const request = ofPod?.[resource]
    if (request === undefined) throw new Error(`missing pod-level request for ${resource} in Pod ${name}`)
    return toMillis(request)
  }
  const sidecars = (pod.spec?.initContainers ?? []).filter(({ restartPolicy }) => restartPolicy === 'Always')
  const all = [...(pod.spec?.containers ?? []), ...sidecars]
  const relevant = container === '' ? all : all.filter((candidate) => candidate.name === container)
  if (relevant.length === 0) throw new Error(`container ${container} not found in Pod ${name}`)
  return relevant.reduce((sum, candidate) => {
    const request = parseAmounts(candidate.resources?.requests).get(resource)
    if (!request)
      throw new Error(`missing request for ${resource} in container ${candidate.name} of Pod ${name}`)
    return sum + toMillis(request)
  }, 0)
}
