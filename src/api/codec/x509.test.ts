import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { generateKeyPairSync, sign, X509Certificate } from 'node:crypto'
import { test } from 'node:test'
import {
  DerError,
  element,
  integer,
  oid,
  parseDer,
  readOid,
  readTime,
  sequence,
  time,
} from '#api/codec/der.ts'
import {
  decodePem,
  encodeCertificate,
  encodeCertificateRequest,
  encodeName,
  encodePem,
  ipBytes,
  parseCertificate,
  parseCertificateRequest,
} from '#api/codec/x509.ts'

const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const spki = publicKey.export({ type: 'spki', format: 'der' })
const subject = { commonName: 'system:node:a', organizations: ['system:nodes', 'größe'] }
const signer = {
  algorithm: 'ecdsa-sha256' as const,
  sign: (tbs: Uint8Array) => sign('sha256', tbs, privateKey),
}

function certificate(): Uint8Array {
  return encodeCertificate(
    {
      serialNumber: Uint8Array.of(0x80, 1),
      subject,
      notBefore: Date.UTC(2026, 0, 2, 3, 4, 5),
      notAfter: Date.UTC(2055, 0, 1),
      publicKey: spki,
      isCa: false,
      keyUsages: ['digitalSignature', 'keyEncipherment'],
      extKeyUsages: ['clientAuth', 'serverAuth'],
      dnsNames: ['kubernetes.default.svc'],
      ipAddresses: ['10.96.0.1', '::1', 'fd00::1:2'],
      subjectKeyId: Uint8Array.of(1, 2, 3),
      authorityKeyId: Uint8Array.of(4, 5),
    },
    { ...signer, name: encodeName(subject) },
  )
}

test('what is written is what Node reads, and the signature holds', () => {
  const read = new X509Certificate(certificate())
  assert.equal(read.verify(publicKey), true)
  assert.equal(read.ca, false)
  assert.equal(read.serialNumber, '8001')
  assert.match(read.subject, /CN=system:node:a/)
  assert.match(read.subjectAltName ?? '', /DNS:kubernetes.default.svc, IP Address:10.96.0.1/)
  assert.equal(Date.parse(read.validTo), Date.UTC(2055, 0, 1))
})

test('parsing gives back what was written', () => {
  const read = parseCertificate(certificate())
  assert.equal(read.commonName, 'system:node:a')
  assert.deepEqual(read.organizations, ['system:nodes', 'größe'])
  assert.deepEqual(read.dnsNames, ['kubernetes.default.svc'])
  assert.deepEqual(
    read.ipAddresses.map((bytes) => [...bytes]),
    ['10.96.0.1', '::1', 'fd00::1:2'].map((address) => [...ipBytes(address)]),
  )
  assert.deepEqual(read.extKeyUsages, ['clientAuth', 'serverAuth'])
  assert.deepEqual([...read.authorityKeyId], [4, 5])
  assert.equal(read.notBefore, Date.UTC(2026, 0, 2, 3, 4, 5))
})

test('a request that openssl accepts is read back with its names', () => {
  const request = { subject, publicKey: spki, dnsNames: ['a.example'], ipAddresses: ['10.0.0.1'] }
  const der = encodeCertificateRequest(request, signer)
  const pem = encodePem(der, 'CERTIFICATE REQUEST')
  assert.deepEqual([...(decodePem(pem, 'CERTIFICATE REQUEST') ?? [])], [...der])
  const read = parseCertificateRequest(der)
  assert.deepEqual(
    [read.commonName, read.organizations, read.dnsNames],
    ['system:node:a', ['system:nodes', 'größe'], ['a.example']],
  )
  let verified: string
  try {
    verified = execFileSync('openssl', ['req', '-verify', '-noout'], {
      input: pem,
      encoding: 'utf8',
      stdio: 'pipe',
    })
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return
    throw error
  }
  assert.ok(verified !== undefined)
})

test('small pieces survive the way there and back', () => {
  for (const dotted of ['2.5.4.3', '1.2.840.113549.1.9.14', '1.3.6.1.4.1.57683.2']) {
    assert.equal(readOid(parseDer(oid(dotted))), dotted)
  }
  for (const at of [Date.UTC(2049, 11, 31, 23, 59, 59), Date.UTC(2050, 0, 1), Date.UTC(1999, 5, 5)]) {
    assert.equal(readTime(parseDer(time(at))), at)
  }
  assert.deepEqual([...integer(Uint8Array.of(0, 0, 0x7f))], [2, 1, 0x7f])
  assert.deepEqual([...element(4, new Uint8Array(200)).subarray(0, 3)], [4, 0x81, 200])
})

test('malformed DER is refused and never read beyond its end', () => {
  const good = sequence(integer(Uint8Array.of(1)))
  const bad: readonly Uint8Array[] = [
    new Uint8Array(),
    good.subarray(0, 3),
    Uint8Array.of(...good, 0),
    Uint8Array.of(0x30, 0x80, 0, 0),
    Uint8Array.of(0x30, 0x81, 0x01, 0),
    Uint8Array.of(0x1f, 0x01, 0),
  ]
  for (const bytes of bad) assert.throws(() => parseDer(bytes), DerError)
  let deep = good
  for (let i = 0; i < 20; i++) deep = sequence(deep)
  assert.throws(() => parseDer(deep), DerError)
})

test('a certificate with any octet changed is read or refused, and nothing else', () => {
  const good = certificate()
  for (let i = 0; i < good.length; i++) {
    for (const change of [0x01, 0x80, 0xff]) {
      const changed = Uint8Array.from(good)
      changed[i] = changed[i]! ^ change
      try {
        parseCertificate(changed)
      } catch (error) {
        assert.ok(error instanceof DerError, `octet ${i}: ${String(error)}`)
      }
    }
  }
})
