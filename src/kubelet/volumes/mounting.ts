// Mounts of the node's own mount namespace: bind mounts, tmpfs, layers of images, and taking them away again.
//
// Upstream: staging/src/k8s.io/mount-utils/mount_linux.go

import { readFile } from 'node:fs/promises'
import path from 'node:path'
import type { FilesystemMount } from '#kubelet/cri/containerd-snapshots.ts'
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

/** Mounts a file system as its snapshotter describes it, but so that nobody writes to it. */
export async function mountReadOnly(
  { type, source, options }: FilesystemMount,
  folder: string,
): Promise<void> {
  const { from, options: short } = shortLayers(options)
  const how = [...short.filter((option) => option !== 'rw' && option !== 'ro'), 'ro'].join(',')
  const kind = type === 'bind' ? [] : ['-t', type]
  await run('mount', ['--no-canonicalize', ...kind, '-o', how, source, folder], { cwd: from })
}

const LAYERS = 'lowerdir='

/** The kernel takes one page of options, too little for many layers: they are named from their common folder on. Pure. */
export function shortLayers(options: readonly string[]): { from: string; options: readonly string[] } {
  const layers =
    options
      .find((option) => option.startsWith(LAYERS))
      ?.slice(LAYERS.length)
      .split(':') ?? []
  let from = path.dirname(layers[0] ?? '/')
  while (!layers.every((layer) => layer.startsWith(from === '/' ? from : `${from}/`)))
    from = path.dirname(from)
  const short = `${LAYERS}${layers.map((layer) => path.relative(from, layer)).join(':')}`
  return { from, options: options.map((option) => (option.startsWith(LAYERS) ? short : option)) }
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
