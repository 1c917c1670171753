// subPath of a volume mount, against a container that plays with symbolic links while it is being mounted.
//
// The place is opened (without following what leads out of the volume), checked by what the kernel says was
// opened, and that very open file is bind-mounted to a directory that containers cannot reach. So a link that
// changes after the check changes nothing. Upstream: pkg/volume/util/subpath/subpath_linux.go

import { mkdir, open, readlink, realpath, stat, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { bindMount, isMountPoint, unmount } from '#kubelet/volumes/mounting.ts'
import { exists } from '#sys/files.ts'

/** Opens a place without reading it: works on sockets, devices and what may not be read. Linux only. */
const O_PATH = 0o10000000

/** Throws when the path is absolute or climbs: the words that the container's status shows. */
export function checkSubPath(subPath: string): void {
  if (path.isAbsolute(subPath)) throw new Error(`error SubPath \`${subPath}\` must not be an absolute path`)
  if (subPath.split('/').includes('..')) {
    throw new Error(`unable to provision SubPath \`${subPath}\`: must not contain '..'`)
  }
}

/** Bind-mounts `subPath` of `volume` to `target` and gives `target`; a missing directory is made if it can be. */
export async function mountSubPath(
  volume: string,
  subPath: string,
  target: string,
  canMake: boolean,
): Promise<string> {
  const root = await realpath(volume)
  const place = path.join(root, subPath)
  if (canMake && !(await exists(place))) await makeInside(root, subPath)
  const handle = await open(place, O_PATH as unknown as string)
  try {
    const opened = await readlink(`/proc/self/fd/${handle.fd}`)
    if (opened !== root && !opened.startsWith(`${root}/`)) {
      throw new Error(`subpath ${place} is outside of its volume`)
    }
    const isFolder = (await stat(`/proc/self/fd/${handle.fd}`)).isDirectory()
    if (await isMountPoint(target)) await unmount(target)
    await makeTarget(target, isFolder)
    await bindMount(`/proc/${process.pid}/fd/${handle.fd}`, target)
  } finally {
    await handle.close()
  }
  return target
}

/** Makes each missing directory below `root`, with the volume's own mode, and never through a link that leads out. */
async function makeInside(root: string, subPath: string): Promise<void> {
  const { mode } = await stat(root)
  let folder = root
  for (const part of subPath.split('/').filter((name) => name !== '' && name !== '.')) {
    const next = path.join(folder, part)
    if (!(await exists(next))) await mkdir(next, { mode: mode & 0o7777 })
    folder = await realpath(next)
    if (folder !== root && !folder.startsWith(`${root}/`))
      throw new Error(`subpath ${next} is outside of its volume`)
  }
}

async function makeTarget(target: string, isFolder: boolean): Promise<void> {
  if (await exists(target)) return
  await mkdir(isFolder ? target : path.dirname(target), { recursive: true, mode: 0o750 })
  if (!isFolder) await writeFile(target, '', { mode: 0o640 })
}
