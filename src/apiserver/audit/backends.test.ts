import assert from 'node:assert/strict'
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { describe, test } from 'node:test'
import { gunzipSync } from 'node:zlib'
import type { AuditBackend } from '#apiserver/audit/backend.ts'
import { buffered } from '#apiserver/audit/buffered.ts'
import { type AuditEvent, encodeEvent } from '#apiserver/audit/event.ts'
import { logBackend } from '#apiserver/audit/log-backend.ts'
import { openRotatingFile } from '#apiserver/audit/rotating-file.ts'
import { truncating } from '#apiserver/audit/truncate.ts'
import { webhookBackend } from '#apiserver/audit/webhook-backend.ts'
import { createTestPki } from '#apiserver/testing-pki.ts'
import { startTestService } from '#apiserver/testing-services.ts'
import { systemClock } from '#sys/clock.ts'
import { fakeClock } from '#sys/fake-clock.ts'
import { silentLogger } from '#sys/log.ts'
import { systemRandom } from '#sys/random.ts'

const event = (auditID: string, more: Partial<AuditEvent> = {}): AuditEvent => ({
  level: 'Metadata',
  auditID,
  stage: 'ResponseComplete',
  requestURI: '/api/v1/pods?limit=1&a=b',
  verb: 'list',
  user: { username: 'jane', groups: ['dev'] },
  sourceIPs: ['192.0.2.1'],
  requestReceivedTimestamp: '2026-01-02T03:04:05.000000Z',
  stageTimestamp: '2026-01-02T03:04:05.001000Z',
  ...more,
})
const ids = (events: readonly AuditEvent[]): string => events.map(({ auditID }) => auditID).join('')

/** Keeps what it gets, as batches of ids. */
function collector(): AuditBackend & { readonly batches: string[]; isClosed: boolean } {
  const batches: string[] = []
  return {
    batches,
    isClosed: false,
    async process(events) {
      batches.push(ids(events))
      return true
    },
    async close() {
      this.isClosed = true
    },
  }
}
const settled = () => new Promise<void>((resolve) => setImmediate(resolve))

test('an event is written as kube-apiserver writes it', () => {
  const text = encodeEvent(
    event('1', {
      objectRef: { resource: 'pods', apiVersion: 'v1' },
      responseStatus: { code: 200 },
      responseObject: '{"a":"<b>"}',
      annotations: { b: '2', a: '1' },
    }),
  )
  assert.equal(
    text,
    '{"kind":"Event","apiVersion":"audit.k8s.io/v1","level":"Metadata","auditID":"1","stage":"ResponseComplete","requestURI":"/api/v1/pods?limit=1\\u0026a=b","verb":"list","user":{"username":"jane","groups":["dev"]},"sourceIPs":["192.0.2.1"],"objectRef":{"resource":"pods","apiVersion":"v1"},"responseStatus":{"metadata":{},"code":200},"responseObject":{"a":"\\u003cb\\u003e"},"requestReceivedTimestamp":"2026-01-02T03:04:05.000000Z","stageTimestamp":"2026-01-02T03:04:05.001000Z","annotations":{"a":"1","b":"2"}}',
  )
})

describe('mode batch', () => {
  const options = { bufferSize: 5, maxSize: 2, maxWaitMs: 1_000, isConcurrent: false }
  test('a batch goes when it is full, or when its time is up', async () => {
    const clock = fakeClock()
    const target = collector()
    const backend = buffered(target, options, clock, assert.fail)
    await backend.process([event('a'), event('b'), event('c')])
    await settled()
    assert.deepEqual(target.batches, ['ab'])
    await clock.advance(1_000)
    await settled()
    assert.deepEqual(target.batches, ['ab', 'c'])
    await backend.close()
  })

  test('what finds the buffer full is lost, and told', async () => {
    const lost: number[] = []
    const target = collector()
    const backend = buffered(target, { ...options, maxSize: 100 }, fakeClock(), (_plugin, _error, count) =>
      lost.push(count),
    )
    await backend.process('abcdefg'.split('').map((id) => event(id)))
    assert.deepEqual(lost, [2])
    await backend.close()
    assert.deepEqual(target.batches, ['abcde'])
  })

  test('closing sends what waits, and then closes what is behind', async () => {
    const target = collector()
    const backend = buffered(target, options, fakeClock(), assert.fail)
    await backend.process([event('a')])
    await backend.close()
    assert.deepEqual([target.batches, target.isClosed], [['a'], true])
  })

  test('batches are throttled after a burst', async () => {
    const clock = fakeClock()
    const target = collector()
    const throttle = { perSecond: 1, burst: 2 }
    const backend = buffered(target, { ...options, bufferSize: 100, throttle }, clock, assert.fail)
    await backend.process('abcdefgh'.split('').map((id) => event(id)))
    await settled()
    assert.deepEqual(target.batches, ['ab', 'cd'])
    await clock.advance(1_000)
    await settled()
    assert.deepEqual(target.batches, ['ab', 'cd', 'ef'])
    await clock.advance(1_000)
    await backend.close()
    assert.deepEqual(target.batches, ['ab', 'cd', 'ef', 'gh'])
  })
})

test('too large an event loses its objects, or goes; too large a batch is split', async () => {
  const kept: AuditEvent[][] = []
  const lost: number[] = []
  const target: AuditBackend = {
    async process(events) {
      kept.push([...events])
      return true
    },
    close: async () => undefined,
  }
  const backend = truncating(target, { maxEventBytes: 800, maxBatchBytes: 1_000 }, (_plugin, _error, count) =>
    lost.push(count),
  )
  const large = JSON.stringify('x'.repeat(1_000))
  await backend.process([
    event('a'),
    event('b', { level: 'Request', requestObject: large }),
    event('c', { userAgent: large }),
    event('d'),
  ])
  assert.deepEqual(kept.map(ids), ['ab', 'd'])
  assert.equal(kept[0]?.[1]?.requestObject, undefined)
  assert.deepEqual(kept[0]?.[1]?.annotations, { 'audit.k8s.io/truncated': 'true' })
  assert.deepEqual(lost, [1])
})

test('a log that has grown is put aside, compressed, and the oldest are removed', async () => {
  const folder = await mkdtemp(path.join(tmpdir(), 'k8ts-audit-'))
  try {
    const clock = fakeClock(Date.parse('2026-01-02T03:04:05.000Z'))
    const file = path.join(folder, 'logs', 'audit.log')
    const limits = { maxBytes: 700, maxAgeMs: 0, maxBackups: 2, compress: true }
    const log = await openRotatingFile({ file, ...limits, clock, log: silentLogger })
    const backend = logBackend(log, 'json', assert.fail)
    for (const id of 'abcdefgh') {
      await backend.process([event(id)])
      await clock.advance(1_000)
    }
    await backend.close()
    const names = (await readdir(path.dirname(file))).sort()
    assert.deepEqual(names, [
      'audit-2026-01-02T03-04-09.000.log.gz',
      'audit-2026-01-02T03-04-11.000.log.gz',
      'audit.log',
    ])
    const idsIn = (text: string) =>
      text
        .split('\n')
        .filter(Boolean)
        .map((line) => (JSON.parse(line) as AuditEvent).auditID)
        .join('')
    assert.equal(idsIn(await readFile(file, 'utf8')), 'gh')
    const older = await readFile(path.join(path.dirname(file), names[1]!))
    assert.equal(idsIn(gunzipSync(older).toString()), 'ef')
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
})

test('a webhook gets a list, and gets it again when it failed', async () => {
  const pki = createTestPki(systemRandom)
  const bodies: string[] = []
  const service = await startTestService(pki, (_path, body) => {
    bodies.push(body)
    return { code: bodies.length < 3 ? 400 : 200, json: {} }
  })
  try {
    const target = { url: `${service.url}/audit`, ca: pki.ca }
    const base = { clock: systemClock, random: systemRandom, initialBackoffMs: 1 }
    const backend = webhookBackend({ ...base, target }, assert.fail)
    assert.equal(await backend.process([event('a'), event('b')]), true)
    await backend.close()
    assert.equal(bodies.length, 3)
    const list = JSON.parse(bodies[2]!) as { kind: string; items: AuditEvent[] }
    assert.deepEqual([list.kind, ids(list.items)], ['EventList', 'ab'])
  } finally {
    await service.stop()
  }
})
