// A log file that is put aside when it has grown too large: `audit.log` becomes `audit-2026-01-02T03-04-05.000.log`.
//
// Lines that come while the disk works go together in the next write. Old files go by age and by number, and are
// compressed if wished. Upstream: gopkg.in/natefinch/lumberjack.v2, whose names of files these are

import { createReadStream, createWriteStream } from 'node:fs'
import { type FileHandle, mkdir, open, readdir, rename, rm } from 'node:fs/promises'
import path from 'node:path'
import { pipeline } from 'node:stream/promises'
import { createGzip } from 'node:zlib'
import type { Clock } from '#sys/clock.ts'
import type { Logger } from '#sys/log.ts'

export interface RotatingFileOptions {
  readonly file: string
  /** 0: it is never put aside. */
  readonly maxBytes: number
  /** How long and how many old ones are kept; 0: without limit. */
  readonly maxAgeMs: number
  readonly maxBackups: number
  readonly compress: boolean
  readonly clock: Clock
  readonly log: Logger
}

export interface RotatingFile {
  /** Resolves when the text has been handed to the system. */
  write(text: string): Promise<void>
  close(): Promise<void>
}

/** Only its owner reads what everybody did. */
const FILE_MODE = 0o600
const FOLDER_MODE = 0o700

/** Opens the file, or makes it with its folder. */
export async function openRotatingFile(options: RotatingFileOptions): Promise<RotatingFile> {
  const { file, maxBytes, clock, log } = options
  await mkdir(path.dirname(file), { recursive: true, mode: FOLDER_MODE })
  let handle: FileHandle = await open(file, 'a', FILE_MODE)
  let { size } = await handle.stat()
  let waiting: string[] = []
  let next: Promise<void> | undefined
  let last: Promise<void> = Promise.resolve()
  let cleaning: Promise<void> = Promise.resolve()

  async function putAside(): Promise<void> {
    await handle.close()
    await rename(file, backupName(file, clock.now()))
    handle = await open(file, 'a', FILE_MODE)
    size = 0
    cleaning = cleaning
      .then(() => cleanUp(options))
      .catch((error: unknown) => log.warn({ file, error: String(error) }, 'old log files were not removed'))
  }

  async function writeNext(): Promise<void> {
    const texts = waiting
    waiting = []
    let batch = ''
    for (const text of texts) {
      const isFull = maxBytes > 0 && size > 0 && size + Buffer.byteLength(text) > maxBytes
      if (isFull) {
        await handle.appendFile(batch)
        batch = ''
        await putAside()
      }
      batch += text
      size += Buffer.byteLength(text)
    }
    await handle.appendFile(batch)
  }

  /** One write at a time; who comes meanwhile shares the next. */
  function write(text: string): Promise<void> {
    waiting.push(text)
    if (!next) {
      next = last.then(() => {
        next = undefined
        return writeNext()
      })
      last = next.catch(() => undefined)
    }
    return next
  }

  return {
    write,
    async close() {
      await last
      await cleaning
      await handle.close()
    },
  }
}

function backupName(file: string, now: number): string {
  const { dir, name, ext } = path.parse(file)
  const time = new Date(now).toISOString().slice(0, -1).replaceAll(':', '-')
  return path.join(dir, `${name}-${time}${ext}`)
}

/** Compresses what is to be, and removes what is too old or too much. */
async function cleanUp({ file, maxAgeMs, maxBackups, compress, clock }: RotatingFileOptions): Promise<void> {
  const { dir, name, ext } = path.parse(file)
  const backups = (await readdir(dir))
    .map((entry) => ({ entry, time: timeOf(entry, `${name}-`, ext) }))
    .filter(({ time }) => time !== undefined)
    .sort((a, b) => b.time! - a.time!)
  const oldest = maxAgeMs > 0 ? clock.now() - maxAgeMs : Number.NEGATIVE_INFINITY
  for (const [position, { entry, time }] of backups.entries()) {
    const target = path.join(dir, entry)
    if ((maxBackups > 0 && position >= maxBackups) || time! < oldest) await rm(target, { force: true })
    else if (compress && !entry.endsWith('.gz')) await gzipFile(target)
  }
}

function timeOf(entry: string, prefix: string, ext: string): number | undefined {
  const plain = entry.endsWith('.gz') ? entry.slice(0, -3) : entry
  if (!plain.startsWith(prefix) || !plain.endsWith(ext)) return undefined
  const stamp = plain.slice(prefix.length, plain.length - ext.length)
  const match = /^(\d{4}-\d\d-\d\d)T(\d\d)-(\d\d)-(\d\d\.\d{3})$/.exec(stamp)
  return match ? Date.parse(`${match[1]}T${match[2]}:${match[3]}:${match[4]}Z`) : undefined
}

async function gzipFile(file: string): Promise<void> {
  await pipeline(createReadStream(file), createGzip(), createWriteStream(`${file}.gz`, { mode: FILE_MODE }))
  await rm(file)
}
