import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readBytes } from '#kubelet/cri/containerd-events.ts'

test('the fields that hold bytes are found among all kinds', () => {
  const message = Buffer.from([
    0x08,
    0x96,
    0x01, // 1: a number of two bytes
    0x12,
    0x02,
    0x68,
    0x69, // 2: hi
    0x1d,
    0,
    0,
    0,
    0, // 3: four bytes
    0x21,
    0,
    0,
    0,
    0,
    0,
    0,
    0,
    0, // 4: eight bytes
    0x2a,
    0x00, // 5: nothing
  ])
  const fields = readBytes(message)
  assert.deepEqual(
    [...fields].map(([number, bytes]) => [number, bytes.toString()]),
    [
      [2, 'hi'],
      [5, ''],
    ],
  )
})
