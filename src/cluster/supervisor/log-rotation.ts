// Keeps log files from growing without end: a full one is copied aside and emptied.
//
// The processes hold their log open in append mode, so emptying it is safe: they go on at its new end. What is
// written between copy and emptying is lost, a few lines at most.

import { copyFile, readdir, stat, truncate } from 'node:fs/promises'
import path from 'node:path'
import type { Clock } from '#sys/clock.ts'
import type { Logger } from '#sys/log.ts'

const MAX_BYTES = 10 * 1024 * 1024
const CHECK_PERIOD_MS = 60_000

/** Looks once a minute until `signal` aborts. */
export async function rotateLogs(
  folder: string,
  clock: Clock,
  log: Logger,
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    await rotateFull(folder).catch((error: unknown) =>
      log.warn({ error: String(error) }, 'logs were not rotated'),
    )
    await clock.sleep(CHECK_PERIOD_MS, signal).catch(() => undefined)
  }
}

export async function rotateFull(folder: string, maxBytes = MAX_BYTES): Promise<void> {
  for (const name of await readdir(folder).catch(() => [])) {
    const file = path.join(folder, name)
    if (!name.endsWith('.log') || (await stat(file)).size <= maxBytes) continue
    await copyFile(file, `${file}.1`)
    await truncate(file)
  }
}
