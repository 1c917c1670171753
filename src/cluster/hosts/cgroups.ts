// The cgroups under which everything of a node runs, in whichever version of cgroups the machine has.
//
// In version 1 each controller is a tree of its own, and a new cpuset is empty: without CPUs and memory nodes
// nothing can be put into it. In version 2 a parent has to let its children use a controller.

import { mkdir, readdir, readFile, rmdir, writeFile } from 'node:fs/promises'
import path from 'node:path'
import type { Clock } from '#sys/clock.ts'
import { exists } from '#sys/files.ts'

const ROOT = '/sys/fs/cgroup'
const REMOVAL_TRIES = 50
const REMOVAL_WAIT_MS = 40

/** The roots of the hierarchies: one in version 2, one a controller in version 1. */
export async function hierarchies(): Promise<readonly string[]> {
  if (await exists(path.join(ROOT, 'cgroup.controllers'))) return [ROOT]
  const names = await readdir(ROOT)
  const roots = names.map((name) => path.join(ROOT, name))
  const isRoot = await Promise.all(roots.map((root) => exists(path.join(root, 'cgroup.procs'))))
  return roots.filter((_root, i) => isRoot[i])
}

/** Makes the cgroup `group` (`k8ts-ab/1`) in every hierarchy, ready to have processes and children. */
export async function ensureCgroup(group: string): Promise<void> {
  for (const root of await hierarchies()) {
    let folder = root
    for (const part of group.split('/')) {
      await passControllersOn(folder)
      const parent = folder
      folder = path.join(folder, part)
      await mkdir(folder, { recursive: true })
      await inheritCpuset(parent, folder)
    }
    await passControllersOn(folder)
  }
}

async function passControllersOn(folder: string): Promise<void> {
  const controllers = await readFile(path.join(folder, 'cgroup.controllers'), 'utf8').catch(() => '')
  if (controllers.trim() === '') return
  const wanted = controllers
    .trim()
    .split(' ')
    .map((name) => `+${name}`)
  await writeFile(path.join(folder, 'cgroup.subtree_control'), wanted.join(' ')).catch(() => undefined)
}

async function inheritCpuset(parent: string, folder: string): Promise<void> {
  for (const file of ['cpuset.cpus', 'cpuset.mems']) {
    const own = await readFile(path.join(folder, file), 'utf8').catch(() => undefined)
    const isVersion2 = await exists(path.join(folder, 'cgroup.controllers'))
    if (own === undefined || own.trim() !== '' || isVersion2) continue
    await writeFile(path.join(folder, file), await readFile(path.join(parent, file), 'utf8'))
  }
}

/** The processes in `group` and below, in all hierarchies. */
export async function processesIn(group: string): Promise<ReadonlySet<number>> {
  const pids = new Set<number>()
  for (const root of await hierarchies()) {
    for (const folder of await foldersBelow(path.join(root, group))) {
      const text = await readFile(path.join(folder, 'cgroup.procs'), 'utf8').catch(() => '')
      for (const line of text.split('\n')) if (line !== '') pids.add(Number(line))
    }
  }
  return pids
}

/** Removes `group` and all below it; its processes must have been told to end before. */
export async function removeCgroup(group: string, clock: Clock): Promise<void> {
  for (const root of await hierarchies()) {
    for (const folder of await foldersBelow(path.join(root, group))) {
      // A cgroup is busy until the kernel has put away its last process, a moment after it was killed.
      for (let tries = 0; tries < REMOVAL_TRIES && !(await removed(folder)); tries++)
        await clock.sleep(REMOVAL_WAIT_MS)
    }
  }
}

const removed = (folder: string): Promise<boolean> =>
  rmdir(folder).then(
    () => true,
    (error: NodeJS.ErrnoException) => error.code === 'ENOENT',
  )

/** `folder` and all folders in it, the deepest first. */
async function foldersBelow(folder: string): Promise<readonly string[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => undefined)
  if (!entries) return []
  const below: string[] = []
  for (const entry of entries)
    if (entry.isDirectory()) below.push(...(await foldersBelow(path.join(folder, entry.name))))
  return [...below, folder]
}
