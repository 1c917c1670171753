// What clusters need of the whole machine, remembered so that the last one to go can put it back.
//
// Kernel settings (forwarding, inotify limits) and folders that only hosts use. Invariant: the record holds the
// values from before the first cluster, and is read and written under a lock.

import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { type FileLock, lockFile } from '#sys/file-lock.ts'
import { exists, readTextIfExists, removeIfEmpty, writeFileAtomically } from '#sys/files.ts'

interface MachineRecord {
  /** File below /proc/sys → its value before. */
  readonly settings: Readonly<Record<string, string>>
  /** Folders that were not there before. */
  readonly folders: readonly string[]
}

/** The part of the file system that this reads and changes; a test gives another one. */
export interface MachineFolders {
  /** Where running clusters have a folder each: /run/k8ts. */
  readonly runRoot: string
  /** /proc/sys */
  readonly settings: string
  /** Made for hosts, and by container runtimes in them. */
  readonly made: readonly string[]
}

export function machineFolders(runRoot: string): MachineFolders {
  return { runRoot, settings: '/proc/sys', made: ['/run/netns', '/run/containerd', '/run/containerd/s'] }
}

/** Several nodes watch many files: the usual 128 instances are used up by the second one. */
const LEAST: Readonly<Record<string, number>> = {
  'net/ipv4/ip_forward': 1,
  'fs/inotify/max_user_instances': 8_192,
  'fs/inotify/max_user_watches': 524_288,
}

const LOCK_WAIT_MS = 10_000
const RECORD = 'machine.json'
const LOCK = 'machine.lock'

/** Raises what is too low and makes what is missing; the first call remembers what was. */
export async function prepareMachine({ runRoot, settings, made }: MachineFolders): Promise<void> {
  const lock = await takeLock(runRoot)
  try {
    const recordFile = path.join(runRoot, RECORD)
    const record = parse(await readTextIfExists(recordFile))
    const before: Record<string, string> = { ...record.settings }
    const low: string[] = []
    for (const [name, least] of Object.entries(LEAST)) {
      const value = (await readFile(path.join(settings, name), 'utf8')).trim()
      if (Number(value) >= least) continue
      low.push(name)
      before[name] ??= value
    }
    const folders = new Set(record.folders)
    for (const folder of made) if (!(await exists(folder))) folders.add(folder)
    await writeFileAtomically(recordFile, JSON.stringify({ settings: before, folders: [...folders] }))
    for (const folder of made) await mkdir(folder, { recursive: true })
    for (const name of low) await writeFile(path.join(settings, name), String(LEAST[name]))
  } finally {
    await lock.release()
  }
}

/** Puts everything back and forgets it, unless another cluster still needs it. */
export async function restoreMachine({ runRoot, settings }: MachineFolders): Promise<void> {
  if (!(await exists(runRoot))) return
  const lock = await takeLock(runRoot)
  try {
    const entries = await readdir(runRoot, { withFileTypes: true })
    if (entries.some((entry) => entry.isDirectory())) return
    const record = parse(await readTextIfExists(path.join(runRoot, RECORD)))
    for (const [name, value] of Object.entries(record.settings))
      await writeFile(path.join(settings, name), value)
    for (const folder of [...record.folders].reverse()) await removeIfEmpty(folder)
    await rm(path.join(runRoot, RECORD), { force: true })
    await rm(path.join(runRoot, LOCK), { force: true })
    await removeIfEmpty(runRoot)
  } finally {
    await lock.release()
  }
}

/** Does something that no other `up` or `down` on this machine does at the same time. */
export async function withMachineLock<T>(runRoot: string, work: () => Promise<T>): Promise<T> {
  const lock = await takeLock(runRoot)
  try {
    return await work()
  } finally {
    await lock.release()
  }
}

async function takeLock(runRoot: string): Promise<FileLock> {
  const file = path.join(runRoot, LOCK)
  const lock = await lockFile(file, LOCK_WAIT_MS)
  if (!lock) throw new Error(`${file} is held by another process`)
  return lock
}

function parse(text: string | undefined): MachineRecord {
  return text === undefined ? { settings: {}, folders: [] } : (JSON.parse(text) as MachineRecord)
}
