// The resource metrics API, metrics.k8s.io/v1beta1: what is answered to which path.
//
// It is about nodes and pods that the API server knows, which it is asked for each time; labels and selectors are theirs.
// Upstream: kubernetes-sigs/metrics-server pkg/api, staging/src/k8s.io/metrics/pkg/apis/metrics/v1beta1

import type { JsonObject, KubeObject } from '#api/meta/object.ts'
import { isNotFound, notFound } from '#api/meta/status.ts'
import { nodes, pods } from '#api/resources.ts'
import type { Node, Pod } from '#api/types/core.ts'
import type { Client, ListOptions } from '#client/client.ts'
import type { Meter } from '#metrics/meter.ts'
import type { Measured, Usage } from '#metrics/usage.ts'
import { formatTime } from '#sys/clock.ts'

export const GROUP = 'metrics.k8s.io'
export const VERSION = 'v1beta1'
const API_VERSION = `${GROUP}/${VERSION}`
const ROOT = `/apis/${API_VERSION}`

/** The answer to a GET; undefined when there is no such path. Rejects with StatusError. */
export async function answerMetrics(
  client: Client,
  meter: Meter,
  path: string,
  query: URLSearchParams,
): Promise<JsonObject | undefined> {
  if (path === ROOT) return RESOURCES
  if (!path.startsWith(`${ROOT}/`)) return undefined
  const parts = path.slice(ROOT.length + 1).split('/')
  const selectors = selectorsOf(query)
  switch (parts.length === 1 || parts[0] !== 'namespaces' ? parts[0] : parts[2]) {
    case 'nodes':
      if (parts.length === 1) return listNodes(client, meter, selectors)
      return parts.length === 2 ? oneNode(client, meter, parts[1] ?? '') : undefined
    case 'pods': {
      if (parts.length === 1) return listPods(client, meter, selectors)
      const [, namespace = '', , name] = parts
      if (parts.length === 3) return listPods(client, meter, { ...selectors, namespace })
      return parts.length === 4 ? onePod(client, meter, namespace, name ?? '') : undefined
    }
    default:
      return undefined
  }
}

const RESOURCES: JsonObject = {
  kind: 'APIResourceList',
  apiVersion: 'v1',
  groupVersion: API_VERSION,
  resources: [
    { name: 'nodes', singularName: '', namespaced: false, kind: 'NodeMetrics', verbs: ['get', 'list'] },
    { name: 'pods', singularName: '', namespaced: true, kind: 'PodMetrics', verbs: ['get', 'list'] },
  ],
}

function selectorsOf(query: URLSearchParams): ListOptions {
  const labelSelector = query.get('labelSelector')
  const fieldSelector = query.get('fieldSelector')
  return { ...(labelSelector && { labelSelector }), ...(fieldSelector && { fieldSelector }) }
}

async function listNodes(client: Client, meter: Meter, options: ListOptions): Promise<JsonObject> {
  const { items } = await client.resource(nodes).list(options)
  if (Object.keys(options).length === 0) meter.keepOnly(new Set(items.map(nameOf)))
  const found = await Promise.all(items.map(async (node) => nodeMetrics(node, await meter.of(nameOf(node)))))
  return listOf('NodeMetricsList', found)
}

async function oneNode(client: Client, meter: Meter, name: string): Promise<JsonObject> {
  const missing = () => notFound({ group: GROUP, resource: 'nodemetrics' }, name)
  const node = await client.resource(nodes).get('', name).catch(translating(missing))
  const metrics = nodeMetrics(node, await meter.of(name))
  if (!metrics) throw missing()
  return metrics
}

async function listPods(client: Client, meter: Meter, options: ListOptions): Promise<JsonObject> {
  const { items } = await client.resource(pods).list(options)
  const running = items.filter(({ status }) => status?.phase === 'Running')
  const byHost = new Map<string, Pod[]>()
  for (const pod of running) byHost.set(hostOf(pod), [...(byHost.get(hostOf(pod)) ?? []), pod])
  const measured = new Map(
    await Promise.all(
      [...byHost].map(async ([host, its]) => [host, await measuredFor(meter, host, its)] as const),
    ),
  )
  return listOf(
    'PodMetricsList',
    running.map((pod) => podMetrics(pod, measured.get(hostOf(pod)))),
  )
}

async function onePod(client: Client, meter: Meter, namespace: string, name: string): Promise<JsonObject> {
  const missing = () => notFound({ group: GROUP, resource: 'podmetrics' }, `${namespace}/${name}`)
  const pod = await client.resource(pods).get(namespace, name).catch(translating(missing))
  const metrics = podMetrics(pod, await measuredFor(meter, hostOf(pod), [pod]))
  if (!metrics) throw missing()
  return metrics
}

/** Times are told in whole seconds, and counters begin a moment after a container. */
const LAG_MS = 2_000

const hostOf = ({ spec }: Pod): string => spec?.nodeName ?? ''

/** What is measured on a node; measured anew when one of the pods has begun since. */
async function measuredFor(meter: Meter, host: string, its: readonly Pod[]): Promise<Measured | undefined> {
  const measured = await meter.of(host)
  if (!measured || !its.some((pod) => hasBegunSince(pod, measured))) return measured
  return await meter.anew(host)
}

/** Whether all of a pod runs, and a part of it was not there yet at the first of the two looks. */
function hasBegunSince({ status }: Pod, { atMs, windowMs }: Measured): boolean {
  const begun = (status?.containerStatuses ?? []).map(({ state }) =>
    Date.parse(state?.running?.startedAt ?? ''),
  )
  return begun.length > 0 && !begun.includes(Number.NaN) && Math.max(...begun) + LAG_MS > atMs - windowMs
}

function translating(missing: () => Error): (error: unknown) => never {
  return (error) => {
    throw isNotFound(error) ? missing() : error
  }
}

function nodeMetrics(node: Node, measured: Measured | undefined): JsonObject | undefined {
  if (!measured?.node) return undefined
  return { ...headOf('NodeMetrics', node, measured), usage: quantities(measured.node) }
}

function podMetrics(pod: Pod, measured: Measured | undefined): JsonObject | undefined {
  const containers = measured?.pods.get(`${pod.metadata?.namespace}/${nameOf(pod)}`)
  if (!measured || !containers) return undefined
  return {
    ...headOf('PodMetrics', pod, measured),
    containers: [...containers].map(([name, usage]) => ({ name, usage: quantities(usage) })),
  }
}

const nameOf = ({ metadata }: KubeObject): string => metadata?.name ?? ''

function headOf(kind: string, { metadata }: KubeObject, { atMs, windowMs }: Measured): JsonObject {
  const { name = '', namespace, labels } = metadata ?? {}
  return {
    kind,
    apiVersion: API_VERSION,
    metadata: {
      name,
      ...(namespace && { namespace }),
      creationTimestamp: formatTime(atMs),
      ...(labels && { labels: { ...labels } }),
    },
    timestamp: formatTime(atMs),
    window: durationText(windowMs),
  }
}

/** As Go writes it: `15.02s`, `1m3.5s`. */
function durationText(ms: number): string {
  const minutes = Math.floor(ms / 60_000)
  return `${minutes > 0 ? `${minutes}m` : ''}${(ms - minutes * 60_000) / 1000}s`
}

/** As metrics-server writes them: thousandths of a millionth of a core, and whole KiB. */
function quantities({ cpuNanocores, memoryBytes }: Usage): JsonObject {
  return { cpu: `${Math.round(cpuNanocores)}n`, memory: `${Math.floor(memoryBytes / 1024)}Ki` }
}

function listOf(kind: string, items: readonly (JsonObject | undefined)[]): JsonObject {
  return { kind, apiVersion: API_VERSION, metadata: {}, items: items.filter((item) => item !== undefined) }
}
