// What each metric of an autoscaler proposes: so many replicas, or why it can propose nothing.
//
// Upstream: pkg/controller/podautoscaler/horizontal.go (computeReplicasForMetric, computeStatusFor…Metric). Left out:
// custom and external metrics, whose APIs nobody serves here; they fail as upstream's do where nobody serves them.

import { formatQuantity, quantityOfMillis, toMillis } from '#api/meta/quantity.ts'
import type { MetricSpec, MetricStatus, MetricTarget, MetricValueStatus } from '#api/types/autoscaling.ts'
import type { Pod } from '#api/types/core.ts'
import type { PodMetrics } from '#controllers/horizontalpodautoscaler/pod-metrics.ts'
import {
  averageMeasure,
  proposeReplicas,
  requestsOf,
  type Tolerances,
  utilizationMeasure,
} from '#controllers/horizontalpodautoscaler/replicas.ts'
import { messageOf } from '#controllers/pods/pod-control.ts'

export interface MetricContext {
  readonly pods: readonly Pod[]
  readonly currentReplicas: number
  readonly tolerances: Tolerances
  readonly nowMs: number
  metrics(resource: string, container: string): Promise<PodMetrics>
}

export interface Proposal {
  readonly replicas: number
  /** What asks for them, for messages. */
  readonly name: string
  readonly status: MetricStatus
}

/** Why a metric proposes nothing. */
export class MetricError extends Error {
  /** Of the condition and the event. */
  readonly reason: string
  /** Which metric it was. */
  readonly subject: string

  constructor(reason: string, subject: string, message: string, options?: ErrorOptions) {
    super(message, options)
    this.reason = reason
    this.subject = subject
  }
}

/** Rejects with MetricError. */
export async function proposalOf(spec: MetricSpec, context: MetricContext): Promise<Proposal> {
  switch (spec.type) {
    case 'Resource':
      return resourceProposal(spec.resource, context)
    case 'ContainerResource':
      return containerProposal(spec.containerResource, context)
    default:
      throw unserved(spec)
  }
}

async function resourceProposal(source: MetricSpec['resource'], context: MetricContext): Promise<Proposal> {
  const { name = '', target } = source ?? {}
  try {
    const { replicas, current, what } = await measured(name, '', target, context)
    const suffix = what === 'usage' ? 'resource' : 'resource utilization (percentage of request)'
    return {
      replicas,
      name: `${name} ${suffix}`,
      status: { type: 'Resource', resource: { name, current } },
    }
  } catch (error) {
    throw new MetricError('FailedGetResourceMetric', `${name} resource metric`, messageOf(error), {
      cause: error,
    })
  }
}

async function containerProposal(
  source: MetricSpec['containerResource'],
  context: MetricContext,
): Promise<Proposal> {
  const { name = '', container = '', target } = source ?? {}
  try {
    const { replicas, current, what } = await measured(name, container, target, context)
    const suffix = what === 'usage' ? 'resource' : 'container resource utilization (percentage of request)'
    return {
      replicas,
      name: `${name} ${suffix}`,
      status: { type: 'ContainerResource', containerResource: { name, container, current } },
    }
  } catch (error) {
    const subject = `${container} container metric`
    throw new MetricError('FailedGetContainerResourceMetric', subject, messageOf(error), { cause: error })
  }
}

async function measured(
  resource: string,
  container: string,
  target: MetricTarget | undefined,
  context: MetricContext,
): Promise<{ replicas: number; current: MetricValueStatus; what: 'usage' | 'utilization' }> {
  const what = target?.averageValue === undefined ? 'utilization' : 'usage'
  if (what === 'utilization' && target?.averageUtilization === undefined) {
    throw new Error(
      'invalid resource metric source: neither an average utilization target nor an average value (usage) target was set',
    )
  }
  try {
    const metrics = await fetched(resource, container, context)
    const measure =
      what === 'usage'
        ? averageMeasure(toMillis(target?.averageValue ?? '0'))
        : utilizationMeasure(target?.averageUtilization ?? 1, requestsOf(context.pods, resource, container))
    const { replicas, usage } = proposeReplicas({ ...context, metrics, resource }, measure)
    const format = resource === 'memory' ? 'BinarySI' : 'DecimalSI'
    const averageValue = formatQuantity(quantityOfMillis(usage.averageMillis, format))
    const current =
      usage.percent === undefined ? { averageValue } : { averageUtilization: usage.percent, averageValue }
    return { replicas, current, what }
  } catch (error) {
    throw new Error(`failed to get ${resource} ${what}: ${messageOf(error)}`, { cause: error })
  }
}

async function fetched(resource: string, container: string, context: MetricContext): Promise<PodMetrics> {
  try {
    return await context.metrics(resource, container)
  } catch (error) {
    throw new Error(`unable to get metrics for resource ${resource}: ${messageOf(error)}`, { cause: error })
  }
}

function unserved(spec: MetricSpec): MetricError {
  const custom =
    'unable to fetch metrics from custom metrics API: no custom metrics API (custom.metrics.k8s.io) registered'
  switch (spec.type) {
    case 'Pods': {
      const message = `unable to get metric ${spec.pods?.metric.name}: ${custom}`
      return new MetricError('FailedGetPodsMetric', 'pods metric', message)
    }
    case 'Object': {
      const { kind, name } = spec.object?.describedObject ?? {}
      const message = `unable to get metric ${spec.object?.metric.name}: ${kind} on ${name} ${custom}`
      return new MetricError('FailedGetObjectMetric', 'object metric', message)
    }
    case 'External': {
      const name = spec.external?.metric.name
      const message =
        `unable to get external metric ${name}: unable to fetch metrics from external metrics API: ` +
        `the server could not find the requested resource (get ${name}.external.metrics.k8s.io)`
      return new MetricError('FailedGetExternalMetric', `${name} external metric`, message)
    }
    default: {
      const message = `unknown metric source type ${JSON.stringify(spec.type)}`
      return new MetricError('InvalidMetricSourceType', '', message)
    }
  }
}
