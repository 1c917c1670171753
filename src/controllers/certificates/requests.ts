// What a CertificateSigningRequest says: whether it is decided, and whether it asks for what a kubelet may have. Pure.
//
// Upstream: pkg/controller/certificates/certificate_controller_utils.go, pkg/apis/certificates/helpers.go

import type { CertificateNames } from '#api/codec/x509.ts'
import type { CertificateSigningRequest } from '#api/types/certificates.ts'

export const KUBELET_SERVING = 'kubernetes.io/kubelet-serving'
export const KUBELET_CLIENT = 'kubernetes.io/kube-apiserver-client-kubelet'
export const API_CLIENT = 'kubernetes.io/kube-apiserver-client'
export const LEGACY_UNKNOWN = 'kubernetes.io/legacy-unknown'

const NODES_GROUP = 'system:nodes'
const NODE_PREFIX = 'system:node:'

type ConditionType = 'Approved' | 'Denied' | 'Failed'

export const hasCondition = ({ status }: CertificateSigningRequest, wanted: ConditionType): boolean =>
  (status?.conditions ?? []).some(({ type }) => type === wanted)

export const isIssued = ({ status }: CertificateSigningRequest): boolean => (status?.certificate ?? '') !== ''

/** Approved and not denied. */
export const isApproved = (request: CertificateSigningRequest): boolean =>
  hasCondition(request, 'Approved') && !hasCondition(request, 'Denied')

type Asked = Pick<
  CertificateNames,
  'commonName' | 'organizations' | 'dnsNames' | 'ipAddresses' | 'emailAddresses' | 'uris'
>

/** Why a request is not one of a kubelet for its client certificate; undefined when it is. */
export function kubeletClientProblem(asked: Asked, usages: readonly string[]): string | undefined {
  if (!isOfNodes(asked)) return 'subject organization is not system:nodes'
  if (asked.dnsNames.length > 0) return 'DNS subjectAltNames are not allowed'
  if (asked.emailAddresses.length > 0) return 'Email subjectAltNames are not allowed'
  if (asked.ipAddresses.length > 0) return 'IP subjectAltNames are not allowed'
  if (asked.uris.length > 0) return 'URI subjectAltNames are not allowed'
  if (!asked.commonName.startsWith(NODE_PREFIX)) return 'subject common name does not begin with system:node:'
  return usagesProblem(usages, 'client auth')
}

/** The same for its serving certificate. */
export function kubeletServingProblem(asked: Asked, usages: readonly string[]): string | undefined {
  if (!isOfNodes(asked)) return 'subject organization is not system:nodes'
  if (asked.dnsNames.length === 0 && asked.ipAddresses.length === 0) {
    return 'DNS or IP subjectAltName is required'
  }
  if (asked.emailAddresses.length > 0) return 'Email subjectAltNames are not allowed'
  if (asked.uris.length > 0) return 'URI subjectAltNames are not allowed'
  const problem = usagesProblem(usages, 'server auth')
  if (problem !== undefined) return problem
  return asked.commonName.startsWith(NODE_PREFIX)
    ? undefined
    : 'subject common name does not begin with system:node:'
}

const isOfNodes = ({ organizations }: Asked): boolean =>
  organizations.length === 1 && organizations[0] === NODES_GROUP

/** Keys that are not RSA need no key encipherment. */
function usagesProblem(usages: readonly string[], purpose: string): string | undefined {
  const asked = new Set(usages)
  const isNeeded = (usage: string): boolean => usage === 'digital signature' || usage === purpose
  const isFit =
    asked.has('digital signature') &&
    asked.has(purpose) &&
    [...asked].every((usage) => isNeeded(usage) || usage === 'key encipherment')
  if (isFit) return undefined
  return `usages did not match [${['digital signature', 'key encipherment', purpose].sort().join(' ')}]`
}

/** Why a request is not one for a client of the API server. */
export function apiClientProblem(usages: readonly string[]): string | undefined {
  const wrong = usages.find(
    (usage) => !['digital signature', 'key encipherment', 'client auth'].includes(usage),
  )
  if (wrong !== undefined) return `invalid usage for client certificate: ${wrong}`
  if (!usages.includes('client auth')) return 'missing required usage for client certificate: client auth'
  return undefined
}
