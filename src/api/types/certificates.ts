// Types of the API group certificates, in wire form. The fields come from @kubernetes/client-node.

import type {
  V1CertificateSigningRequest,
  V1CertificateSigningRequestCondition,
  V1CertificateSigningRequestSpec,
  V1CertificateSigningRequestStatus,
} from '@kubernetes/client-node'
import type { Wire } from '#api/types/wire.ts'

export type CertificateSigningRequest = Wire<V1CertificateSigningRequest>
export type CertificateSigningRequestCondition = Wire<V1CertificateSigningRequestCondition>
export type CertificateSigningRequestSpec = Wire<V1CertificateSigningRequestSpec>
export type CertificateSigningRequestStatus = Wire<V1CertificateSigningRequestStatus>
