// CertificateSigningRequest: asks for a certificate; somebody approves it, a signer writes it into the status.
//
// Upstream: pkg/registry/certificates/certificates/strategy.go

import { defineKind } from '#api/kinds/kind.ts'
import type { CertificateSigningRequest } from '#api/types/certificates.ts'
import type { Draft } from '#api/types/wire.ts'

export const certificateSigningRequest = defineKind<Draft<CertificateSigningRequest>>({
  group: 'certificates.k8s.io',
  kind: 'CertificateSigningRequest',
  resource: 'certificatesigningrequests',
  singular: 'certificatesigningrequest',
  shortNames: ['csr'],
  namespaced: false,
  versions: ['v1'],
  storageVersion: 'v1',
  status: {},
  storedSubresources: { approval: {} },
})
