// CertificateApproval, CertificateSigning, CertificateSubjectRestriction: who may approve and sign for which signer, and
// that nobody asks the cluster's own signer for system:masters.
//
// Upstream: plugin/pkg/admission/certificates/{approval,signing,subjectrestriction}, pkg/certauthorization

import { parseEncodedRequest } from '#api/codec/encoded-request.ts'
import { semanticEqual } from '#api/meta/equality.ts'
import type { CertificateSigningRequest } from '#api/types/certificates.ts'
import type { AdmissionPlugin, AdmissionRequest } from '#apiserver/admission/plugin.ts'
import { isFor, objectOf, oldObjectOf, refuse } from '#apiserver/admission/refuse.ts'
import type { Authorization } from '#apiserver/authorization/chain.ts'
import { MASTERS_GROUP } from '#apiserver/authorization/masters.ts'
import type { UserInfo } from '#apiserver/request.ts'

const GROUP = 'certificates.k8s.io'
const RESOURCE = 'certificatesigningrequests'
const CLIENT_SIGNER = 'kubernetes.io/kube-apiserver-client'

/** Allowed for this signer, or for all signers of its domain. */
async function mayDo(
  authorization: Authorization,
  user: UserInfo,
  verb: string,
  signer: string,
): Promise<boolean> {
  for (const name of [signer, `${signer.split('/')[0]}/*`]) {
    const { decision } = await authorization.authorize(user, {
      isResourceRequest: true,
      verb,
      apiPrefix: 'apis',
      group: GROUP,
      version: '*',
      namespace: '',
      resource: 'signers',
      subresource: '',
      name,
      parts: [],
      path: '',
    })
    if (decision === 'allow') return true
  }
  return false
}

async function requireSigner(
  authorization: Authorization,
  request: AdmissionRequest,
  verb: string,
): Promise<void> {
  const { signerName } = oldObjectOf<CertificateSigningRequest>(request).spec
  if (await mayDo(authorization, request.user, verb, signerName)) return
  throw refuse(
    request,
    `user not permitted to ${verb} requests with signerName ${JSON.stringify(signerName)}`,
  )
}

export function certificateApproval(authorization: Authorization): AdmissionPlugin {
  return {
    name: 'CertificateApproval',
    handles: (request) => isFor(request, GROUP, RESOURCE, ['UPDATE'], ['approval']),
    validate: (request) => requireSigner(authorization, request, 'approve'),
  }
}

export function certificateSigning(authorization: Authorization): AdmissionPlugin {
  return {
    name: 'CertificateSigning',
    handles: (request) => isFor(request, GROUP, RESOURCE, ['UPDATE'], ['status']),
    async validate(request) {
      const [before, now] = [
        oldObjectOf<CertificateSigningRequest>(request),
        objectOf<CertificateSigningRequest>(request),
      ]
      const isSame =
        (before.status?.certificate ?? '') === (now.status?.certificate ?? '') &&
        semanticEqual(before.status?.conditions, now.status?.conditions)
      if (!isSame) await requireSigner(authorization, request, 'sign')
    },
  }
}

export const certificateSubjectRestriction: AdmissionPlugin = {
  name: 'CertificateSubjectRestriction',
  handles: (request) => isFor(request, GROUP, RESOURCE, ['CREATE']),
  async validate(request) {
    const { signerName, request: encoded } = objectOf<CertificateSigningRequest>(request).spec
    if (signerName !== CLIENT_SIGNER) return
    const parsed = parseEncodedRequest(encoded)
    if ('error' in parsed) throw refuse(request, `failed to parse CSR: ${parsed.error}`)
    if (parsed.organizations.includes(MASTERS_GROUP)) {
      throw refuse(request, `use of ${CLIENT_SIGNER} signer with ${MASTERS_GROUP} group is not allowed`)
    }
  },
}
