import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { test } from 'node:test'
import { get, text } from '#store/contract.ts'
import { openEmbeddedStore } from '#store/embedded/embedded-store.ts'
import { systemClock } from '#sys/clock.ts'

const WRITER = path.join(import.meta.dirname, 'store-writer.js')

/** Runs a writer until it has told of `lines` acknowledged writes, then kills it; gives all lines that came. */
async function writeAndKill(directory: string, lines: number): Promise<string[]> {
  const child = spawn(process.execPath, [WRITER, directory], { stdio: ['ignore', 'pipe', 'inherit'] })
  let output = ''
  let count = 0
  child.stdout.on('data', (chunk: Buffer) => {
    output += chunk.toString('utf8')
    count += chunk.filter((byte) => byte === 0x0a).length
    if (count >= lines) child.kill('SIGKILL')
  })
  await once(child, 'close')
  return output.split('\n').filter((line) => line !== '')
}

test('kill -9 of a writer: every acknowledged write is there and revisions go on', {
  timeout: 60_000,
}, async () => {
  const directory = await mkdtemp(path.join(tmpdir(), 'k8ts-crash-'))
  try {
    let before = 0
    for (let round = 0; round < 3; round++) {
      const acknowledged = new Map<string, { value: string; revision: number }>()
      for (const line of await writeAndKill(directory, 200 + 150 * round)) {
        const [name = '', value = '', revision] = line.split(' ')
        acknowledged.set(name, { value, revision: Number(revision) })
        assert.ok(Number(revision) > before, 'a revision was given out twice')
      }
      assert.equal(acknowledged.size, 8)
      const store = await openEmbeddedStore({ path: directory, clock: systemClock })
      const revision = await store.currentRevision()
      for (const [name, { value, revision: written }] of acknowledged) {
        const kv = await get(store, `/crash/${name}`)
        // what was on the disk but not yet told may be newer
        assert.ok(kv && kv.modRevision >= written && kv.modRevision <= revision, `/crash/${name} is lost`)
        if (kv.modRevision === written) assert.equal(text(kv.value), value)
        assert.equal(text((await get(store, `/crash/${name}`, written))?.value), value)
      }
      await store.close()
      before = revision
    }
  } finally {
    await rm(directory, { recursive: true, force: true })
  }
})
