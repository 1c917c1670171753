import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createTestPki } from '#apiserver/testing-pki.ts'
import { startTestService } from '#apiserver/testing-services.ts'
import { systemClock } from '#sys/clock.ts'
import { sendHttps } from '#sys/https.ts'
import { systemRandom } from '#sys/random.ts'

test('an address of its own is where the connection goes, whatever the name in the URL', async () => {
  const pki = createTestPki(systemRandom)
  const service = await startTestService(pki, () => ({ json: { ok: true } }))
  try {
    const target = {
      url: 'https://hook.there.svc:8443/ask',
      address: { host: '127.0.0.1', port: Number(new URL(service.url).port) },
      serverName: 'localhost',
      ca: pki.ca,
    }
    const { code, text } = await sendHttps(target, '{}', 5_000, systemClock)
    assert.deepEqual([code, JSON.parse(text), service.requests], [200, { ok: true }, ['/ask']])
  } finally {
    await service.stop()
  }
})
