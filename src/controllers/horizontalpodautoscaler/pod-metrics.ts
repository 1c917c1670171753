// What pods use, as the resource metrics API (metrics.k8s.io) tells it, if somebody serves that.
//
// Upstream: pkg/controller/podautoscaler/metrics/client.go

import { parseGoDuration } from '#api/meta/go-duration.ts'
import { toMillis } from '#api/meta/quantity.ts'
import { StatusError } from '#api/meta/status.ts'
import type { Client } from '#client/client.ts'
import { messageOf } from '#controllers/pods/pod-control.ts'

export interface PodMetric {
  /** In thousandths. */
  readonly value: number
  /** When it was measured, over how long. */
  readonly atMs: number
  readonly windowMs: number
}

export type PodMetrics = ReadonlyMap<string, PodMetric>

interface PodMetricsList {
  readonly items?: readonly {
    readonly metadata?: { readonly name?: string }
    readonly timestamp?: string
    readonly window?: string
    readonly containers?: readonly {
      readonly name: string
      readonly usage?: Readonly<Record<string, string>>
    }[]
  }[]
}

/** By pod, of one resource; of one container, or of all of a pod. Pods of which it is not known are left out. */
export async function podMetrics(
  client: Client,
  namespace: string,
  labelSelector: string,
  resource: string,
  container: string,
): Promise<PodMetrics> {
  const list = await fetchMetrics(client, namespace, labelSelector)
  if ((list.items ?? []).length === 0) throw new Error('no metrics returned from resource metrics API')
  const found = new Map<string, PodMetric>()
  for (const { metadata, timestamp = '', window = '0s', containers = [] } of list.items ?? []) {
    const relevant = container === '' ? containers : containers.filter(({ name }) => name === container)
    const usages = relevant.map(({ usage }) => usage?.[resource])
    if (usages.length === 0 || usages.includes(undefined)) continue
    const value = usages.reduce((sum, usage) => sum + toMillis(usage ?? '0'), 0)
    found.set(metadata?.name ?? '', { value, atMs: Date.parse(timestamp), windowMs: parseGoDuration(window) })
  }
  return found
}

async function fetchMetrics(
  client: Client,
  namespace: string,
  labelSelector: string,
): Promise<PodMetricsList> {
  const path = `/apis/metrics.k8s.io/v1beta1/namespaces/${encodeURIComponent(namespace)}/pods`
  try {
    return (await client.request({ method: 'GET', path, query: { labelSelector } })) as PodMetricsList
  } catch (error) {
    // Nobody serves the API.
    const isUnserved = error instanceof StatusError && error.code === 404
    const why = isUnserved
      ? 'the server could not find the requested resource (get pods.metrics.k8s.io)'
      : messageOf(error)
    throw new Error(`unable to fetch metrics from resource metrics API: ${why}`, { cause: error })
  }
}
