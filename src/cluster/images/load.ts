// Images into a host's container runtime, through containerd's own `ctr`.

import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { builtInImages } from '#cluster/images/built-in.ts'
import { ociArchive } from '#cluster/images/oci-archive.ts'
import { run } from '#sys/process.ts'

/** Where the kubelet's images live in containerd. */
const NAMESPACE = 'k8s.io'
const IMPORT_TIMEOUT_MS = 600_000

const ctr = (socket: string, ...args: readonly string[]) =>
  run('ctr', ['--address', socket, '--namespace', NAMESPACE, ...args], { timeoutMs: IMPORT_TIMEOUT_MS })

/** The names of the images in a runtime, without the digests that stand for themselves. */
export async function listImages(socket: string): Promise<readonly string[]> {
  const { stdout } = await ctr(socket, 'images', 'ls', '-q')
  return stdout.split('\n').filter((name) => name !== '' && !name.startsWith('sha256:'))
}

/** Imports an archive (OCI or docker); gives the names that it held. */
export async function importArchive(socket: string, file: string): Promise<readonly string[]> {
  const { stdout } = await ctr(socket, 'images', 'import', file)
  return [...stdout.matchAll(/^unpacking (\S+)/gm)].map((match) => match[1] ?? '')
}

/** Imports those of the built-in images that are missing. */
export async function loadBuiltInImages(socket: string): Promise<void> {
  const present = new Set(await listImages(socket))
  const missing = (await builtInImages()).filter((image) => !present.has(image.name))
  if (missing.length === 0) return
  const folder = await mkdtemp(path.join(tmpdir(), 'k8ts-images-'))
  try {
    for (const [i, image] of missing.entries()) {
      const file = path.join(folder, `${i}.tar`)
      await writeFile(file, ociArchive(image))
      await importArchive(socket, file)
    }
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}
