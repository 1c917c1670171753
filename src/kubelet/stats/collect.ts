// What pods and containers use: from the runtime's counters, the pods' cgroups and their network devices.
//
// Upstream: pkg/kubelet/stats/cri_stats_provider.go

import { readFile } from 'node:fs/promises'
import path from 'node:path'
import type { CgroupTree } from '#kubelet/cgroups/cgroup-tree.ts'
import type { ContainerStats } from '#kubelet/cri/types.ts'
import { type FilesystemUsage, filesystemUsage, memoryLine } from '#kubelet/node/machine.ts'
import { CONTAINER_NAME, POD_UID } from '#kubelet/runtime/labels.ts'
import type { ServerContext } from '#kubelet/server/server-context.ts'

export interface Usage {
  /** Milliseconds since 1970. */
  readonly time: number
  readonly cpuNanoseconds: number
  readonly workingSetBytes: number
}

export interface ContainerUsage extends Usage {
  readonly name: string
  readonly startedAt: number
  readonly rssBytes: number
  readonly usageBytes: number
  readonly pageFaults: number
  readonly majorPageFaults: number
  /** The writable layer. */
  readonly rootfsBytes: number
  readonly rootfsInodes: number
}

export interface PodUsage extends Usage {
  readonly uid: string
  readonly namespace: string
  readonly name: string
  readonly startedAt: number
  readonly containers: readonly ContainerUsage[]
}

export interface NodeUsage extends Usage {
  readonly nodeName: string
  readonly bootedAt: number
  readonly availableBytes: number
  readonly usageBytes: number
  readonly rootfs: FilesystemUsage
  readonly imagefs: { readonly filesystem: FilesystemUsage; readonly usedBytes: number } | undefined
  readonly processes: number
  readonly maxProcesses: number
}

export async function podUsages(context: ServerContext): Promise<readonly PodUsage[]> {
  const { runtime, cgroups } = context
  const byPod = new Map<string, ContainerStats[]>()
  for (const stats of await runtime.listContainerStats()) {
    const uid = stats.attributes.labels[POD_UID]
    if (uid !== undefined) byPod.set(uid, [...(byPod.get(uid) ?? []), stats])
  }
  const usages: PodUsage[] = []
  for (const pod of context.pods()) {
    const { uid = '', namespace = '', name = '', creationTimestamp = '' } = pod.metadata ?? {}
    const runtimePod = context.runtimePod(uid)
    if (!runtimePod) continue
    const containers = (byPod.get(uid) ?? []).flatMap((stats) => {
      const containerName = stats.attributes.labels[CONTAINER_NAME] ?? stats.attributes.metadata.name
      const running = runtimePod.containers.find(({ id }) => id === stats.attributes.id)
      return running?.state === 'running' ? [containerUsage(stats, containerName, running.startedAt)] : []
    })
    const own = await cgroupUsage(cgroups, cgroups.pathOf(pod), context.clock.now())
    usages.push({ uid, namespace, name, startedAt: Date.parse(creationTimestamp), containers, ...own })
  }
  return usages
}

function containerUsage(stats: ContainerStats, name: string, startedAt: number): ContainerUsage {
  const { cpu, memory, writableLayer } = stats
  return {
    name,
    startedAt,
    time: (cpu?.timestamp ?? 0) / 1e6,
    cpuNanoseconds: cpu?.usageCoreNanoSeconds?.value ?? 0,
    workingSetBytes: memory?.workingSetBytes?.value ?? 0,
    rssBytes: memory?.rssBytes?.value ?? 0,
    usageBytes: memory?.usageBytes?.value ?? 0,
    pageFaults: memory?.pageFaults?.value ?? 0,
    majorPageFaults: memory?.majorPageFaults?.value ?? 0,
    rootfsBytes: writableLayer?.usedBytes?.value ?? 0,
    rootfsInodes: writableLayer?.inodesUsed?.value ?? 0,
  }
}

/** CPU time and working set (what is in use but for file pages that could be dropped) of a cgroup. */
export async function cgroupUsage(cgroups: CgroupTree, cgroup: string, time: number): Promise<Usage> {
  const read = (controller: string, file: string): Promise<string> =>
    readFile(path.join(cgroups.directory(controller, cgroup), file), 'utf8').catch(() => '')
  const line = (text: string, name: string): number =>
    Number(new RegExp(`^${name} (\\d+)$`, 'm').exec(text)?.[1] ?? 0)
  if (cgroups.version === 2) {
    const [cpu, current, stat] = await Promise.all([
      read('', 'cpu.stat'),
      read('', 'memory.current'),
      read('', 'memory.stat'),
    ])
    const workingSetBytes = Math.max(0, Number(current) - line(stat, 'inactive_file'))
    return { time, cpuNanoseconds: line(cpu, 'usage_usec') * 1000, workingSetBytes }
  }
  const [cpu, usage, stat] = await Promise.all([
    read('cpuacct', 'cpuacct.usage'),
    read('memory', 'memory.usage_in_bytes'),
    read('memory', 'memory.stat'),
  ])
  const workingSetBytes = Math.max(0, Number(usage) - line(stat, 'total_inactive_file'))
  return { time, cpuNanoseconds: Number(cpu), workingSetBytes }
}

export async function nodeUsage(context: ServerContext): Promise<NodeUsage> {
  const [meminfo, stat, maxProcesses, rootfs, imageUsage] = await Promise.all([
    readFile('/proc/meminfo', 'utf8'),
    readFile('/proc/stat', 'utf8'),
    readFile('/proc/sys/kernel/pid_max', 'utf8'),
    filesystemUsage(context.rootDir),
    context.runtime.imageFilesystem(),
  ])
  const total = memoryLine(meminfo, 'MemTotal')
  const available = memoryLine(meminfo, 'MemAvailable')
  const mountPoint = imageUsage?.fsId?.mountpoint
  return {
    nodeName: context.nodeName,
    time: context.clock.now(),
    bootedAt: Number(/^btime (\d+)$/m.exec(stat)?.[1] ?? 0) * 1000,
    cpuNanoseconds: busyNanoseconds(stat),
    workingSetBytes: total - available,
    usageBytes: total - memoryLine(meminfo, 'MemFree'),
    availableBytes: available,
    rootfs,
    imagefs: mountPoint
      ? { filesystem: await filesystemUsage(mountPoint), usedBytes: imageUsage?.usedBytes?.value ?? 0 }
      : undefined,
    processes: await processCount(),
    maxProcesses: Number(maxProcesses),
  }
}

/** All time of all CPUs but idle and waiting; the kernel counts in hundredths of a second. */
function busyNanoseconds(stat: string): number {
  const [user = 0, nice = 0, system = 0, , , irq = 0, softirq = 0, steal = 0] = (
    /^cpu +(.*)$/m.exec(stat)?.[1] ?? ''
  )
    .split(' ')
    .map(Number)
  return (user + nice + system + irq + softirq + steal) * 1e7
}

/** The fourth field of /proc/loadavg is `running/all`. */
async function processCount(): Promise<number> {
  const text = await readFile('/proc/loadavg', 'utf8')
  return Number(/\/(\d+)/.exec(text)?.[1] ?? 0)
}
