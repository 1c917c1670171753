import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { after, before, describe, test } from 'node:test'
import { configMaps, secrets } from '#api/resources.ts'
import { readEncryptionConfiguration } from '#apiserver/encryption/configuration.ts'
import { openEncryption } from '#apiserver/encryption/encryption.ts'
import type { ValueTransformers } from '#apiserver/encryption/value-transformer.ts'
import { startTestApiServer, type TestApiServer } from '#apiserver/testing.ts'
import { openEmbeddedStore } from '#store/embedded/embedded-store.ts'
import type { Store } from '#store/store.ts'
import { systemClock } from '#sys/clock.ts'
import { type createLogger, silentLogger } from '#sys/log.ts'
import { systemRandom } from '#sys/random.ts'

const KEYS = {
  first: Buffer.alloc(32, 1).toString('base64'),
  second: Buffer.alloc(32, 2).toString('base64'),
}
/** Secrets under these keys, the first of which writes. */
const fileOf = (...names: readonly (keyof typeof KEYS)[]): string =>
  JSON.stringify({
    apiVersion: 'apiserver.config.k8s.io/v1',
    kind: 'EncryptionConfiguration',
    resources: [
      {
        resources: ['secrets'],
        providers: [
          { aesgcm: { keys: names.map((name) => ({ name, secret: KEYS[name] })) } },
          { identity: {} },
        ],
      },
    ],
  })
const keys = (...names: readonly (keyof typeof KEYS)[]): ValueTransformers =>
  readEncryptionConfiguration(fileOf(...names), 'keys.yaml', systemRandom)

async function stored(store: Store, key: string): Promise<string> {
  const { kvs } = await store.range({ start: key })
  return Buffer.from(kvs[0]?.value ?? new Uint8Array()).toString('latin1')
}

const secret = (name: string) => ({
  metadata: { name, namespace: 'default' },
  stringData: { password: 'correct horse' },
})
const KEY = '/registry/secrets/default/a'

describe('a server with encryption', () => {
  let store: Store
  let server: TestApiServer
  const restart = async (encryption?: ValueTransformers) => {
    await server?.stop()
    server = await startTestApiServer({ store, namespaces: [], ...(encryption && { encryption }) })
  }
  before(async () => {
    store = await openEmbeddedStore({ clock: systemClock })
    await restart(keys('first'))
    await server.transport.request({
      method: 'POST',
      path: '/api/v1/namespaces',
      query: {},
      body: { metadata: { name: 'default' } },
    })
    await server.client.resource(secrets).create(secret('a'))
    await server.client
      .resource(configMaps)
      .create({ metadata: { name: 'plain', namespace: 'default' }, data: { a: 'b' } })
  })
  after(async () => {
    await server.stop()
    await store.close()
  })
  const get = (target: string) => {
    const [pathname = '', query = ''] = target.split('?')
    return server.transport.request({
      method: 'GET',
      path: `/api/v1/namespaces/default/secrets${pathname}`,
      query: Object.fromEntries(new URLSearchParams(query)),
    })
  }
  const refused = (target: string, code: number, message: string) =>
    assert.rejects(get(target), (error: { code?: number; message?: string }) => {
      assert.deepEqual([error.code, error.message], [code, message])
      return true
    })

  test('stores what it is told to encrypt unreadably, and the rest as it is', async () => {
    const value = await stored(store, KEY)
    assert.ok(value.startsWith('k8s:enc:aesgcm:v1:first:'))
    assert.ok(!value.includes('password') && !value.includes(Buffer.from('correct horse').toString('base64')))
    assert.ok((await stored(store, '/registry/configmaps/default/plain')).startsWith('{'))
  })

  test('counts what it encrypts and decrypts', async () => {
    const metrics = await server.transport.request({ method: 'GET', path: '/metrics', query: {} })
    assert.match(
      (metrics as { text: string }).text,
      /\napiserver_storage_transformation_operations_total\{resource="secrets",transformation_type="to_storage",transformer_prefix="k8s:enc:aesgcm:v1:",status="OK"\} 1\n/,
    )
  })

  test('reads it after a restart', async () => {
    await restart(keys('first'))
    const { data } = await server.client.resource(secrets).get('default', 'a')
    assert.equal(Buffer.from(data?.['password'] ?? '', 'base64').toString(), 'correct horse')
  })

  test('writes it again under a new key, also when nothing else changes', async () => {
    await restart(keys('second', 'first'))
    const client = server.client.resource(secrets)
    const before = await client.get('default', 'a')
    const after = await client.update(before)
    assert.notEqual(after.metadata?.resourceVersion, before.metadata?.resourceVersion)
    assert.ok((await stored(store, KEY)).startsWith('k8s:enc:aesgcm:v1:second:'))
    const again = await client.update(after)
    assert.equal(again.metadata?.resourceVersion, after.metadata?.resourceVersion)
  })

  test('says what it cannot read, and serves the objects beside it', async () => {
    await server.client.resource(secrets).create(secret('b'))
    await restart(keys('first'))
    await server.client.resource(secrets).create(secret('c'))
    const noKey = 'no matching key was found for the provided AES transformer'
    const atKey = `unable to transform key "${KEY}": ${noKey}`
    await refused('/a', 500, `Internal error occurred: ${noKey}`)
    await refused('', 500, `Internal error occurred: ${atKey}`)
    await refused('?limit=500', 500, `Internal error occurred: ${atKey}`)
    await refused(
      '?resourceVersion=0',
      429,
      `storage is (re)initializing: failed to list *core.Secret: ${atKey}`,
    )
    await assert.rejects(server.client.resource(secrets).delete('default', 'a'), { code: 500 })
    assert.equal((await server.client.resource(secrets).get('default', 'c')).metadata?.name, 'c')
  })

  test('and without any configuration', async () => {
    await restart()
    await refused('/a', 500, 'Internal error occurred: identity transformer tried to read encrypted data')
  })
})

test('a value that cannot be read comes while the server runs, and goes', async () => {
  const store = await openEmbeddedStore({ clock: systemClock })
  const server = await startTestApiServer({ store, encryption: keys('first') })
  try {
    const client = server.client.resource(secrets)
    await client.create(secret('a'))
    const foreign = keys('second')
      .of('', 'secrets')
      .toStorage(Buffer.from('{}'), '/registry/secrets/default/x')
    await store.txn({
      compare: [],
      success: [{ type: 'put', key: '/registry/secrets/default/x', value: foreign }],
    })
    await assert.rejects(client.list({ namespace: 'default' }), { code: 500 })
    assert.equal((await client.get('default', 'a')).metadata?.name, 'a')
    await store.txn({ compare: [], success: [{ type: 'delete', key: '/registry/secrets/default/x' }] })
    const { items } = await client.list({ namespace: 'default' })
    assert.deepEqual(
      items.map(({ metadata }) => metadata?.name),
      ['a'],
    )
  } finally {
    await server.stop()
    await store.close()
  }
})

test('a changed file is taken over, a broken one is not', async () => {
  const folder = await mkdtemp(path.join(tmpdir(), 'k8ts-encryption-'))
  const file = path.join(folder, 'keys.yaml')
  const stop = new AbortController()
  try {
    await writeFile(file, fileOf('first'))
    let told: (line: string) => void = () => undefined
    const log = {
      ...silentLogger,
      info: () => told('loaded'),
      error: ({ error }: { error: string }) => told(error),
    } as unknown as ReturnType<typeof createLogger>
    const encryption = await openEncryption({ file, clock: systemClock, random: systemRandom, log })
    const following = encryption.follow(stop.signal)
    const writer = () =>
      Buffer.from(encryption.transformers.of('', 'secrets').toStorage(Buffer.from('x'), '/a')).toString(
        'latin1',
      )
    const next = () => new Promise<string>((resolve) => (told = resolve))
    const replaced = next()
    await writeFile(file, fileOf('second', 'first'))
    assert.equal(await replaced, 'loaded')
    assert.ok(writer().startsWith('k8s:enc:aesgcm:v1:second:'))
    const broken = next()
    await writeFile(file, 'kind: Nothing')
    assert.match(await broken, /^error while parsing file: /)
    assert.ok(writer().startsWith('k8s:enc:aesgcm:v1:second:'))
    stop.abort()
    await following
  } finally {
    stop.abort()
    await rm(folder, { recursive: true, force: true })
  }
})
