import assert from 'node:assert/strict'
import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { test } from 'node:test'
import { systemClock } from '#sys/clock.ts'
import { followFile } from '#sys/file-changes.ts'

test('each new content is told once', { timeout: 20_000 }, async (t) => {
  const folder = await mkdtemp(path.join(tmpdir(), 'k8ts-file-changes-'))
  t.after(() => rm(folder, { recursive: true }))
  const file = path.join(folder, 'config')
  await writeFile(file, 'one')
  const told: string[] = []
  const stop = new AbortController()
  const replace = async (content: string) => {
    await writeFile(`${file}.new`, content)
    await rename(`${file}.new`, file)
  }
  const steps: Readonly<Record<string, () => Promise<void>>> = {
    two: () => replace('three'),
    three: async () => stop.abort(),
  }
  const following = followFile(
    {
      file,
      content: 'one',
      clock: systemClock,
      async onContent(content) {
        told.push(content)
        await steps[content]?.()
      },
      onFailure: (error) => assert.fail(error),
    },
    stop.signal,
  )
  await replace('two')
  await following
  assert.deepEqual(told, ['two', 'three'])
})
