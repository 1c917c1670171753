// Network and mount namespaces that outlive the processes in them, pinned to files.
//
// `nsenter --net=FILE --mount=FILE` enters them; unlike `ip netns exec` it leaves /sys/fs/cgroup visible.

import { mkdir, readdir, readFile, readlink, rm, stat, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { run, tryRun } from '#sys/process.ts'

/** Makes a folder in which namespaces can be pinned: a mount of its own that does not propagate. Not to be called twice at once. */
export async function ensurePinFolder(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o700 })
  if (await isMountPoint(folder)) return
  await run('mount', ['--bind', folder, folder])
  await run('mount', ['--make-private', folder])
}

/** Makes a network and a mount namespace with shared propagation and pins them. */
export async function createNamespaces(netFile: string, mountFile: string): Promise<void> {
  await writeFile(netFile, '')
  await writeFile(mountFile, '')
  await run('unshare', [`--net=${netFile}`, `--mount=${mountFile}`, '--propagation', 'shared', 'true'])
}

/** Whether a namespace is pinned to this file. */
export async function isPinned(file: string): Promise<boolean> {
  return (await exists(file)) && isMountPoint(file)
}

/** Lets go of a pinned namespace; it ends with the last process in it. */
export async function unpin(file: string): Promise<void> {
  await tryRun('umount', ['--lazy', file])
  await rm(file, { force: true })
}

/** Removes a folder of pins with all that is in it. */
export async function removePinFolder(folder: string): Promise<void> {
  if (!(await exists(folder))) return
  for (const name of await readdir(folder)) await unpin(path.join(folder, name))
  while (await isMountPoint(folder)) await run('umount', ['--lazy', folder])
  await rm(folder, { recursive: true, force: true })
}

/** Arguments for `nsenter` that run a command in pinned namespaces. */
export function enterArguments(netFile: string, mountFile: string, command: readonly string[]): string[] {
  return [`--net=${netFile}`, `--mount=${mountFile}`, '--', ...command]
}

/** Identifies a pinned namespace: what /proc/PID/ns/mnt of the processes in it links to. */
export async function namespaceId(file: string): Promise<number | undefined> {
  try {
    return (await stat(file)).ino
  } catch {
    return undefined
  }
}

/** The processes in the mount namespace with this id. */
export async function processesInMountNamespace(id: number): Promise<readonly number[]> {
  const found: number[] = []
  for (const name of await readdir('/proc')) {
    if (!/^\d+$/.test(name)) continue
    const link = await readlink(`/proc/${name}/ns/mnt`).catch(() => '')
    if (link === `mnt:[${id}]`) found.push(Number(name))
  }
  return found
}

async function isMountPoint(file: string): Promise<boolean> {
  const mounts = await readFile('/proc/self/mountinfo', 'utf8')
  return mounts.split('\n').some((line) => line.split(' ')[4] === file)
}

const exists = (file: string): Promise<boolean> =>
  stat(file).then(
    () => true,
    () => false,
  )
