import assert from 'node:assert/strict'
import { appendFile, mkdtemp, rename, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, test } from 'node:test'
import { parseLogLine } from '#kubelet/server/log-line.ts'
import { type LogOptions, readLog } from '#kubelet/server/log-reader.ts'
import { systemClock } from '#sys/clock.ts'

let folder: string
let file: string

beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'k8ts-log-'))
  file = path.join(folder, '0.log')
  await writeFile(
    file,
    '2026-01-01T00:00:01.5Z stdout F one\n' +
      '2026-01-01T00:00:02Z stderr F two\n' +
      '2026-01-01T00:00:03Z stdout P thr\n' +
      '2026-01-01T00:00:03Z stdout F ee\n',
  )
})

afterEach(() => rm(folder, { recursive: true, force: true }))

const NOTHING: LogOptions = {
  follow: false,
  timestamps: false,
  tailLines: undefined,
  sinceMs: undefined,
  limitBytes: undefined,
  stream: 'All',
}

async function read(options: Partial<LogOptions>): Promise<string> {
  let text = ''
  const target = {
    write(part: string) {
      text += part
      return Promise.resolve()
    },
  }
  const source = { file, clock: systemClock, isRunning: () => false }
  await readLog(source, { ...NOTHING, ...options }, target, new AbortController().signal)
  return text
}

const rows: Readonly<Record<string, readonly [Partial<LogOptions>, string]>> = {
  'all of it': [{}, 'one\ntwo\nthree\n'],
  'with times, once a line': [
    { timestamps: true },
    '2026-01-01T00:00:01.5Z one\n2026-01-01T00:00:02Z two\n2026-01-01T00:00:03Z three\n',
  ],
  'the end of it': [{ tailLines: 3 }, 'two\nthree\n'],
  'no line of it': [{ tailLines: 0 }, ''],
  'more lines than there are': [{ tailLines: 50 }, 'one\ntwo\nthree\n'],
  'since a time': [{ sinceMs: Date.UTC(2026, 0, 1, 0, 0, 2) }, 'two\nthree\n'],
  'so many bytes': [{ limitBytes: 6 }, 'one\ntw'],
  'one stream': [{ stream: 'Stderr' }, 'two\n'],
}

for (const [name, [options, text]] of Object.entries(rows)) {
  test(`a log: ${name}`, async () => assert.equal(await read(options), text))
}

test('what is written while a log is read belongs to followers only', async () => {
  let text = ''
  const growing = `${file}.growing`
  await writeFile(growing, '2026-01-01T00:00:01Z stdout F one\n')
  const target = {
    async write(part: string) {
      text += part
      await appendFile(growing, '2026-01-01T00:00:02Z stdout F two\n')
    },
  }
  const source = { file: growing, clock: systemClock, isRunning: () => true }
  await readLog(source, { ...NOTHING, tailLines: 1 }, target, new AbortController().signal)
  assert.equal(text, 'one\n')
})

test('following goes on through a rotation and ends with the container', async () => {
  let text = ''
  let isRunning = true
  const seen = (wanted: string) => text.includes(wanted)
  let notice: () => void = () => undefined
  const target = {
    write(part: string) {
      text += part
      notice()
      return Promise.resolve()
    },
  }
  const until = async (wanted: string) => {
    while (!seen(wanted)) {
      await new Promise<void>((resolve) => {
        notice = resolve
      })
    }
  }
  const source = { file, clock: systemClock, isRunning: () => isRunning }
  const reading = readLog(
    source,
    { ...NOTHING, follow: true, tailLines: 0 },
    target,
    new AbortController().signal,
  )
  await appendFile(file, '2026-01-01T00:00:04Z stdout F four\n')
  await until('four')
  await rename(file, `${file}.old`)
  await writeFile(file, '2026-01-01T00:00:05Z stdout F five\n')
  await until('five')
  isRunning = false
  await reading
  assert.equal(text, 'four\nfive\n')
})

test('what is no line of a log is nothing', () => {
  assert.equal(parseLogLine('garbage'), undefined)
  assert.deepEqual(parseLogLine('t stdout F '), { time: 't', stream: 'stdout', text: '\n' })
})
