// What nodes and containers use: how fast, from two looks at a kubelet's counters, and how much memory. Pure.
//
// Upstream: kubernetes-sigs/metrics-server pkg/storage/{node,pod,types}.go

import { readSamples } from '#metrics/exposition.ts'

/** The counters of one thing at one time. */
interface Counters {
  readonly cpuSeconds: number
  readonly memoryBytes: number
}

/** What a kubelet said, all at one time. */
export interface Look {
  readonly atMs: number
  readonly node: Counters | undefined
  /** By `namespace/pod`, then by container. */
  readonly pods: ReadonlyMap<string, ReadonlyMap<string, Counters>>
}

export interface Usage {
  readonly cpuNanocores: number
  readonly memoryBytes: number
}

/** Usage over the time between two looks. */
export interface Measured {
  readonly atMs: number
  readonly windowMs: number
  readonly node: Usage | undefined
  readonly pods: ReadonlyMap<string, ReadonlyMap<string, Usage>>
}

const CPU = 'cpu_usage_seconds_total'
const MEMORY = 'memory_working_set_bytes'
const NAMES = new Set([`node_${CPU}`, `node_${MEMORY}`, `container_${CPU}`, `container_${MEMORY}`])

/** Reads `/metrics/resource` of a kubelet. */
export function readLook(text: string, atMs: number): Look {
  const node: Partial<Record<string, number>> = {}
  const pods = new Map<string, Map<string, Partial<Record<string, number>>>>()
  for (const { name, labels, value } of readSamples(text, NAMES)) {
    const [scope = '', metric = ''] = [name.slice(0, name.indexOf('_')), name.slice(name.indexOf('_') + 1)]
    if (scope === 'node') node[metric] = value
    else {
      const { namespace, pod, container = '' } = labels
      const containers = getOrAdd(pods, `${namespace}/${pod}`, () => new Map())
      getOrAdd(containers, container, () => ({}))[metric] = value
    }
  }
  return {
    atMs,
    node: countersOf(node),
    pods: mapValues(pods, (containers) => known(containers, countersOf)),
  }
}

function countersOf(values: Partial<Record<string, number>>): Counters | undefined {
  const { [CPU]: cpuSeconds, [MEMORY]: memoryBytes } = values
  return cpuSeconds === undefined || memoryBytes === undefined ? undefined : { cpuSeconds, memoryBytes }
}

/**
 * What was used between two looks. A pod is left out as long as one of its containers is not in both, or has begun again in
 * between: a part of a pod would be taken for the whole.
 */
export function measure(before: Look, after: Look): Measured {
  const windowMs = after.atMs - before.atMs
  const usage = (old: Counters | undefined, { cpuSeconds, memoryBytes }: Counters): Usage | undefined => {
    if (!old || old.cpuSeconds > cpuSeconds || windowMs <= 0) return undefined
    return { cpuNanocores: ((cpuSeconds - old.cpuSeconds) / windowMs) * 1e12, memoryBytes }
  }
  const pods = new Map<string, ReadonlyMap<string, Usage>>()
  for (const [pod, containers] of after.pods) {
    const old = before.pods.get(pod)
    const measured = new Map<string, Usage>()
    for (const [name, counters] of containers) {
      const used = usage(old?.get(name), counters)
      if (used) measured.set(name, used)
    }
    if (measured.size > 0 && measured.size === containers.size) pods.set(pod, measured)
  }
  return { atMs: after.atMs, windowMs, node: after.node && usage(before.node, after.node), pods }
}

function getOrAdd<V>(map: Map<string, V>, key: string, make: () => V): V {
  const found = map.get(key) ?? make()
  map.set(key, found)
  return found
}

function mapValues<A, B>(map: ReadonlyMap<string, A>, convert: (value: A) => B): ReadonlyMap<string, B> {
  return new Map([...map].map(([key, value]) => [key, convert(value)]))
}

/** Those for which something is known. */
function known<A, B>(
  map: ReadonlyMap<string, A>,
  convert: (value: A) => B | undefined,
): ReadonlyMap<string, B> {
  const found = new Map<string, B>()
  for (const [key, value] of map) {
    const converted = convert(value)
    if (converted !== undefined) found.set(key, converted)
  }
  return found
}
