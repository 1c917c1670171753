import assert from 'node:assert/strict'
import { test } from 'node:test'
import { slowStart } from '#controllers/slow-start.ts'

test('batches double while all goes well', async () => {
  const batches: number[] = []
  let running = 0
  const result = await slowStart(10, async () => {
    running++
    await new Promise((resolve) => setImmediate(resolve))
    if (running > 0) batches.push(running)
    running = 0
  })
  assert.deepEqual(result, { successes: 10 })
  assert.deepEqual(batches, [1, 2, 4, 3])
})

test('after a failure the batch ends and nothing more is begun', async () => {
  const calls: number[] = []
  const result = await slowStart(100, async (index) => {
    calls.push(index)
    if (index === 1) throw new Error('quota')
  })
  assert.deepEqual(calls, [0, 1, 2])
  assert.equal(result.successes, 2)
  assert.equal((result.error as Error).message, 'quota')
})

test('nothing to do is no call', async () => {
  assert.deepEqual(await slowStart(0, () => Promise.reject(new Error('called'))), { successes: 0 })
})
