// The node's tree of cgroups: kubepods, a class below it, a pod below that. Both versions of the kernel's interface.
//
//   <parent>/kubepods/                pod<uid>      Guaranteed
//   <parent>/kubepods/burstable/      pod<uid>
//   <parent>/kubepods/besteffort/     pod<uid>
//
// Containers' own cgroups are made by the runtime below their pod's. Invariant: a directory that is there is
// set up; everything is idempotent, so that a restart simply does it again.
// Upstream: pkg/kubelet/cm/{cgroup_manager_linux,pod_container_manager_linux,qos_container_manager_linux}.go

import { existsSync } from 'node:fs'
import { mkdir, readdir, readFile, rmdir, writeFile } from 'node:fs/promises'
import path from 'node:path'
import type { Pod } from '#api/types/core.ts'
import { CPU_PERIOD_US, MIN_SHARES, weightOfShares } from '#kubelet/cgroups/convert.ts'
import { burstableShares, type CgroupConfig, podCgroupConfig } from '#kubelet/cgroups/pod-cgroup-config.ts'
import { qosClassOf } from '#kubelet/pods/pod-spec.ts'
import type { Clock } from '#sys/clock.ts'
import { codeOf, isMissing } from '#sys/files.ts'

export interface CgroupTree {
  /** Path of a pod's cgroup within each hierarchy: what the runtime takes as parent. */
  pathOf(pod: Pod): string
  /** Makes kubepods and the classes. */
  prepare(): Promise<void>
  /** Makes a pod's cgroup, or brings it up to date; with `also` it is wide enough for both. */
  ensure(pod: Pod, also?: CgroupConfig): Promise<void>
  /** Sets the weight of the Burstable class from what its pods ask for. */
  balance(pods: readonly Pod[]): Promise<void>
  /** Removes a pod's cgroup; processes still in it are killed. */
  remove(uid: string): Promise<void>
  /** UIDs of pods that have a cgroup. */
  list(): Promise<readonly string[]>
  /** Directory to read numbers from, in the hierarchy of a v1 controller. */
  directory(controller: string, cgroup: string): string
  readonly version: 1 | 2
}

export interface CgroupTreeOptions {
  /** `/k8ts/mycluster/n1`: everything of this node is below it. */
  readonly parent: string
  readonly clock: Clock
  readonly mountPoint?: string
}

const V1_CONTROLLERS = [
  'cpu',
  'cpuacct',
  'cpuset',
  'memory',
  'pids',
  'blkio',
  'devices',
  'freezer',
  'hugetlb',
  'systemd',
]
const V2_CONTROLLERS = '+cpu +memory +pids +cpuset +io'
const CLASSES = ['burstable', 'besteffort'] as const

export function createCgroupTree(options: CgroupTreeOptions): CgroupTree {
  const root = options.mountPoint ?? '/sys/fs/cgroup'
  const version = existsSync(path.join(root, 'cgroup.controllers')) ? 2 : 1
  const hierarchies =
    version === 2
      ? [root]
      : V1_CONTROLLERS.map((name) => path.join(root, name)).filter((folder) => existsSync(folder))
  const kubepods = path.join('/', options.parent, 'kubepods')
  const directory = (controller: string, cgroup: string): string =>
    path.join(version === 2 ? root : path.join(root, controller), cgroup)
  /** What this process has set: each sync of a pod asks for it again. Of a restarted kubelet nothing. */
  const applied = new Map<string, string>()

  function pathOf(pod: Pod): string {
    const qosClass = qosClassOf(pod)
    const folder = qosClass === 'Guaranteed' ? '' : qosClass.toLowerCase()
    return path.join(kubepods, folder, `pod${pod.metadata?.uid ?? ''}`)
  }

  async function make(cgroup: string): Promise<void> {
    await Promise.all(
      hierarchies
        .filter((hierarchy) => !existsSync(path.join(hierarchy, cgroup)))
        .map((hierarchy) => makeIn(hierarchy, cgroup)),
    )
  }

  /** Every level by itself where it has to be set up: a cpuset needs CPUs before processes, v2 its controllers. */
  async function makeIn(hierarchy: string, cgroup: string): Promise<void> {
    if (version === 1 && path.basename(hierarchy) !== 'cpuset') {
      await mkdir(path.join(hierarchy, cgroup), { recursive: true })
      return
    }
    let folder = hierarchy
    for (const part of cgroup.split('/').filter((name) => name !== '')) {
      const parent = folder
      folder = path.join(folder, part)
      if (existsSync(folder)) continue
      if (version === 2)
        await writeFile(path.join(parent, 'cgroup.subtree_control'), V2_CONTROLLERS).catch(() => undefined)
      await mkdir(folder, { recursive: true })
      if (path.basename(hierarchy) === 'cpuset') await inheritCpuset(parent, folder)
    }
  }

  async function set(cgroup: string, config: CgroupConfig): Promise<void> {
    for (const [controller, file, value] of settings(version, config)) {
      const target = path.join(directory(controller, cgroup), file)
      await writeFile(target, value).catch((error: unknown) => {
        // A kernel without a controller has no such file; what it cannot limit is not limited.
        if (!isMissing(error)) throw error
      })
    }
  }

  async function find(uid: string): Promise<readonly string[]> {
    const places = [kubepods, ...CLASSES.map((name) => path.join(kubepods, name))]
    return places.map((place) => path.join(place, `pod${uid}`))
  }

  return {
    version,
    pathOf,
    directory,
    async prepare() {
      for (const name of CLASSES) await make(path.join(kubepods, name))
      await set(path.join(kubepods, 'besteffort'), { cpuShares: MIN_SHARES })
    },
    async ensure(pod, also) {
      const cgroup = pathOf(pod)
      const own = podCgroupConfig(pod)
      const config = also ? wider(own, also) : own
      const wanted = JSON.stringify(config)
      if (applied.get(cgroup) === wanted && existsSync(directory('memory', cgroup))) return
      await make(cgroup)
      await set(cgroup, config)
      applied.set(cgroup, wanted)
    },
    balance: (pods) => set(path.join(kubepods, 'burstable'), { cpuShares: burstableShares(pods) }),
    async remove(uid) {
      for (const cgroup of await find(uid)) {
        applied.delete(cgroup)
        for (const hierarchy of hierarchies) await removeTree(path.join(hierarchy, cgroup), options.clock)
      }
    },
    async list() {
      const uids = new Set<string>()
      for (const place of ['', ...CLASSES]) {
        const folder = path.join(directory('memory', kubepods), place)
        const names = await readdir(folder).catch(() => [])
        for (const name of names) if (name.startsWith('pod')) uids.add(name.slice(3))
      }
      return [...uids]
    },
  }
}

/** The larger of each; no limit is the largest. */
function wider(a: CgroupConfig, b: CgroupConfig): CgroupConfig {
  const most = (x: number | undefined, y: number | undefined): number | undefined =>
    x === undefined || y === undefined ? undefined : Math.max(x, y)
  const cpuQuotaUs = most(a.cpuQuotaUs, b.cpuQuotaUs)
  const memoryBytes = most(a.memoryBytes, b.memoryBytes)
  return {
    cpuShares: Math.max(a.cpuShares, b.cpuShares),
    ...(cpuQuotaUs !== undefined && { cpuQuotaUs }),
    ...(memoryBytes !== undefined && { memoryBytes }),
  }
}

async function inheritCpuset(parent: string, folder: string): Promise<void> {
  for (const file of ['cpuset.cpus', 'cpuset.mems']) {
    const value = await readFile(path.join(parent, file), 'utf8').catch(() => '')
    if (value.trim() !== '') await writeFile(path.join(folder, file), value)
  }
}

function settings(version: 1 | 2, config: CgroupConfig): readonly (readonly [string, string, string])[] {
  const { cpuShares, cpuQuotaUs, memoryBytes } = config
  if (version === 2) {
    return [
      ['', 'cpu.weight', String(weightOfShares(cpuShares))],
      ['', 'cpu.max', `${cpuQuotaUs ?? 'max'} ${CPU_PERIOD_US}`],
      ['', 'memory.max', String(memoryBytes ?? 'max')],
    ]
  }
  return [
    ['cpu', 'cpu.shares', String(cpuShares)],
    ['cpu', 'cpu.cfs_period_us', String(CPU_PERIOD_US)],
    ['cpu', 'cpu.cfs_quota_us', String(cpuQuotaUs ?? -1)],
    ['memory', 'memory.limit_in_bytes', String(memoryBytes ?? -1)],
  ]
}

const REMOVE_TRIES = 20
const REMOVE_PAUSE_MS = 50

/** Leaves first. A cgroup whose last process has just died may be busy for a moment. */
async function removeTree(folder: string, clock: Clock): Promise<void> {
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => undefined)
  if (!entries) return
  for (const entry of entries) if (entry.isDirectory()) await removeTree(path.join(folder, entry.name), clock)
  for (let attempt = 0; ; attempt++) {
    try {
      await rmdir(folder)
      return
    } catch (error) {
      if (isMissing(error)) return
      if (codeOf(error) !== 'EBUSY' || attempt >= REMOVE_TRIES) throw error
      await killAll(folder)
      await clock.sleep(REMOVE_PAUSE_MS)
    }
  }
}

async function killAll(folder: string): Promise<void> {
  const pids = await readFile(path.join(folder, 'cgroup.procs'), 'utf8').catch(() => '')
  for (const pid of pids.split('\n').filter((line) => line !== '' && line !== '0')) {
    try {
      process.kill(Number(pid), 'SIGKILL')
    } catch (error) {
      if (codeOf(error) !== 'ESRCH') throw error
    }
  }
}
