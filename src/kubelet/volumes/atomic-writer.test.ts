import assert from 'node:assert/strict'
import { mkdtemp, readdir, readFile, readlink, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, test } from 'node:test'
import { type Payload, writePayload } from '#kubelet/volumes/atomic-writer.ts'

let volume: string

beforeEach(async () => {
  volume = await mkdtemp(path.join(tmpdir(), 'k8ts-volume-'))
})

afterEach(() => rm(volume, { recursive: true, force: true }))

const files = (all: Readonly<Record<string, string>>, mode = 0o644): Payload =>
  new Map(Object.entries(all).map(([name, text]) => [name, { data: Buffer.from(text), mode }]))
const write = (payload: Payload, now = 0) => writePayload(volume, payload, { now })
const visible = async () => (await readdir(volume)).filter((name) => !name.startsWith('..')).sort()
const read = (name: string) => readFile(path.join(volume, name), 'utf8')

test('files are read through links that one rename moves', async () => {
  await write(files({ a: '1', 'deep/b': '2' }))
  assert.deepEqual(await visible(), ['a', 'deep'])
  assert.equal(await read('a'), '1')
  assert.equal(await read('deep/b'), '2')
  assert.equal(await readlink(path.join(volume, 'a')), '..data/a')
  assert.match(await readlink(path.join(volume, '..data')), /^\.\.1970_01_01_00_00_00\./)
})

test('a new set replaces the old one and leaves nothing of it', async () => {
  await write(files({ a: '1', b: '2' }))
  await write(files({ a: 'new', c: '3' }), 1000)
  assert.deepEqual(await visible(), ['a', 'c'])
  assert.equal(await read('a'), 'new')
  assert.equal((await readdir(volume)).filter((name) => name.startsWith('..1970')).length, 1)
})

test('files have the mode that they are given, whatever the umask says', async () => {
  await write(files({ a: '' }, 0o666))
  assert.equal((await stat(path.join(volume, 'a'))).mode & 0o777, 0o666)
})

test('names stay inside the volume', async () => {
  for (const name of ['/a', '../a', 'a/../../b', '..a', '']) {
    await assert.rejects(write(files({ [name]: '' })), /^Error: invalid path/)
  }
})
