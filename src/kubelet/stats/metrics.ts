// The kubelet's metrics in the text format of Prometheus: /metrics, /metrics/resource, /metrics/cadvisor.
//
// Upstream: pkg/kubelet/metrics, pkg/kubelet/metrics/collectors/resource_metrics.go; names and labels are upstream's.

import { Counter, Gauge, Registry } from 'prom-client'
import type { ServerContext } from '#kubelet/server/server-context.ts'
import { nodeUsage, podUsages } from '#kubelet/stats/collect.ts'
import { measureProcess } from '#sys/process-metrics.ts'

export interface Metrics {
  /** Undefined for a path that is not one of these. */
  page(path: string): Promise<{ contentType: string; body: string } | undefined>
}

export function createMetrics(context: ServerContext): Metrics {
  const own = ownMetrics(context)
  return {
    async page(path) {
      if (path === '/metrics') return { contentType: own.contentType, body: await own.metrics() }
      if (path === '/metrics/resource') return await text(await resourceMetrics(context))
      if (path === '/metrics/cadvisor') return await text(await containerMetrics(context))
      return undefined
    },
  }
}

async function text(registry: Registry): Promise<{ contentType: string; body: string }> {
  return { contentType: registry.contentType, body: await registry.metrics() }
}

function ownMetrics(context: ServerContext): Registry {
  const registry = new Registry()
  measureProcess(registry)
  const running = () => context.pods().flatMap((pod) => context.runtimePod(pod.metadata?.uid ?? '') ?? [])
  new Gauge({
    name: 'kubelet_node_name',
    help: "The node's name. The count is always 1.",
    labelNames: ['node'],
    registers: [registry],
  }).set({ node: context.nodeName }, 1)
  new Gauge({
    name: 'kubelet_running_pods',
    help: 'Number of pods that have a running pod sandbox',
    registers: [registry],
    collect() {
      this.set(running().filter(({ sandboxes }) => sandboxes[0]?.state === 'SANDBOX_READY').length)
    },
  })
  new Gauge({
    name: 'kubelet_running_containers',
    help: 'Number of containers currently running',
    labelNames: ['container_state'],
    registers: [registry],
    collect() {
      this.reset()
      for (const { containers } of running())
        for (const { state } of containers) this.inc({ container_state: state })
    },
  })
  return registry
}

interface Sample {
  readonly labels: Record<string, string>
  readonly value: number
}

/** A counter where the name says so: both are read from elsewhere and shown as they are. */
function show(registry: Registry, name: string, help: string, samples: readonly Sample[]): void {
  const labelNames = Object.keys(samples[0]?.labels ?? {})
  const configuration = { name, help, labelNames, registers: [registry] }
  const metric = name.endsWith('_total') ? new Counter(configuration) : new Gauge(configuration)
  for (const { labels, value } of samples) metric.inc(labels, value)
}

/** What metrics-server scrapes. */
async function resourceMetrics(context: ServerContext): Promise<Registry> {
  const registry = new Registry()
  const [node, pods] = await Promise.all([nodeUsage(context), podUsages(context)])
  const containers = pods.flatMap((pod) =>
    pod.containers.map((usage) => ({
      labels: { container: usage.name, namespace: pod.namespace, pod: pod.name },
      usage,
    })),
  )
  const podSamples = pods.map((usage) => ({ labels: { namespace: usage.namespace, pod: usage.name }, usage }))
  const nodeSamples = [{ labels: {}, usage: node }]
  for (const [scope, samples] of [
    ['node', nodeSamples],
    ['pod', podSamples],
    ['container', containers],
  ] as const) {
    show(
      registry,
      `${scope}_cpu_usage_seconds_total`,
      `Cumulative cpu time consumed by the ${scope} in core-seconds`,
      samples.map(({ labels, usage }) => ({ labels, value: usage.cpuNanoseconds / 1e9 })),
    )
    show(
      registry,
      `${scope}_memory_working_set_bytes`,
      `Current working set of the ${scope} in bytes`,
      samples.map(({ labels, usage }) => ({ labels, value: usage.workingSetBytes })),
    )
  }
  show(
    registry,
    'container_start_time_seconds',
    'Start time of the container since unix epoch in seconds',
    containers.map(({ labels, usage }) => ({ labels, value: usage.startedAt / 1000 })),
  )
  show(
    registry,
    'resource_scrape_error',
    '1 if there was an error while getting container metrics, 0 otherwise',
    [{ labels: {}, value: 0 }],
  )
  return registry
}

/** The part of cAdvisor's metrics that dashboards look at most. */
async function containerMetrics(context: ServerContext): Promise<Registry> {
  const registry = new Registry()
  const samples = (await podUsages(context)).flatMap((pod) =>
    pod.containers.map((usage) => ({
      labels: { container: usage.name, namespace: pod.namespace, pod: pod.name },
      usage,
    })),
  )
  const add = (
    name: string,
    help: string,
    value: (usage: (typeof samples)[number]['usage']) => number,
  ): void =>
    show(
      registry,
      name,
      help,
      samples.map(({ labels, usage }) => ({ labels, value: value(usage) })),
    )
  add(
    'container_cpu_usage_seconds_total',
    'Cumulative cpu time consumed in seconds.',
    (one) => one.cpuNanoseconds / 1e9,
  )
  add('container_memory_working_set_bytes', 'Current working set in bytes.', (one) => one.workingSetBytes)
  add('container_memory_usage_bytes', 'Current memory usage in bytes.', (one) => one.usageBytes)
  add('container_memory_rss', 'Size of RSS in bytes.', (one) => one.rssBytes)
  add(
    'container_fs_usage_bytes',
    'Number of bytes that are consumed by the container.',
    (one) => one.rootfsBytes,
  )
  return registry
}
