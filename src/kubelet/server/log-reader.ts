// Reads a container's log file as `kubectl logs` wants it: from an end, since a time, so many bytes, and on and on.
//
// The file is read in pieces and never as a whole. Following watches the file's directory, notices that the runtime
// has begun a new file, and ends when the container has ended and everything is read.
// Upstream: staging/src/k8s.io/cri-client/pkg/logs/logs.go

import { type FileHandle, open, stat } from 'node:fs/promises'
import { type LogLine, parseLogLine } from '#kubelet/server/log-line.ts'
import type { Clock } from '#sys/clock.ts'
import { watchFile } from '#sys/watch-file.ts'

export interface LogOptions {
  readonly follow: boolean
  readonly timestamps: boolean
  readonly tailLines: number | undefined
  /** Milliseconds since 1970; earlier lines are left out. */
  readonly sinceMs: number | undefined
  readonly limitBytes: number | undefined
  readonly stream: 'All' | 'Stdout' | 'Stderr'
}

export interface LogTarget {
  /** Resolves when more may be written. */
  write(text: string): Promise<void>
}

export interface LogSource {
  readonly file: string
  readonly clock: Clock
  /** Whether the container may still write. */
  isRunning(): boolean
}

const CHUNK_BYTES = 64 * 1024
/** The directory's watch tells at once; this is for what it misses, and for the container's end. */
const LOOK_MS = 500

/** Resolves when all is written, or `signal` aborts. */
export async function readLog(
  source: LogSource,
  options: LogOptions,
  target: LogTarget,
  signal: AbortSignal,
): Promise<void> {
  let handle = await open(source.file, 'r')
  const writer = createWriter(options, target)
  const changes = options.follow ? watchFile(source.file, LOOK_MS, source.clock, signal) : undefined
  try {
    // What is written from here on belongs only to those who follow: `--tail=1` is one line, also of a busy container.
    const { size } = await handle.stat()
    let position = await startOf(handle, options.tailLines, size)
    for (;;) {
      // Asked before reading: what was written until then is read below.
      const mayGrow = options.follow && source.isRunning()
      position = await readOn(handle, position, options.follow ? undefined : size, writer, signal)
      if (signal.aborted || writer.isFull()) return
      if (await wasReplaced(handle, source.file)) {
        await handle.close()
        handle = await open(source.file, 'r')
        position = 0
      } else if (!mayGrow) return
      else await changes?.next()
    }
  } finally {
    changes?.stop()
    await handle.close()
  }
}

/** Where the last `lines` lines begin. */
async function startOf(handle: FileHandle, lines: number | undefined, size: number): Promise<number> {
  if (lines === undefined) return 0
  if (lines === 0) return size
  const buffer = Buffer.alloc(CHUNK_BYTES)
  let found = 0
  for (let end = size; end > 0; ) {
    const begin = Math.max(0, end - CHUNK_BYTES)
    const { bytesRead } = await handle.read(buffer, 0, end - begin, begin)
    for (let at = bytesRead - 1; at >= 0; at--) {
      // The newline at the very end closes the last line and opens none.
      if (buffer[at] !== 0x0a || begin + at === size - 1) continue
      found++
      if (found === lines) return begin + at + 1
    }
    end = begin
  }
  return 0
}

/** Reads to `end`, or to the end of the file as it is now; gives the position after the last whole line. */
async function readOn(
  handle: FileHandle,
  from: number,
  end: number | undefined,
  writer: Writer,
  signal: AbortSignal,
): Promise<number> {
  let position = from
  let rest: Buffer = Buffer.alloc(0)
  const buffer = Buffer.alloc(CHUNK_BYTES)
  while (!signal.aborted && !writer.isFull()) {
    const at = position + rest.length
    const wanted = Math.min(buffer.length, (end ?? Number.POSITIVE_INFINITY) - at)
    const { bytesRead } = wanted > 0 ? await handle.read(buffer, 0, wanted, at) : { bytesRead: 0 }
    if (bytesRead === 0) break
    const data = Buffer.concat([rest, buffer.subarray(0, bytesRead)])
    const whole = data.lastIndexOf(0x0a) + 1
    await writer.lines(data.subarray(0, whole).toString('utf8'))
    position += whole
    rest = Buffer.from(data.subarray(whole))
  }
  return position
}

/** The runtime writes a new file under the old name when the log is rotated. */
async function wasReplaced(handle: FileHandle, file: string): Promise<boolean> {
  const [mine, now] = await Promise.all([handle.stat(), stat(file).catch(() => undefined)])
  return now !== undefined && now.ino !== mine.ino
}

interface Writer {
  lines(text: string): Promise<void>
  isFull(): boolean
}

function createWriter(options: LogOptions, target: LogTarget): Writer {
  let left = options.limitBytes ?? Number.POSITIVE_INFINITY
  let isInsideLine = false
  const wanted = options.stream.toLowerCase()

  function textOf(line: LogLine): string {
    if (options.sinceMs !== undefined && Date.parse(line.time) < options.sinceMs) return ''
    if (wanted !== 'all' && line.stream !== wanted) return ''
    const stamp = options.timestamps && !isInsideLine ? `${line.time} ` : ''
    isInsideLine = !line.text.endsWith('\n')
    return stamp + line.text
  }

  return {
    async lines(text) {
      let out = ''
      for (const raw of text.split('\n')) {
        const line = raw === '' ? undefined : parseLogLine(raw)
        if (line) out += textOf(line)
      }
      if (out === '') return
      const bytes = Buffer.byteLength(out)
      const cut = bytes > left ? Buffer.from(out).subarray(0, left).toString('utf8') : out
      left -= bytes
      await target.write(cut)
    },
    isFull: () => left <= 0,
  }
}
