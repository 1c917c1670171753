// GET /stats/summary: usage of the node and its pods as JSON. Rates need two looks; the last one is remembered.
//
// Upstream: pkg/kubelet/server/stats/summary.go, staging/src/k8s.io/kubelet/pkg/apis/stats/v1alpha1

import type { FilesystemUsage } from '#kubelet/node/machine.ts'
import type { ServerContext } from '#kubelet/server/server-context.ts'
import {
  type ContainerUsage,
  type NodeUsage,
  nodeUsage,
  type PodUsage,
  podUsages,
  type Usage,
} from '#kubelet/stats/collect.ts'
import { formatTime } from '#sys/clock.ts'

export interface Summary {
  read(): Promise<object>
}

export function createSummary(context: ServerContext): Summary {
  const last = new Map<string, Usage>()

  /** Nanoseconds of CPU a second since the last look; 0 at the first. */
  function nanoCores(key: string, usage: Usage): number {
    const before = last.get(key)
    last.set(key, usage)
    if (!before || usage.time <= before.time) return 0
    return Math.max(
      0,
      Math.round(((usage.cpuNanoseconds - before.cpuNanoseconds) * 1000) / (usage.time - before.time)),
    )
  }

  const cpu = (key: string, usage: Usage): object => ({
    time: formatTime(usage.time),
    usageNanoCores: nanoCores(key, usage),
    usageCoreNanoSeconds: usage.cpuNanoseconds,
  })

  function container(pod: PodUsage, usage: ContainerUsage): object {
    const time = formatTime(usage.time)
    return {
      name: usage.name,
      startTime: formatTime(usage.startedAt),
      cpu: cpu(`${pod.uid}/${usage.name}`, usage),
      memory: {
        time,
        usageBytes: usage.usageBytes,
        workingSetBytes: usage.workingSetBytes,
        rssBytes: usage.rssBytes,
        pageFaults: usage.pageFaults,
        majorPageFaults: usage.majorPageFaults,
      },
      rootfs: { time, usedBytes: usage.rootfsBytes, inodesUsed: usage.rootfsInodes },
    }
  }

  function podOf(usage: PodUsage): object {
    const { name, namespace, uid } = usage
    return {
      podRef: { name, namespace, uid },
      startTime: formatTime(usage.startedAt),
      containers: usage.containers.map((one) => container(usage, one)),
      cpu: cpu(uid, usage),
      memory: { time: formatTime(usage.time), workingSetBytes: usage.workingSetBytes },
    }
  }

  function nodeOf(usage: NodeUsage): object {
    const time = formatTime(usage.time)
    return {
      nodeName: usage.nodeName,
      startTime: formatTime(usage.bootedAt),
      cpu: cpu('node', usage),
      memory: {
        time,
        availableBytes: usage.availableBytes,
        usageBytes: usage.usageBytes,
        workingSetBytes: usage.workingSetBytes,
      },
      fs: filesystem(time, usage.rootfs),
      ...(usage.imagefs && {
        runtime: {
          imageFs: { ...filesystem(time, usage.imagefs.filesystem), usedBytes: usage.imagefs.usedBytes },
        },
      }),
      rlimit: { time, maxpid: usage.maxProcesses, curproc: usage.processes },
    }
  }

  return {
    async read() {
      const [node, pods] = await Promise.all([nodeUsage(context), podUsages(context)])
      const present = new Set(pods.map(({ uid }) => uid))
      for (const key of last.keys())
        if (key !== 'node' && !present.has(key.split('/')[0] ?? '')) last.delete(key)
      return { node: nodeOf(node), pods: pods.map(podOf) }
    },
  }
}

function filesystem(time: string, usage: FilesystemUsage): object {
  return {
    time,
    availableBytes: usage.availableBytes,
    capacityBytes: usage.capacityBytes,
    usedBytes: usage.capacityBytes - usage.availableBytes,
    inodesFree: usage.inodesFree,
    inodes: usage.inodes,
    inodesUsed: usage.inodes - usage.inodesFree,
  }
}
