// Files of a volume that change all at once: whoever reads them sees the old set or the new one.
//
//   <volume>/..2026_01_02_03_04_05.123456789/key   the files
//   <volume>/..data  ->  ..2026_01_02_…            swapped by one rename
//   <volume>/key     ->  ..data/key                what programs open
//
// A running container has the volume mounted, so the directory itself must stay and only the link may move.
// Upstream: pkg/volume/util/atomic_writer.go

import {
  chmod,
  chown,
  lchown,
  lstat,
  mkdir,
  mkdtemp,
  readdir,
  readlink,
  rename,
  rm,
  symlink,
  writeFile,
} from 'node:fs/promises'
import path from 'node:path'
import { isMissing } from '#sys/files.ts'

export interface VolumeFile {
  readonly data: Uint8Array
  /** Permission bits. */
  readonly mode: number
  /** Owner, for files that only one user may read. */
  readonly uid?: number | undefined
}

/** Relative paths to files. */
export type Payload = ReadonlyMap<string, VolumeFile>

export interface WriteOptions {
  /** Group of everything in the volume, which may then read it. */
  readonly fsGroup?: number | undefined
  /** Milliseconds since 1970, for the name of the directory. */
  readonly now: number
}

const DATA = '..data'
const NEW_DATA = '..data_tmp'
const GROUP_FILE_BITS = 0o440
const GROUP_FOLDER_BITS = 0o2550

/** Makes the volume hold exactly `payload`. The volume's directory has to exist. */
export async function writePayload(volume: string, payload: Payload, options: WriteOptions): Promise<void> {
  for (const name of payload.keys()) checkName(name)
  const before = await readlink(path.join(volume, DATA)).catch((error: unknown) => {
    if (isMissing(error)) return undefined
    throw error
  })
  const folder = await mkdtemp(path.join(volume, `..${timestamp(options.now)}.`))
  await chmod(folder, 0o755)
  for (const [name, file] of payload) await writeInto(folder, name, file)
  if (options.fsGroup !== undefined) await giveToGroup(folder, options.fsGroup)
  const next = path.join(volume, NEW_DATA)
  await rm(next, { force: true })
  await symlink(path.basename(folder), next)
  await rename(next, path.join(volume, DATA))
  await showNames(volume, payload, options.fsGroup)
  if (before !== undefined) await rm(path.join(volume, before), { recursive: true, force: true })
}

function checkName(name: string): void {
  const parts = name.split('/')
  if (name === '' || path.isAbsolute(name)) throw new Error(`invalid path: must be relative path: ${name}`)
  if (parts.includes('..')) throw new Error(`invalid path: must not contain '..': ${name}`)
  if (name.startsWith('..')) throw new Error(`invalid path: must not start with '..': ${name}`)
}

function timestamp(now: number): string {
  return new Date(now).toISOString().slice(0, 19).replace(/[-:T]/g, '_')
}

async function writeInto(folder: string, name: string, file: VolumeFile): Promise<void> {
  const target = path.join(folder, name)
  await mkdir(path.dirname(target), { recursive: true, mode: 0o755 })
  await writeFile(target, file.data)
  await chmod(target, file.mode)
  if (file.uid !== undefined) await chown(target, file.uid, 0)
}

/** One link for each first part of a path; those that no file needs any more go last. */
async function showNames(volume: string, payload: Payload, fsGroup: number | undefined): Promise<void> {
  const wanted = new Set([...payload.keys()].map((name) => name.split('/')[0] ?? name))
  const present = new Set(await readdir(volume))
  for (const name of wanted) {
    if (present.has(name)) continue
    await symlink(path.join(DATA, name), path.join(volume, name))
    if (fsGroup !== undefined) await lchown(path.join(volume, name), 0, fsGroup)
  }
  for (const name of present)
    if (!name.startsWith('..') && !wanted.has(name)) await rm(path.join(volume, name), { force: true })
}

/** Gives a tree to a group that may read it; what is made in it later belongs to the group as well. */
export async function giveToGroup(place: string, gid: number, mayWrite = false): Promise<void> {
  const info = await lstat(place)
  await lchown(place, info.uid, gid)
  if (info.isSymbolicLink()) return
  const bits = (info.isDirectory() ? GROUP_FOLDER_BITS : GROUP_FILE_BITS) | (mayWrite ? 0o220 : 0)
  await chmod(place, (info.mode & 0o7777) | bits)
  if (!info.isDirectory()) return
  for (const name of await readdir(place)) await giveToGroup(path.join(place, name), gid, mayWrite)
}
