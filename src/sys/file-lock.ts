// A lock that the kernel keeps: held as long as this process lives, gone with it, also after SIGKILL.
//
// flock(2) belongs to the open file, not to the process that asked: so the `flock` program takes it on a
// descriptor that it inherits from us, ends, and we keep the lock. No stale lock files, no races.

import { spawn } from 'node:child_process'
import { type FileHandle, mkdir, open, stat } from 'node:fs/promises'
import path from 'node:path'

export interface FileLock {
  release(): Promise<void>
}

/** Takes the lock on `file`; undefined when another process holds it for longer than `waitMs`. */
export async function lockFile(file: string, waitMs = 0): Promise<FileLock | undefined> {
  await mkdir(path.dirname(file), { recursive: true })
  for (;;) {
    const handle = await open(file, 'a', 0o600)
    const isTaken = await flock(handle, waitMs)
    // Its last holder may have removed the file while we waited: then what we hold is nobody else's lock.
    if (isTaken && (await isSameFile(handle, file))) return { release: () => handle.close() }
    await handle.close()
    if (!isTaken) return undefined
  }
}

function flock(handle: FileHandle, waitMs: number): Promise<boolean> {
  const wait = waitMs > 0 ? ['--timeout', String(waitMs / 1000)] : ['--nonblock']
  return new Promise((resolve, reject) => {
    const child = spawn('flock', ['--exclusive', ...wait, '3'], {
      stdio: ['ignore', 'ignore', 'ignore', handle.fd],
    })
    child.once('error', reject)
    child.once('close', (code) => resolve(code === 0))
  })
}

async function isSameFile(handle: FileHandle, file: string): Promise<boolean> {
  const [held, named] = await Promise.all([handle.stat(), stat(file).catch(() => undefined)])
  return held.ino === named?.ino && held.dev === named.dev
}
