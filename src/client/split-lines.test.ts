import assert from 'node:assert/strict'
import { test } from 'node:test'
import { splitLines } from '#client/split-lines.ts'

const feed = (chunks: readonly string[]): string[] => {
  const lines = splitLines()
  return chunks.flatMap((chunk) => [...lines(Buffer.from(chunk))])
}

for (const [name, chunks, expected] of [
  ['several lines in one chunk', ['a\nb\n'], ['a', 'b']],
  ['a line over three chunks', ['a', 'b', 'c\nd'], ['abc']],
  ['a line end that comes alone', ['ab', '\n', 'c\n'], ['ab', 'c']],
  ['empty lines are passed over', ['\n\na\n'], ['a']],
] as const) {
  test(name, () => assert.deepEqual(feed(chunks), expected))
}

test('a character that is cut in two by chunks arrives whole', () => {
  const bytes = Buffer.from('ä\n')
  const lines = splitLines()
  assert.deepEqual([...lines(bytes.subarray(0, 1)), ...lines(bytes.subarray(1))], ['ä'])
})
