// Keeps container logs from filling the disk: a log that has grown too large is put aside, the oldest are removed.
//
//   0.log  ->  0.log.20260102-030405  ->  0.log.20260102-030405.gz
//
// The runtime is asked to open a new file under the old name. Upstream: pkg/kubelet/logs/container_log_manager.go

import { createReadStream, createWriteStream } from 'node:fs'
import { readdir, rename, rm, stat } from 'node:fs/promises'
import path from 'node:path'
import { pipeline } from 'node:stream/promises'
import { createGzip } from 'node:zlib'
import type { Runtime } from '#kubelet/cri/runtime.ts'
import type { RuntimePod } from '#kubelet/runtime/runtime-pod.ts'
import type { Clock } from '#sys/clock.ts'
import { isMissing } from '#sys/files.ts'
import type { Logger } from '#sys/log.ts'

export interface LogRotationOptions {
  readonly runtime: Runtime
  readonly clock: Clock
  readonly log: Logger
  pods(): readonly RuntimePod[]
}

const LOOK_MS = 10_000
const MAX_BYTES = 10 * 1024 * 1024
const MAX_FILES = 5

/** Looks each ten seconds until `signal` aborts. */
export async function rotateLogs(
  { runtime, clock, log, pods }: LogRotationOptions,
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    for (const pod of pods()) {
      for (const container of pod.containers) {
        if (container.state !== 'running' || container.logPath === '') continue
        try {
          await rotateOne(runtime, container.id, container.logPath, clock.now())
        } catch (error) {
          log.warn({ pod: pod.name, container: container.name, error: String(error) }, 'log was not rotated')
        }
      }
    }
    await clock.sleep(LOOK_MS, signal).catch(() => undefined)
  }
}

async function rotateOne(runtime: Runtime, id: string, file: string, now: number): Promise<void> {
  const size = await stat(file).then(
    (info) => info.size,
    (error: unknown) => {
      if (isMissing(error)) return 0
      throw error
    },
  )
  if (size < MAX_BYTES) return
  const rotated = (await rotatedFiles(file)).sort()
  // One of the files is the one being written.
  for (const old of rotated.slice(0, Math.max(0, rotated.length - (MAX_FILES - 2))))
    await rm(old, { force: true })
  for (const plain of rotated.filter((name) => !name.endsWith('.gz'))) await compress(plain)
  const aside = `${file}.${timestamp(now)}`
  await rename(file, aside)
  try {
    await runtime.reopenContainerLog(id)
  } catch (error) {
    await rename(aside, file)
    throw error
  }
}

async function rotatedFiles(file: string): Promise<string[]> {
  const prefix = `${path.basename(file)}.`
  const names = await readdir(path.dirname(file))
  return names.filter((name) => name.startsWith(prefix)).map((name) => path.join(path.dirname(file), name))
}

async function compress(file: string): Promise<void> {
  await pipeline(createReadStream(file), createGzip(), createWriteStream(`${file}.gz`))
  await rm(file, { force: true })
}

/** `20260102-030405`: names sort by time. */
function timestamp(now: number): string {
  return new Date(now).toISOString().slice(0, 19).replace(/[-:]/g, '').replace('T', '-')
}
