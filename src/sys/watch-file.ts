// Tells that a file may have changed: logs that are followed, files of configuration.
//
// The folder is watched, not the file: logs are rotated, editors and mounts put a new file in the place of the old one.
// Looked at again after a while all the same, because a watch of a network file system hears nothing.

import { watch } from 'node:fs'
import path from 'node:path'
import type { Clock } from '#sys/clock.ts'

export interface FileWatch {
  /** Resolves when the file may have changed since the last call, or `signal` has aborted. */
  next(): Promise<void>
  stop(): void
}

export function watchFile(file: string, lookMs: number, clock: Clock, signal: AbortSignal): FileWatch {
  let wake: () => void = () => undefined
  let isChanged = false
  const onChange = (): void => {
    isChanged = true
    wake()
  }
  const watcher = watch(path.dirname(file), { persistent: false }, onChange)
  watcher.on('error', onChange)
  signal.addEventListener('abort', onChange, { once: true })
  return {
    async next() {
      if (!isChanged && !signal.aborted) {
        await new Promise<void>((resolve) => {
          const timer = clock.after(lookMs, resolve)
          wake = () => {
            timer.cancel()
            resolve()
          }
        })
      }
      isChanged = false
    },
    stop() {
      signal.removeEventListener('abort', onChange)
      watcher.close()
    },
  }
}
