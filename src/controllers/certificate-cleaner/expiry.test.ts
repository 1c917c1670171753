import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { CertificateSigningRequest } from '#api/types/certificates.ts'
import { expiresAtMs } from '#controllers/certificate-cleaner/expiry.ts'

const CREATED = '2026-01-01T00:00:00Z'
const DECIDED = '2026-01-01T02:00:00Z'

const request = (type: string | undefined, certificate?: string): CertificateSigningRequest => ({
  metadata: { name: 'r', creationTimestamp: CREATED },
  spec: { signerName: 's/s', request: '' },
  status: {
    ...(type && { conditions: [{ type, status: 'True', lastUpdateTime: DECIDED }] }),
    ...(certificate && { certificate }),
  },
})

const rows: readonly [name: string, CertificateSigningRequest, string | undefined][] = [
  ['nobody decided', request(undefined), '2026-01-02T00:00:00Z'],
  ['denied', request('Denied'), '2026-01-01T03:00:00Z'],
  ['failed', request('Failed'), '2026-01-01T03:00:00Z'],
  ['approved and not signed', request('Approved'), '2026-01-02T02:00:00Z'],
  ['signed', request('Approved', btoa('not a certificate')), '2026-01-01T03:00:00Z'],
  ['something else', request('Odd'), undefined],
]

for (const [name, object, expected] of rows) {
  test(`${name}: until ${expected ?? 'ever'}`, () => {
    assert.equal(expiresAtMs(object), expected === undefined ? undefined : Date.parse(expected))
  })
}
