import assert from 'node:assert/strict'
import { X509Certificate } from 'node:crypto'
import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { CERTIFICATE_LIFE_MS } from '#cluster/pki/authority.ts'
import { clusterCertificates, nodeCertificates } from '#cluster/pki/certificates.ts'
import { openClusterPki } from '#cluster/pki/store.ts'
import { fakeClock } from '#sys/fake-clock.ts'
import { systemRandom } from '#sys/random.ts'

const directory = await mkdtemp(join(tmpdir(), 'k8ts-pki-'))
after(() => rm(directory, { recursive: true, force: true }))

const names = {
  clusterDomain: 'cluster.local',
  serviceAddress: '10.96.0.1',
  serverAddresses: ['172.30.0.1'],
  serverNames: [],
}
const specs = [...clusterCertificates(names), ...nodeCertificates({ name: 'n1', addresses: ['172.30.0.2'] })]
const dependencies = (now: number) => ({ clock: fakeClock(now), random: systemRandom })
const START = Date.UTC(2026, 0, 1)

test('the first start makes all, the second nothing, and keys are for their owner alone', async () => {
  const pki = await openClusterPki(directory, dependencies(START))
  assert.equal((await pki.ensure(specs)).length, specs.length)
  const again = await openClusterPki(directory, dependencies(START + 1000))
  assert.deepEqual(await again.ensure(specs), [])
  assert.equal(again.serviceAccountKeys.publicKey, pki.serviceAccountKeys.publicKey)
  assert.equal((await stat(pki.files('admin').key)).mode & 0o777, 0o600)

  const authority = new X509Certificate((await pki.read('ca')).certificate)
  const server = new X509Certificate((await pki.read('apiserver')).certificate)
  assert.equal(server.verify(authority.publicKey), true)
  assert.equal(server.checkIssued(authority), true)
  for (const name of ['kubernetes.default.svc', 'localhost']) assert.equal(server.checkHost(name), name)
  for (const address of ['127.0.0.1', '::1', '10.96.0.1', '172.30.0.1']) {
    assert.equal(server.checkIP(address), address)
  }
})

test('certificates are renewed at two thirds of their life, the authority stays', async () => {
  const before = await openClusterPki(directory, dependencies(START + CERTIFICATE_LIFE_MS * 0.6))
  assert.deepEqual(await before.ensure(specs), [])
  const authority = (await before.read('ca')).certificate
  const later = await openClusterPki(directory, dependencies(START + CERTIFICATE_LIFE_MS * 0.7))
  assert.equal((await later.ensure(specs)).length, specs.length)
  assert.equal((await later.read('ca')).certificate, authority)
})

test('a new address and a broken file each replace just that certificate', async () => {
  const pki = await openClusterPki(directory, dependencies(START + CERTIFICATE_LIFE_MS * 0.7))
  const moved = clusterCertificates({ ...names, serverAddresses: ['172.30.0.9'] })
  assert.deepEqual(await pki.ensure(moved), ['apiserver'])
  await writeFile(pki.files('scheduler').certificate, 'not a certificate')
  assert.deepEqual(await pki.ensure(moved), ['scheduler'])
})
