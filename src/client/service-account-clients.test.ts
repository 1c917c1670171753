import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { JsonObject } from '#api/meta/object.ts'
import { failure } from '#api/meta/status.ts'
import { configMaps, serviceAccounts } from '#api/resources.ts'
import { startTestApiServer } from '#apiserver/testing.ts'
import { createServiceAccountClients } from '#client/service-account-clients.ts'
import type { Transport, TransportRequest } from '#client/transport.ts'
import { systemClock } from '#sys/clock.ts'
import { fakeClock } from '#sys/fake-clock.ts'

/** Notes the tokens that come; what it gives is of no interest here. */
function recordingTransport(): Transport & { readonly tokens: string[]; refuses: boolean } {
  const transport = {
    tokens: [] as string[],
    refuses: false,
    request({ token }: TransportRequest): Promise<JsonObject> {
      transport.tokens.push(token ?? '')
      return transport.refuses
        ? Promise.reject(failure(401, 'Unauthorized', 'Unauthorized'))
        : Promise.resolve({})
    },
    watch: () => Promise.resolve(),
  }
  return transport
}

test('a client acts with the token of its account, asked for once and renewed before it ends', async () => {
  const server = await startTestApiServer({ secured: true })
  const clock = fakeClock(systemClock.now())
  const anonymous = recordingTransport()
  try {
    const clientFor = createServiceAccountClients({
      client: server.client,
      anonymous,
      namespace: 'kube-system',
      clock,
    })
    const maps = clientFor('some-controller').resource(configMaps)
    await Promise.all([maps.get('default', 'a'), maps.get('default', 'b')])
    assert.ok(await server.client.resource(serviceAccounts).get('kube-system', 'some-controller'))
    assert.equal(new Set(anonymous.tokens).size, 1)
    assert.match(anonymous.tokens[0] ?? '', /^[\w-]+\.[\w-]+\.[\w-]+$/)

    anonymous.refuses = true
    await assert.rejects(maps.get('default', 'a'), /Unauthorized/)
    anonymous.refuses = false
    await maps.get('default', 'a')
    assert.equal(new Set(anonymous.tokens).size, 2)

    await clock.advance(55 * 60_000)
    await maps.get('default', 'a')
    assert.equal(new Set(anonymous.tokens).size, 3)
  } finally {
    await server.stop()
  }
})
