import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { test } from 'node:test'
import { readKubeconfigTarget } from '#apiserver/outbound/kubeconfig.ts'
import { createWebhook } from '#apiserver/outbound/webhook.ts'
import { createTestPki } from '#apiserver/testing-pki.ts'
import { startTestService } from '#apiserver/testing-services.ts'
import { systemClock } from '#sys/clock.ts'
import { seededRandom, systemRandom } from '#sys/random.ts'

const pki = createTestPki(systemRandom)
/** Time passes as fast as it may, and is written down. */
const hasty = (sleeps: number[]) => ({
  ...systemClock,
  sleep: async (ms: number) => {
    sleeps.push(Math.round(ms))
  },
})

test('passing troubles are tried again with growing pauses, others are not', async () => {
  let codes: number[] = []
  const service = await startTestService(pki, () => {
    const code = codes.shift() ?? 200
    return { code, json: code === 200 ? { ok: true } : { message: 'no' } }
  })
  const sleeps: number[] = []
  const webhook = createWebhook({
    target: { url: service.url, ca: pki.ca },
    timeoutMs: 5_000,
    clock: hasty(sleeps),
    random: { ...seededRandom(1), next: () => 0 },
  })
  codes = [500, 429, 504]
  assert.deepEqual(await webhook.ask({}), { ok: true })
  assert.deepEqual(sleeps, [500, 750, 1125])
  codes = [500, 500, 500, 500, 500]
  await assert.rejects(webhook.ask({}), /answered 500/)
  codes = [400]
  await assert.rejects(webhook.ask({}), /answered 400: \{"message":"no"\}/)
  assert.equal(service.requests.length, 4 + 5 + 1)
  webhook.close()
  await service.stop()
})

test('a service that does not answer in time, or is not the one that is trusted', async () => {
  const service = await startTestService(pki, () => ({ json: {} }))
  const base = { clock: systemClock, random: systemRandom }
  const hurried = { ...systemClock, after: (_ms: number, call: () => void) => systemClock.after(0, call) }
  const target = { url: service.url, ca: pki.ca }
  const late = createWebhook({ ...base, target, timeoutMs: 1, clock: hurried })
  await assert.rejects(late.ask({}), /context deadline exceeded/)
  const distrusted = createWebhook({
    ...base,
    target: { ...target, ca: createTestPki(systemRandom).ca },
    timeoutMs: 5_000,
  })
  await assert.rejects(distrusted.ask({}), /certificate/)
  late.close()
  distrusted.close()
  await service.stop()
})

test('a kubeconfig file says where a webhook is', async () => {
  const folder = await mkdtemp(path.join(tmpdir(), 'k8ts-kubeconfig-'))
  const file = path.join(folder, 'config')
  const write = (cluster: object, user: object = {}) =>
    writeFile(
      file,
      JSON.stringify({
        'current-context': 'c',
        contexts: [{ name: 'c', context: { cluster: 'a', user: 'b' } }],
        clusters: [{ name: 'a', cluster }],
        users: [{ name: 'b', user }],
      }),
    )
  await writeFile(path.join(folder, 'ca.crt'), 'authority')
  await write(
    { server: 'https://hook/path', 'certificate-authority': 'ca.crt', 'tls-server-name': 'inner' },
    { 'client-certificate-data': Buffer.from('cert').toString('base64'), token: 'secret' },
  )
  assert.deepEqual(await readKubeconfigTarget(file), {
    url: 'https://hook/path',
    ca: 'authority',
    cert: 'cert',
    serverName: 'inner',
    headers: { authorization: 'Bearer secret' },
  })
  await write({ server: 'https://hook' }, { username: 'u', password: 'p' })
  assert.deepEqual((await readKubeconfigTarget(file)).headers, { authorization: 'Basic dTpw' })
  await write({ server: 'http://hook' })
  await assert.rejects(readKubeconfigTarget(file), /has to be an https URL, not "http:\/\/hook"/)
  await writeFile(file, '{"current-context": "gone"}')
  await assert.rejects(readKubeconfigTarget(file), /context was not found for specified context: gone/)
  await rm(folder, { recursive: true, force: true })
})
