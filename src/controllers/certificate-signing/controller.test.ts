import assert from 'node:assert/strict'
import { generateKeyPairSync, X509Certificate } from 'node:crypto'
import { after, before, test } from 'node:test'
import { encodeCertificate, encodeCertificateRequest, encodeName, encodePem } from '#api/codec/x509.ts'
import { certificateSigningRequests, clusterRoleBindings } from '#api/resources.ts'
import type { CertificateSigningRequest } from '#api/types/certificates.ts'
import { startTestApiServer, type TestApiServer } from '#apiserver/testing.ts'
import { resourcePath } from '#client/client.ts'
import { lifeOf } from '#controllers/certificate-signing/issue.ts'
import { startTestControllers, type TestControllers } from '#controllers/testing.ts'
import { systemRandom } from '#sys/random.ts'
import { keyId, serialNumber, signerOf } from '#sys/signing.ts'

const HOUR_MS = 3_600_000
const CLIENT_USAGES = ['digital signature', 'key encipherment', 'client auth']
const KUBELET_CLIENT = 'kubernetes.io/kube-apiserver-client-kubelet'

const authority = selfSigned()
let server: TestApiServer
let controllers: TestControllers

function selfSigned(): { certificate: string; key: string } {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const spki = publicKey.export({ type: 'spki', format: 'der' })
  const subject = { commonName: 'test-ca', organizations: [] }
  const der = encodeCertificate(
    {
      serialNumber: serialNumber(systemRandom),
      subject,
      notBefore: Date.UTC(2026, 0, 1),
      notAfter: Date.UTC(2046, 0, 1),
      publicKey: spki,
      isCa: true,
      keyUsages: ['certSign'],
      extKeyUsages: [],
      dnsNames: [],
      ipAddresses: [],
      subjectKeyId: keyId(spki),
    },
    { name: encodeName(subject), ...signerOf(privateKey) },
  )
  return {
    certificate: encodePem(der, 'CERTIFICATE'),
    key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
  }
}

before(async () => {
  server = await startTestApiServer({ secured: true })
  controllers = await startTestControllers(server.client, {
    controllers: [
      'certificatesigningrequest-approving-controller',
      'certificatesigningrequest-signing-controller',
      'certificatesigningrequest-cleaner-controller',
    ],
    clientFor: (account) =>
      server.clientAs({
        name: `system:serviceaccount:kube-system:${account}`,
        groups: ['system:serviceaccounts', 'system:authenticated'],
      }),
    settings: { signer: { ...authority, days: 365 } },
  })
})

after(async () => {
  await controllers.stop()
  await server.stop()
})

interface Asked {
  readonly commonName: string
  readonly organizations?: readonly string[]
  readonly dnsNames?: readonly string[]
  readonly keyType?: 'ec' | 'rsa'
}

function encoded({ commonName, organizations = [], dnsNames = [], keyType = 'ec' }: Asked): string {
  const { publicKey, privateKey } =
    keyType === 'ec'
      ? generateKeyPairSync('ec', { namedCurve: 'P-256' })
      : generateKeyPairSync('rsa', { modulusLength: 2048 })
  const der = encodeCertificateRequest(
    {
      subject: { commonName, organizations },
      publicKey: publicKey.export({ type: 'spki', format: 'der' }),
      dnsNames,
      ipAddresses: [],
    },
    signerOf(privateKey),
  )
  return Buffer.from(encodePem(der, 'CERTIFICATE REQUEST')).toString('base64')
}

async function ask(
  name: string,
  spec: Partial<CertificateSigningRequest['spec']> & { signerName: string },
  asked: Asked,
  client = server.client,
): Promise<void> {
  await client.resource(certificateSigningRequests).create({
    metadata: { name },
    spec: { usages: CLIENT_USAGES, ...spec, request: encoded(asked) },
  })
}

async function approve(name: string): Promise<void> {
  const request = await server.client.resource(certificateSigningRequests).get('', name)
  const conditions = [{ type: 'Approved', status: 'True', reason: 'Test', message: 'yes' }]
  await server.client.request({
    method: 'PUT',
    path: resourcePath(certificateSigningRequests, '', name, 'approval'),
    query: {},
    body: { ...request, status: { conditions } },
  })
}

async function issued(name: string): Promise<X509Certificate> {
  const request = await controllers.until(
    certificateSigningRequests,
    name,
    (object) => object?.status?.certificate !== undefined,
  )
  return new X509Certificate(Buffer.from(request?.status?.certificate ?? '', 'base64'))
}

for (const keyType of ['ec', 'rsa'] as const) {
  test(`what was approved for a client is signed, key of type ${keyType}`, async () => {
    const name = `client-${keyType}`
    await ask(
      name,
      { signerName: 'kubernetes.io/kube-apiserver-client', expirationSeconds: 3600 },
      { commonName: 'jane', organizations: ['dev'], dnsNames: ['jane.example.com'], keyType },
    )
    await approve(name)
    const certificate = await issued(name)
    const issuer = new X509Certificate(authority.certificate)
    assert.ok(certificate.verify(issuer.publicKey))
    assert.ok(certificate.checkIssued(issuer))
    assert.match(certificate.subject, /O=dev\nCN=jane/)
    assert.equal(certificate.subjectAltName, 'DNS:jane.example.com')
    assert.deepEqual(certificate.keyUsage, ['1.3.6.1.5.5.7.3.2'])
    const lifeMs = Date.parse(certificate.validTo) - Date.parse(certificate.validFrom)
    assert.equal(lifeMs, HOUR_MS + 5 * 60_000)
  })
}

test('a node gets its client certificate without anybody approving it, where roles say so', async () => {
  const node = server.clientAs({
    name: 'system:node:n1',
    groups: ['system:nodes', 'system:authenticated'],
  })
  await server.client.resource(clusterRoleBindings).create({
    metadata: { name: 'renewals' },
    roleRef: {
      apiGroup: 'rbac.authorization.k8s.io',
      kind: 'ClusterRole',
      name: 'system:certificates.k8s.io:certificatesigningrequests:selfnodeclient',
    },
    subjects: [{ kind: 'Group', apiGroup: 'rbac.authorization.k8s.io', name: 'system:nodes' }],
  })
  const asked = { commonName: 'system:node:n1', organizations: ['system:nodes'] }
  await ask('renewal', { signerName: KUBELET_CLIENT }, asked, node)
  await issued('renewal')
  const { status } = await server.client.resource(certificateSigningRequests).get('', 'renewal')
  assert.deepEqual(
    status?.conditions?.map(({ type, reason, message }) => [type, reason, message]),
    [
      [
        'Approved',
        'AutoApproved',
        'Auto approving self kubelet client certificate after SubjectAccessReview.',
      ],
    ],
  )
})

test('a request that its signer does not give fails, and says why', async () => {
  await ask('wrong', { signerName: KUBELET_CLIENT }, { commonName: 'system:node:x' })
  await approve('wrong')
  const request = await controllers.until(
    certificateSigningRequests,
    'wrong',
    (object) => object?.status?.conditions?.some(({ type }) => type === 'Failed') === true,
  )
  const failed = request?.status?.conditions?.find(({ type }) => type === 'Failed')
  assert.equal(failed?.reason, 'SignerValidationFailure')
  assert.equal(failed?.message, 'subject organization is not system:nodes')
  assert.equal(request?.status?.certificate, undefined)
})

test('a life is as asked for, but neither longer than the longest nor uselessly short', () => {
  assert.equal(lifeOf(HOUR_MS, undefined), HOUR_MS)
  assert.equal(lifeOf(HOUR_MS, 1800), HOUR_MS / 2)
  assert.equal(lifeOf(HOUR_MS, 7200), HOUR_MS)
  assert.equal(lifeOf(HOUR_MS, 60), 600_000)
})
