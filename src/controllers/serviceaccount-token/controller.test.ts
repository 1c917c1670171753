import assert from 'node:assert/strict'
import { generateKeyPairSync } from 'node:crypto'
import { after, before, test } from 'node:test'
import { decodeJwt } from 'jose'
import { secrets, serviceAccounts } from '#api/resources.ts'
import { startTestApiServer, type TestApiServer } from '#apiserver/testing.ts'
import { startTestControllers, type TestControllers } from '#controllers/testing.ts'

const ROOT_CA = '-----BEGIN CERTIFICATE-----\nroot\n-----END CERTIFICATE-----\n'
const { privateKey } = generateKeyPairSync('rsa', {
  modulusLength: 2048,
  privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  publicKeyEncoding: { type: 'spki', format: 'pem' },
})

let server: TestApiServer
let controllers: TestControllers

before(async () => {
  server = await startTestApiServer({ secured: true })
  controllers = await startTestControllers(
    server.clientAs({ name: 'system:kube-controller-manager', groups: ['system:authenticated'] }),
    {
      controllers: ['serviceaccount-token-controller'],
      settings: { rootCA: ROOT_CA, serviceAccountKey: privateKey },
    },
  )
})

after(async () => {
  await controllers.stop()
  await server.stop()
})

test('a Secret that asks for a token gets it, and goes with its account', async () => {
  const account = await server.client
    .resource(serviceAccounts)
    .create({ metadata: { name: 'robot', namespace: 'default' } })
  await server.client.resource(secrets).create({
    metadata: {
      name: 'robot-token',
      namespace: 'default',
      annotations: { 'kubernetes.io/service-account.name': 'robot' },
    },
    type: 'kubernetes.io/service-account-token',
  })
  const secret = await controllers.until(
    secrets,
    'default/robot-token',
    (object) => object?.data?.['token'] !== undefined,
  )
  const text = (key: string) => Buffer.from(secret?.data?.[key] ?? '', 'base64').toString()
  assert.equal(text('ca.crt'), ROOT_CA)
  assert.equal(text('namespace'), 'default')
  assert.equal(secret?.metadata?.annotations?.['kubernetes.io/service-account.uid'], account.metadata?.uid)
  assert.deepEqual(decodeJwt(text('token')), {
    iss: 'kubernetes/serviceaccount',
    'kubernetes.io/serviceaccount/namespace': 'default',
    'kubernetes.io/serviceaccount/secret.name': 'robot-token',
    'kubernetes.io/serviceaccount/service-account.name': 'robot',
    'kubernetes.io/serviceaccount/service-account.uid': account.metadata?.uid,
    sub: 'system:serviceaccount:default:robot',
  })
  await server.client.resource(serviceAccounts).delete('default', 'robot')
  await controllers.until(secrets, 'default/robot-token', (object) => object === undefined)
})

test('an account forgets a token that is gone', async () => {
  await server.client.resource(serviceAccounts).create({
    metadata: { name: 'old', namespace: 'default' },
    secrets: [{ name: 'gone' }, { name: 'kept' }],
  })
  const annotations = { 'kubernetes.io/service-account.name': 'old' }
  await server.client.resource(secrets).create({
    metadata: { name: 'gone', namespace: 'default', annotations },
    type: 'kubernetes.io/service-account-token',
  })
  await controllers.until(secrets, 'default/gone', (object) => object?.data?.['token'] !== undefined)
  await server.client.resource(secrets).delete('default', 'gone')
  const account = await controllers.until(
    serviceAccounts,
    'default/old',
    (object) => object?.secrets?.length === 1,
  )
  assert.deepEqual(account?.secrets, [{ name: 'kept' }])
})
