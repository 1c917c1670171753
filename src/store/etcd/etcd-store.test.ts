import assert from 'node:assert/strict'
import { generateKeyPairSync, sign } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { after, before, describe, test } from 'node:test'
import { encodeCertificate, encodeName, encodePem } from '#api/codec/x509.ts'
import { get, put, type Recorder, record, testStoreContract, text, write } from '#store/contract.ts'
import { parseEndpoint } from '#store/etcd/connection.ts'
import { openEtcdStore } from '#store/etcd/etcd-store.ts'
import { ETCD_BINARY, hasEtcd, startTestEtcd, type TestEtcd } from '#store/etcd/testing.ts'
import { type Store, StoreUnavailableError } from '#store/store.ts'
import { systemClock } from '#sys/clock.ts'
import { systemRandom } from '#sys/random.ts'

const skip = hasEtcd() ? false : `${ETCD_BINARY} is not installed`

const open = (...endpoints: string[]): Promise<Store> =>
  openEtcdStore({ endpoints, clock: systemClock, random: systemRandom })

describe('a real etcd', { skip, timeout: 60_000 }, () => {
  let etcd: TestEtcd
  before(async () => {
    etcd = await startTestEtcd()
  })
  after(() => etcd.stop())
  testStoreContract('etcd', () => open(etcd.endpoint))

  test('a member that is down is passed over', async () => {
    const store = await open('http://127.0.0.1:1', etcd.endpoint)
    const revision = await write(store, '/failover/a', '1')
    assert.equal((await get(store, '/failover/a'))?.modRevision, revision)
    await store.close()
  })

  test('a closed store refuses everything and ends its watches', async () => {
    const store = await open(etcd.endpoint)
    const watch = await record(store, '/', '0')
    await store.close()
    assert.ok((await watch.ended) instanceof StoreUnavailableError)
    await assert.rejects(store.range({ start: '/a' }), StoreUnavailableError)
    await assert.rejects(store.currentRevision(), StoreUnavailableError)
  })
})

test('watches go on where they were when etcd comes back', { skip, timeout: 60_000 }, async () => {
  const etcd = await startTestEtcd()
  const store = await open(etcd.endpoint)
  const other = await open(etcd.endpoint)
  try {
    const watch = await record(store, '/w/', '/w0')
    const first = await write(store, '/w/a', '1')
    await watch.reached(first)
    await etcd.kill()
    await etcd.start()
    await assert.doesNotReject(async () => {
      // what was on the way when it died may or may not have been done: a condition tells
      await put(other, '/w/a', '2', first)
    })
    const last = await write(other, '/w/b', '1')
    await watch.reached(last)
    watch.stop()
    assert.deepEqual(
      watch.lines.map((line) => line.split(' @')[0]),
      ['put /w/a=1', 'put /w/a=2', 'put /w/b=1'],
    )
    assert.equal(text((await get(store, '/w/a'))?.value), '2')
  } finally {
    await store.close()
    await other.close()
    await etcd.stop()
  }
})

test('a watch that is opened while etcd is away does not make the others lose anything', {
  skip,
  timeout: 60_000,
}, async () => {
  const etcd = await startTestEtcd()
  const store = await open(etcd.endpoint)
  const other = await open(etcd.endpoint)
  try {
    const watch = await record(store, '/w/', '/w0')
    const first = await write(store, '/w/a', '1')
    await watch.reached(first)
    await etcd.kill()
    const adding = record(store, '/w/', '/w0', first).catch((error: unknown) => error)
    await etcd.start()
    await write(other, '/w/a', '2')
    const added = await adding
    const last = await write(other, '/w/a', '3')
    await watch.reached(last)
    watch.stop()
    assert.deepEqual(
      watch.lines.map((line) => line.split(' @')[0]),
      ['put /w/a=1', 'put /w/a=2', 'put /w/a=3'],
    )
    if (!(added instanceof Error)) (added as Recorder).stop()
  } finally {
    await store.close()
    await other.close()
    await etcd.stop()
  }
})

test('TLS with a client certificate, and none without it', { skip, timeout: 60_000 }, async () => {
  const directory = await mkdtemp(path.join(tmpdir(), 'k8ts-etcd-tls-'))
  const tls = await writeTestCertificates(directory)
  const etcd = await startTestEtcd({ tls })
  const options = { endpoints: [etcd.endpoint], clock: systemClock, random: systemRandom }
  try {
    const store = await openEtcdStore({ ...options, tls })
    assert.equal(await write(store, '/a', '1'), 2)
    await store.close()
    await assert.rejects(
      openEtcdStore({ ...options, tls: { caFile: tls.caFile }, connectTimeoutMs: 300 }),
      StoreUnavailableError,
    )
    await assert.rejects(openEtcdStore({ ...options, connectTimeoutMs: 300 }), /cannot be used/)
    await assert.rejects(
      openEtcdStore({ ...options, tls: { certFile: tls.certFile } }),
      /a client certificate needs both its file and that of its key/,
    )
    await assert.rejects(openEtcdStore({ ...options, tls: { caFile: '/none' } }), /\/none cannot be read/)
  } finally {
    await etcd.stop()
    await rm(directory, { recursive: true, force: true })
  }
})

/** One certificate that is its own authority, good for server and client on loopback. */
async function writeTestCertificates(
  directory: string,
): Promise<{ caFile: string; certFile: string; keyFile: string }> {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const subject = { commonName: 'etcd', organizations: [] }
  const id = systemRandom.bytes(20)
  const certificate = encodeCertificate(
    {
      serialNumber: Uint8Array.of(1),
      subject,
      notBefore: systemClock.now() - 60_000,
      notAfter: systemClock.now() + 3_600_000,
      publicKey: publicKey.export({ type: 'spki', format: 'der' }),
      isCa: true,
      keyUsages: ['digitalSignature', 'certSign'],
      extKeyUsages: ['serverAuth', 'clientAuth'],
      dnsNames: [],
      ipAddresses: ['127.0.0.1'],
      subjectKeyId: id,
      authorityKeyId: id,
    },
    { name: encodeName(subject), algorithm: 'ecdsa-sha256', sign: (tbs) => sign('sha256', tbs, privateKey) },
  )
  const certFile = path.join(directory, 'etcd.pem')
  const keyFile = path.join(directory, 'etcd-key.pem')
  await writeFile(certFile, encodePem(certificate, 'CERTIFICATE'))
  await writeFile(keyFile, privateKey.export({ type: 'pkcs8', format: 'pem' }))
  return { caFile: certFile, certFile, keyFile }
}

test('an address where nothing listens is a clear error', { timeout: 30_000 }, async () => {
  const options = {
    endpoints: ['http://127.0.0.1:1'],
    clock: systemClock,
    random: systemRandom,
    connectTimeoutMs: 300,
  }
  await assert.rejects(openEtcdStore(options), /etcd at http:\/\/127\.0\.0\.1:1 cannot be used/)
})

test('endpoints', () => {
  assert.deepEqual(parseEndpoint('https://etcd.example:2379'), {
    address: 'etcd.example:2379',
    isSecure: true,
  })
  assert.deepEqual(parseEndpoint('http://[::1]:1234'), { address: '[::1]:1234', isSecure: false })
  assert.deepEqual(parseEndpoint('10.0.0.1:2379'), { address: '10.0.0.1:2379', isSecure: false })
  for (const wrong of ['', 'ftp://a:1', 'http://', 'http://a:1/path']) {
    assert.throws(() => parseEndpoint(wrong), /is not an endpoint such as/, wrong)
  }
})
