import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { healthHandler } from '#apiserver/http/health.ts'
import { healthEndpoints, type ServerState } from '#apiserver/http/health-checks.ts'
import type { RequestContext } from '#apiserver/pipeline.ts'
import { startTestApiServer } from '#apiserver/testing.ts'
import type { Store } from '#store/store.ts'
import { fakeClock } from '#sys/fake-clock.ts'

const clock = fakeClock()
const state: ServerState = {
  isStopping: false,
  reached: new Set(['informers', 'flow-control', 'definitions', 'aggregation']),
}
let storeAnswer: () => Promise<number> = async () => 1
const store = { currentRevision: () => storeAnswer() } as unknown as Store

async function ask(target: string): Promise<readonly [code: number, body: string] | undefined> {
  const [path = '', query] = target.split('?')
  const handler = healthHandler(healthEndpoints(state, store, clock), path)
  if (!handler) return undefined
  const context = { request: { head: { query: new URLSearchParams(query) } } } as unknown as RequestContext
  const answer = await handler(context)
  assert.ok(answer.type === 'raw' && typeof answer.body === 'string')
  return [answer.code, answer.body]
}

test('the checks come in their order, each with its outcome', async () => {
  const [code, body] = (await ask('/readyz'))!
  const lines = body.split('\n')
  assert.equal(code, 500)
  assert.deepEqual(lines.slice(0, 7), [
    '[+]ping ok',
    '[+]log ok',
    '[+]etcd ok',
    '[+]etcd-readiness ok',
    '[+]informer-sync ok',
    '[+]poststarthook/start-apiserver-admission-initializer ok',
    '[+]poststarthook/generic-apiserver-start-informers ok',
  ])
  assert.ok(lines.includes('[-]poststarthook/rbac/bootstrap-roles failed: reason withheld'))
  assert.deepEqual(lines.slice(-3), ['[+]shutdown ok', 'readyz check failed', ''])
})

describe('when all is done', () => {
  const failing: readonly (readonly [target: string, code: number | undefined, body: RegExp])[] = [
    ['/readyz', 200, /^ok$/],
    ['/readyz/poststarthook/rbac/bootstrap-roles', 200, /^ok$/],
    ['/livez/etcd?verbose', 200, /^ok$/],
    ['/livez?verbose', 200, /^\[\+\]ping ok\n.*\nlivez check passed\n$/s],
    ['/livez?verbose&exclude=ping', 200, /^\[\+\]ping excluded: ok\n/],
    [
      '/livez?verbose&exclude=nope&exclude=bar',
      200,
      /\nwarn: some health checks cannot be excluded: no matches for "bar","nope"\nlivez check passed\n$/,
    ],
    ['/livez/', undefined, /./],
    ['/livez/etcd-readiness', undefined, /./],
    ['/livez/nope', undefined, /./],
  ]
  for (const [target, code, body] of failing) {
    test(target, async () => {
      state.reached.add('bootstrap')
      const answer = await ask(target)
      assert.equal(answer?.[0], code)
      if (answer) assert.match(answer[1], body)
    })
  }
})

test('a store that does not answer is neither healthy nor ready', async () => {
  storeAnswer = () => new Promise(() => undefined)
  const asked = ask('/livez/etcd')
  await clock.advance(2_000)
  assert.deepEqual(await asked, [
    500,
    'internal server error: error getting data from etcd: context deadline exceeded\n',
  ])
  storeAnswer = async () => 1
})

test('a server that is told to stop serves on for a while, and says that it will not for long', async () => {
  const serverClock = fakeClock()
  const server = await startTestApiServer({ clock: serverClock, shutdownDelayMs: 5_000 })
  const ready = () => server.transport.request({ method: 'GET', path: '/readyz/shutdown', query: {} })
  assert.deepEqual(await ready(), { text: 'ok' })
  const stopped = server.stop()
  await assert.rejects(ready(), { message: 'internal server error: process is shutting down\n' })
  await serverClock.advance(5_000)
  await stopped
})
