// Images into a host's container runtime, through containerd's own `ctr`.

import { mkdir, rm, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { builtInImages } from '#cluster/images/built-in.ts'
import { ociArchive } from '#cluster/images/oci-archive.ts'
import { run } from '#sys/process.ts'

/** Where the kubelet's images live in containerd. */
const NAMESPACE = 'k8s.io'
const IMPORT_TIMEOUT_MS = 600_000

/** Without a signal or a bound, ctr would wait for a runtime that is gone. */
const ctr = (socket: string, args: readonly string[], signal?: AbortSignal) =>
  run('ctr', ['--address', socket, '--namespace', NAMESPACE, ...args], {
    timeoutMs: IMPORT_TIMEOUT_MS,
    ...(signal && { signal }),
  })

/** The names of the images in a runtime, without the digests that stand for themselves. */
export async function listImages(socket: string, signal?: AbortSignal): Promise<readonly string[]> {
  const { stdout } = await ctr(socket, ['images', 'ls', '-q'], signal)
  return stdout.split('\n').filter((name) => name !== '' && !name.startsWith('sha256:'))
}

/** Imports an archive (OCI or docker); gives the names that it held. */
export async function importArchive(
  socket: string,
  file: string,
  signal?: AbortSignal,
): Promise<readonly string[]> {
  const { stdout } = await ctr(socket, ['images', 'import', file], signal)
  return [...stdout.matchAll(/^unpacking (\S+)/gm)].map((match) => match[1] ?? '')
}

/** Imports those of the built-in images that are missing; `folder` holds their archives meanwhile. */
export async function loadBuiltInImages(socket: string, folder: string, signal: AbortSignal): Promise<void> {
  const present = new Set(await listImages(socket, signal))
  const missing = (await builtInImages()).filter((image) => !present.has(image.name))
  if (missing.length === 0) return
  await mkdir(folder, { recursive: true })
  try {
    for (const [i, image] of missing.entries()) {
      const file = path.join(folder, `${i}.tar`)
      await writeFile(file, ociArchive(image))
      await importArchive(socket, file, signal)
    }
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}
