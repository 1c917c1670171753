import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Job } from '#api/types/batch.ts'
import { expiresInMs } from '#controllers/ttl-after-finished/expiry.ts'

const NOW = Date.parse('2026-01-01T00:00:10Z')

const job = (ttlSecondsAfterFinished: number | undefined, finished: boolean, metadata: object = {}): Job => ({
  metadata: { name: 'j', namespace: 'default', ...metadata },
  spec: { template: {}, ...(ttlSecondsAfterFinished !== undefined && { ttlSecondsAfterFinished }) },
  status: {
    conditions: finished
      ? [{ type: 'Complete', status: 'True', lastTransitionTime: '2026-01-01T00:00:00Z' }]
      : [],
  },
})

test('a Job expires its time after it has finished', () => {
  assert.equal(expiresInMs(job(15, true), NOW), 5000)
  assert.equal(expiresInMs(job(10, true), NOW), 0)
  assert.equal(expiresInMs(job(0, true), NOW), -10_000)
  assert.equal(expiresInMs(job(0, false), NOW), undefined)
  assert.equal(expiresInMs(job(undefined, true), NOW), undefined)
  assert.equal(expiresInMs(job(0, true, { deletionTimestamp: '2026-01-01T00:00:00Z' }), NOW), undefined)
})
