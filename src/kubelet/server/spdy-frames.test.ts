import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createInflate } from 'node:zlib'
import { createFrameReader, dataFrames, SYN_STREAM, synStream } from '#kubelet/server/spdy-frames.ts'

/** The header blocks of frames, as a reader with one zlib stream for all of them gets them. */
async function headerBlocks(frames: readonly Buffer[]): Promise<readonly string[]> {
  const read = createFrameReader()
  const inflate = createInflate()
  const blocks: string[] = []
  for (const frame of frames) {
    const [syn] = read(frame)
    assert.ok(syn?.kind === 'control' && syn.type === SYN_STREAM)
    const block = new Promise<Buffer>((resolve) => inflate.once('data', resolve))
    inflate.write(syn.body.subarray(10))
    blocks.push((await block).toString('latin1'))
  }
  return blocks
}

test('header blocks are one zlib stream that hands out each block at once', async () => {
  const blocks = await headerBlocks([
    synStream(1, { StreamType: 'error' }, true),
    synStream(3, { streamtype: 'stdout', port: '80' }, false),
  ])
  assert.equal(blocks[0], '\0\0\0\x01\0\0\0\x0astreamtype\0\0\0\x05error')
  assert.equal(blocks[1], '\0\0\0\x02\0\0\0\x0astreamtype\0\0\0\x06stdout\0\0\0\x04port\0\0\0\x0280')
})

test('data is cut into frames, the last of which closes the stream', () => {
  const frames = createFrameReader()(dataFrames(5, Buffer.alloc(150_000, 'x'), true))
  assert.equal(frames.length, 3)
  assert.deepEqual(
    frames.map((frame) => frame.kind === 'data' && [frame.streamId, frame.data.length, frame.isLast]),
    [
      [5, 65_536, false],
      [5, 65_536, false],
      [5, 18_928, true],
    ],
  )
})

test('frames may arrive in any pieces', () => {
  const bytes = Buffer.concat([
    dataFrames(1, Buffer.from('ab'), false),
    dataFrames(3, Buffer.from('c'), true),
  ])
  const read = createFrameReader()
  const frames = [...bytes].flatMap((byte) => read(Buffer.from([byte])))
  assert.deepEqual(
    frames.map((frame) => frame.kind === 'data' && frame.data.toString()),
    ['ab', 'c'],
  )
})
