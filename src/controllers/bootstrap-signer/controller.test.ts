import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import { after, before, test } from 'node:test'
import { configMaps, secrets } from '#api/resources.ts'
import type { Secret } from '#api/types/core.ts'
import { startTestApiServer, type TestApiServer } from '#apiserver/testing.ts'
import { startTestControllers, type TestControllers } from '#controllers/testing.ts'

let server: TestApiServer
let controllers: TestControllers

before(async () => {
  server = await startTestApiServer({ secured: true })
  controllers = await startTestControllers(server.client, {
    controllers: ['bootstrap-signer-controller', 'token-cleaner-controller'],
    clientFor: (account) =>
      server.clientAs({
        name: `system:serviceaccount:kube-system:${account}`,
        groups: ['system:serviceaccounts', 'system:authenticated'],
      }),
  })
})

after(async () => {
  await controllers.stop()
  await server.stop()
})

const token = (id: string, secret: string, expiration?: string): Secret => ({
  metadata: { name: `bootstrap-token-${id}`, namespace: 'kube-system' },
  type: 'bootstrap.kubernetes.io/token',
  stringData: {
    'token-id': id,
    'token-secret': secret,
    'usage-bootstrap-signing': 'true',
    ...(expiration && { expiration }),
  },
})

test('each token signs what new machines read; without it the signature goes', async () => {
  await server.client.resource(configMaps).create({
    metadata: { name: 'cluster-info', namespace: 'kube-public' },
    data: { kubeconfig: 'the cluster' },
  })
  await server.client.resource(secrets).create(token('abcdef', '0123456789abcdef'))
  const map = await controllers.until(
    configMaps,
    'kube-public/cluster-info',
    (object) => object?.data?.['jws-kubeconfig-abcdef'] !== undefined,
  )
  const [header = '', none, signature] = (map?.data?.['jws-kubeconfig-abcdef'] ?? '').split('.')
  assert.equal(none, '')
  assert.deepEqual(JSON.parse(Buffer.from(header, 'base64url').toString()), { alg: 'HS256', kid: 'abcdef' })
  const content = Buffer.from('the cluster').toString('base64url')
  const expected = createHmac('sha256', '0123456789abcdef').update(`${header}.${content}`).digest('base64url')
  assert.equal(signature, expected)
  await server.client.resource(secrets).delete('kube-system', 'bootstrap-token-abcdef')
  await controllers.until(
    configMaps,
    'kube-public/cluster-info',
    (object) => Object.keys(object?.data ?? {}).join() === 'kubeconfig',
  )
})

test('a token that is over is deleted, another one stays', async () => {
  await server.client.resource(secrets).create(token('aaaaaa', '0123456789abcdef', '2099-01-01T00:00:00Z'))
  await server.client.resource(secrets).create(token('bbbbbb', '0123456789abcdef', '2020-01-01T00:00:00Z'))
  await controllers.until(secrets, 'kube-system/bootstrap-token-bbbbbb', (object) => object === undefined)
  assert.ok(await server.client.resource(secrets).get('kube-system', 'bootstrap-token-aaaaaa'))
})
