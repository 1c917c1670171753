// The directory of an embedded store: made, locked against a second process, and of a version that we can read.

import { mkdir, readFile } from 'node:fs/promises'
import path from 'node:path'
import { StoreUnavailableError } from '#store/store.ts'
import { type FileLock, lockFile } from '#sys/file-lock.ts'
import { writeFileAtomically } from '#sys/files.ts'

/** Raised whenever the form of the data changes so that older programs cannot read it. */
export const DATA_VERSION = '1'

const VERSION_FILE = 'version'

/** Takes a data directory; throws StoreUnavailableError with the way out when it cannot be used. */
export async function takeDataDirectory(directory: string): Promise<FileLock> {
  const lock = await lockDirectory(directory)
  try {
    await checkVersion(directory)
    return lock
  } catch (error) {
    await lock.release()
    throw error
  }
}

async function lockDirectory(directory: string): Promise<FileLock> {
  let lock: FileLock | undefined
  try {
    await mkdir(directory, { recursive: true, mode: 0o700 })
    lock = await lockFile(path.join(directory, 'lock'))
  } catch (error) {
    throw new StoreUnavailableError(
      `the data directory ${directory} cannot be used: ${(error as Error).message}`,
      {
        cause: error,
      },
    )
  }
  if (!lock) {
    throw new StoreUnavailableError(
      `the data directory ${directory} is in use by another process; stop that, give another directory, or let ` +
        'several API servers share an etcd (--etcd-servers)',
    )
  }
  return lock
}

async function checkVersion(directory: string): Promise<void> {
  const file = path.join(directory, VERSION_FILE)
  const found = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined
    throw new StoreUnavailableError(`${file} cannot be read: ${error.message}`, { cause: error })
  })
  if (found === undefined) await writeFileAtomically(file, `${DATA_VERSION}\n`, 0o600)
  else if (found.trim() !== DATA_VERSION) {
    throw new StoreUnavailableError(
      `the data directory ${directory} was written by another version of k8ts (data version ` +
        `${JSON.stringify(found.trim())}, this one reads "${DATA_VERSION}"); use that version, or another directory`,
    )
  }
}
