// Tells when a file has another content: files of configuration that a component takes over while it runs.
//
// The folder is watched, not the file: editors, and mounts of ConfigMaps and Secrets, put a new file in the place of the
// old one, by a link in the case of mounts. Looked at again each minute all the same, because a watch of a network
// file system hears nothing. Invariant: the receiver is called again only when it is done with the last content.

import { watch } from 'node:fs'
import { readFile } from 'node:fs/promises'
import path from 'node:path'
import type { Clock } from '#sys/clock.ts'

/** So long a burst of changes is waited out: writing a file is several of them. */
const SETTLE_MS = 100
const LOOK_MS = 60_000

export interface FileChangesOptions {
  readonly file: string
  /** The content that is known already. */
  readonly content: string
  readonly clock: Clock
  /** Told of each new content, in order. A rejection is told to `onFailure`, and the content is offered again. */
  onContent(content: string): Promise<void> | void
  /** The file cannot be read, or `onContent` failed. */
  onFailure(error: Error): void
}

/** Runs until `signal` aborts; never rejects. */
export async function followFile(options: FileChangesOptions, signal: AbortSignal): Promise<void> {
  const { file, clock } = options
  let known = options.content
  let wake: () => void = () => undefined
  let isChanged = false
  const onChange = (): void => {
    isChanged = true
    wake()
  }
  const watcher = watch(path.dirname(file), { persistent: false }, onChange)
  watcher.on('error', onChange)
  signal.addEventListener('abort', onChange, { once: true })
  try {
    while (!signal.aborted) {
      if (!isChanged) {
        await new Promise<void>((resolve) => {
          const timer = clock.after(LOOK_MS, resolve)
          wake = () => {
            timer.cancel()
            resolve()
          }
        })
      }
      await clock.sleep(SETTLE_MS, signal).catch(() => undefined)
      if (signal.aborted) return
      isChanged = false
      try {
        const content = await readFile(file, 'utf8')
        if (content === known) continue
        await options.onContent(content)
        known = content
      } catch (error) {
        options.onFailure(error instanceof Error ? error : new Error(String(error)))
      }
    }
  } finally {
    signal.removeEventListener('abort', onChange)
    watcher.close()
  }
}
