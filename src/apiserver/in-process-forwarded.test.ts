import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { JsonObject } from '#api/meta/object.ts'
import { notFound, StatusError } from '#api/meta/status.ts'
import { forwardedEvents, forwardedObject } from '#apiserver/in-process-forwarded.ts'
import type { WatchEvent } from '#client/transport.ts'

/** What another server answers, in chunks. */
function answer(code: number, ...chunks: string[]) {
  async function* body(): AsyncGenerator<Uint8Array> {
    for (const chunk of chunks) yield Buffer.from(chunk)
  }
  return { type: 'stream', code, headers: {}, body: body() } as const
}

const missing = notFound({ group: 'example.com', resource: 'widgets' }, 'a')

test('an object arrives whole', async () => {
  assert.deepEqual(await forwardedObject(answer(200, '{"kind":"Wid', 'get"}')), { kind: 'Widget' })
  assert.deepEqual(await forwardedObject(answer(200, 'ok')), { text: 'ok' })
})

test('an error is the one that the other server gave', async () => {
  await assert.rejects(forwardedObject(answer(404, JSON.stringify(missing.status))), (error: unknown) => {
    assert.ok(error instanceof StatusError)
    assert.deepEqual([error.code, error.reason, error.message], [404, 'NotFound', missing.message])
    return true
  })
  await assert.rejects(forwardedObject(answer(503, 'nobody home')), { code: 503, message: 'nobody home' })
})

const line = (type: string, object: JsonObject): string => `${JSON.stringify({ type, object })}\n`

test('events arrive one by one, until the watch ends or nobody wants them', async () => {
  const all = `${line('ADDED', { kind: 'A' })}${line('MODIFIED', { kind: 'B' })}`
  const seen: string[] = []
  await forwardedEvents(
    answer(200, all.slice(0, 20), all.slice(20)),
    new AbortController().signal,
    ({ type }) => seen.push(type),
  )
  assert.deepEqual(seen, ['ADDED', 'MODIFIED'])
  const stop = new AbortController()
  const some: WatchEvent[] = []
  await forwardedEvents(answer(200, all), stop.signal, (event) => {
    some.push(event)
    stop.abort()
  })
  assert.equal(some.length, 1)
})

test('a watch that is refused, or ends with an error, says so', async () => {
  const { signal } = new AbortController()
  const none = () => assert.fail('there is no event')
  const status = missing.status as unknown as JsonObject
  await assert.rejects(forwardedEvents(answer(404, JSON.stringify(status)), signal, none), { code: 404 })
  await assert.rejects(forwardedEvents(answer(200, line('ERROR', status)), signal, none), { code: 404 })
})
