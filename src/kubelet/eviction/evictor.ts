// Keeps the node from being brought down by its pods: says when it is short of something, and ends pods to help.
//
// signals ▶ pressure (a condition of the node, for at least five minutes) ▶ free what nobody needs ▶ evict one pod
// ▶ look again. Upstream: pkg/kubelet/eviction/eviction_manager.go. Left out: soft thresholds, PID pressure; who is to go
// when inodes are short is found by bytes.

import type { Pod } from '#api/types/core.ts'
import { podLogDirectory } from '#kubelet/containers/sandbox-config.ts'
import type { ContainerStats } from '#kubelet/cri/types.ts'
import { removeEndedContainers } from '#kubelet/eviction/ended-pods.ts'
import {
  hasStorageLimit,
  measureStorage,
  type StorageUse,
  storageExcess,
} from '#kubelet/eviction/local-storage.ts'
import { blame, isCritical, type PodUse, rank } from '#kubelet/eviction/ranking.ts'
import { isMet, readSignals, resourceOf, type Signal, shortage } from '#kubelet/eviction/signals.ts'
import type { ImageCollector } from '#kubelet/images/image-gc.ts'
import type { Pressure } from '#kubelet/node/node-status.ts'
import type { PodContext } from '#kubelet/pods/pod-context.ts'
import { isTerminalPhase } from '#kubelet/pods/pod-spec.ts'
import type { PodWorkers } from '#kubelet/pods/pod-workers.ts'
import { CONTAINER_NAME, POD_UID } from '#kubelet/runtime/labels.ts'

export interface Evictor {
  pressure(): Pressure
  run(signal: AbortSignal): Promise<void>
}

export interface EvictorOptions {
  readonly context: PodContext
  readonly rootDir: string
  readonly images: ImageCollector
  workers(): PodWorkers
  /** The node's pressure has changed. */
  onChange(): void
  /** Something is about to be freed: images, or what a pod has. */
  onShortage(resource: string): void
}

const LOOK_MS = 10_000
/** A condition stays for this long after its reason was last seen, so that pods do not come and go. */
const HOLD_MS = 300_000
const EVICTED = 'Evicted'

export function createEvictor(options: EvictorOptions): Evictor {
  const { context, rootDir, images, workers, onChange } = options
  const { clock, log, runtime, events } = context
  const seenAt = { memory: Number.NEGATIVE_INFINITY, disk: Number.NEGATIVE_INFINITY }

  function pressure(): Pressure {
    const isHeld = (at: number): boolean => clock.monotonic() - at < HOLD_MS
    return { memory: isHeld(seenAt.memory), disk: isHeld(seenAt.disk), pids: false }
  }

  function evict(pod: Pod, message: string): void {
    log.warn({ pod: pod.metadata?.name, namespace: pod.metadata?.namespace, message }, 'pod is evicted')
    events.pod(pod, 'Warning', EVICTED, message)
    workers().end(pod.metadata?.uid ?? '', { reason: EVICTED, message }, 0)
  }

  const evictable = (): readonly Pod[] =>
    workers()
      .active()
      .filter((pod) => !isTerminalPhase(pod.status?.phase))

  async function enforceLimits(): Promise<void> {
    const limited = evictable().filter((pod) => hasStorageLimit(pod) && !isCritical(pod))
    if (limited.length === 0) return
    const stats = await runtime.listContainerStats()
    for (const pod of limited) {
      const excess = storageExcess(pod, await storageOf(pod, stats))
      if (excess !== undefined) evict(pod, excess)
    }
  }

  function storageOf(pod: Pod, stats: readonly ContainerStats[]): Promise<StorageUse> {
    return measureStorage(pod, context.directories, podLogDirectory(context.logRoot, pod), stats)
  }

  async function storageUses(): Promise<readonly PodUse[]> {
    const stats = await runtime.listContainerStats()
    return await Promise.all(
      evictable().map(async (pod) => {
        const { containers, total } = await storageOf(pod, stats)
        return { pod, containers, usage: total }
      }),
    )
  }

  async function memoryUses(): Promise<readonly PodUse[]> {
    const stats = await runtime.listContainerStats()
    return evictable().map((pod) => {
      const containers = stats
        .filter(({ attributes }) => attributes.labels[POD_UID] === pod.metadata?.uid)
        .map(({ attributes, memory }) => ({
          name: attributes.labels[CONTAINER_NAME] ?? '',
          usage: memory?.workingSetBytes?.value ?? 0,
        }))
      return { pod, containers, usage: containers.reduce((sum, { usage }) => sum + usage, 0) }
    })
  }

  async function relieve(met: Signal): Promise<void> {
    const resource = resourceOf(met.name)
    options.onShortage(resource)
    if (resource !== 'memory') {
      await removeEndedContainers(context, (uid) => workers().mayBeRunning(uid))
      await images.collectAll()
      const again = (await readSignals(rootDir, runtime)).find(({ name }) => name === met.name)
      if (!again || !isMet(again)) return
    }
    const uses = resource === 'memory' ? await memoryUses() : await storageUses()
    const [first] = rank(uses, resource === 'memory' ? 'memory' : 'ephemeral-storage')
    if (!first) return
    const whose = resource === 'inodes' ? '' : blame(first, resource)
    evict(first.pod, `The node was low on resource: ${resource}. ${shortage(met)}${whose}`)
  }

  async function look(): Promise<void> {
    const before = JSON.stringify(pressure())
    const met = (await readSignals(rootDir, runtime)).filter(isMet)
    for (const { name } of met) seenAt[name === 'memory.available' ? 'memory' : 'disk'] = clock.monotonic()
    if (JSON.stringify(pressure()) !== before) onChange()
    await enforceLimits()
    const [first] = met
    if (first) await relieve(first)
  }

  return {
    pressure,
    async run(signal) {
      while (!signal.aborted) {
        await look().catch((error: unknown) =>
          log.warn({ error: String(error) }, 'the node was not looked at'),
        )
        await clock.sleep(LOOK_MS, signal).catch(() => undefined)
      }
    },
  }
}
