// Tells when a file has another content: files of configuration that a component takes over while it runs.
//
// Invariant: the receiver is called again only when it is done with the last content.

import { readFile } from 'node:fs/promises'
import type { Clock } from '#sys/clock.ts'
import { watchFile } from '#sys/watch-file.ts'

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
  const changes = watchFile(file, LOOK_MS, clock, signal)
  try {
    while (!signal.aborted) {
      await changes.next()
      await clock.sleep(SETTLE_MS, signal).catch(() => undefined)
      if (signal.aborted) return
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
    changes.stop()
  }
}
