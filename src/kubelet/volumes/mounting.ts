// Mounts of the node's own mount namespace: bind mounts, tmpfs, and taking them away again.
//
// Upstream: staging/src/k8s.io/mount-utils/mount_linux.go

import { readFile } from 'node:fs/promises'
import { run, tryRun } from '#sys/process.ts'

/** Mount points of this process's namespace, in the order they were made. */
export async function mountPoints(): Promise<readonly string[]> {
  const text = await readFile('/proc/self/mountinfo', 'utf8')
  return text
    .split('\n')
    .map((line) => unescaped(line.split(' ')[4] ?? ''))
    .filter((point) => point !== '')
}

/** The kernel writes spaces and the like as octal numbers. */
const unescaped = (text: string): string =>
  text.replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)))

export async function isMountPoint(folder: string): Promise<boolean> {
  return (await mountPoints()).includes(folder)
}

/** `options`: `size=1048576,mode=1777`. */
export async function mountTmpfs(folder: string, options: readonly string[]): Promise<void> {
  await run('mount', [
    '-t',
    'tmpfs',
    ...(options.length > 0 ? ['-o', options.join(',')] : []),
    'tmpfs',
    folder,
  ])
}

/** `source` is taken as it is, so that `/proc/<pid>/fd/<n>` means what is open there. */
export async function bindMount(source: string, target: string): Promise<void> {
  await run('mount', ['--no-canonicalize', '-o', 'bind', source, target])
}

/** Unmounts one mount point; what is busy is detached and goes when its last user does. */
export async function unmount(folder: string): Promise<void> {
  const first = await tryRun('umount', ['--no-canonicalize', folder])
  if (first.code !== 0 && (await isMountPoint(folder)))
    await run('umount', ['-l', '--no-canonicalize', folder])
}

/** Unmounts everything at and below a folder, the innermost first. */
export async function unmountTree(folder: string): Promise<void> {
  const inside = (await mountPoints()).filter((point) => point === folder || point.startsWith(`${folder}/`))
  for (const point of inside.reverse()) await unmount(point)
}
