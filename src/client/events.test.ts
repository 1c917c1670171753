import assert from 'node:assert/strict'
import { test } from 'node:test'
import { forbidden } from '#api/meta/status.ts'
import { createClient } from '#client/client.ts'
import { createEventRecorder } from '#client/events.ts'
import { ConnectionError, type Transport } from '#client/transport.ts'
import { fakeClock } from '#sys/fake-clock.ts'
import { silentLogger } from '#sys/log.ts'

const pod = { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'web', namespace: 'default', uid: 'u' } }

/** A recorder whose requests fail in turn with `failures`; `undefined` and what comes after them succeeds. */
function begin(failures: (Error | undefined)[]) {
  const clock = fakeClock()
  const written: string[] = []
  let requests = 0
  const transport: Transport = {
    async request({ body }) {
      requests++
      const failure = failures.shift()
      if (failure) throw failure
      written.push((body as unknown as { message: string }).message)
      return body as never
    },
    watch: () => Promise.resolve(),
  }
  const recorder = createEventRecorder({
    client: createClient(transport),
    clock,
    log: silentLogger,
    component: 'test',
  })
  return { clock, recorder, written, requests: () => requests }
}

test('events about a server that is away are written when it is back, in order', async () => {
  const away = new ConnectionError('away')
  const { clock, recorder, written } = begin([away, away])
  recorder.event(pod, 'Warning', 'Lost', 'first')
  await clock.advance(1000)
  recorder.event(pod, 'Warning', 'Found', 'second')
  assert.deepEqual(written, [])
  await clock.advance(20_000)
  assert.deepEqual(written, ['first', 'second'])
})

test('an event that is refused is not tried again', async () => {
  const { clock, recorder, written, requests } = begin([
    forbidden({ group: '', resource: 'events' }, 'x', 'no'),
  ])
  recorder.event(pod, 'Normal', 'Told', 'first')
  await clock.advance(60_000)
  assert.deepEqual([written, requests()], [[], 1])
})

test('the end does not wait for a server that is away', async () => {
  const { clock, recorder, written } = begin([new ConnectionError('away'), new ConnectionError('away')])
  recorder.event(pod, 'Normal', 'Ended', 'last')
  await clock.advance(1000)
  await recorder.flush()
  assert.deepEqual(written, [])
})
