// A lock that the kernel keeps: held as long as this process lives, gone with it, also after SIGKILL.
//
// flock(2) belongs to the open file, not to the process that asked: so the `flock` program takes it on a
// descriptor that it inherits from us, ends, and we keep the lock. No stale lock files, no races.

import { spawn } from 'node:child_process'
import { mkdir, open } from 'node:fs/promises'
import path from 'node:path'

export interface FileLock {
  release(): Promise<void>
}

/** Takes the lock on `file`; undefined when another process holds it for longer than `waitMs`. */
export async function lockFile(file: string, waitMs = 0): Promise<FileLock | undefined> {
  await mkdir(path.dirname(file), { recursive: true })
  const handle = await open(file, 'a', 0o600)
  const wait = waitMs > 0 ? ['--timeout', String(waitMs / 1000)] : ['--nonblock']
  const taken = await new Promise<boolean>((resolve, reject) => {
    const child = spawn('flock', ['--exclusive', ...wait, '3'], {
      stdio: ['ignore', 'ignore', 'ignore', handle.fd],
    })
    child.once('error', reject)
    child.once('close', (code) => resolve(code === 0))
  })
  if (taken) return { release: () => handle.close() }
  await handle.close()
  return undefined
}
