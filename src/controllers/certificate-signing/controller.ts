// Signs the requests that were approved for the signers of Kubernetes itself.
//
//   CertificateSigningRequest, Approved ─▶ does it ask for what its signer gives? ─▶ certificate, or condition Failed
//
// Invariant: nothing is signed that was not approved, and each signer keeps to what it promises (see rules).
// Upstream: pkg/controller/certificates/signer. Upstream may have an authority for each signer; here one signs for all.

import { parseEncodedRequest } from '#api/codec/encoded-request.ts'
import type { ParsedRequest } from '#api/codec/x509.ts'
import type { ObjectKey } from '#api/meta/object.ts'
import { certificateSigningRequests } from '#api/resources.ts'
import type { CertificateSigningRequest } from '#api/types/certificates.ts'
import type { Requeue } from '#client/work-queue.ts'
import { issueRequested } from '#controllers/certificate-signing/issue.ts'
import {
  API_CLIENT,
  apiClientProblem,
  hasCondition,
  isApproved,
  isIssued,
  KUBELET_CLIENT,
  KUBELET_SERVING,
  kubeletClientProblem,
  kubeletServingProblem,
  LEGACY_UNKNOWN,
} from '#controllers/certificates/requests.ts'
import { type Controller, type ControllerContext, controller, primary } from '#controllers/controller.ts'
import { formatTime } from '#sys/clock.ts'

/** By signer, why it does not sign; undefined when it does. The legacy one promises nothing. */
const RULES = new Map<string, (parsed: ParsedRequest, usages: readonly string[]) => string | undefined>([
  [KUBELET_SERVING, kubeletServingProblem],
  [KUBELET_CLIENT, kubeletClientProblem],
  [API_CLIENT, (_parsed, usages) => apiClientProblem(usages)],
  [LEGACY_UNKNOWN, () => undefined],
])

export function certificateSigningController(context: ControllerContext): Controller {
  const { client, clock, random, settings } = context
  const informer = context.informers.informer(certificateSigningRequests)

  async function reconcile(key: ObjectKey): Promise<Requeue> {
    const request = informer.get(key)
    if (!request || isIssued(request) || !isApproved(request) || hasCondition(request, 'Failed')) return
    const { signerName, usages = [], expirationSeconds } = request.spec
    const rule = RULES.get(signerName)
    if (!rule || !settings.signer) return
    const parsed = parseEncodedRequest(request.spec.request)
    if ('error' in parsed) throw new Error(`unable to parse csr ${JSON.stringify(key)}: ${parsed.error}`)
    const problem = rule(parsed, usages)
    if (problem !== undefined) return fail(request, problem)
    const asked = { parsed, usages, expirationSeconds }
    const pem = issueRequested(settings.signer, asked, clock.now(), random)
    await write(request, { certificate: Buffer.from(pem).toString('base64') })
  }

  async function fail(request: CertificateSigningRequest, message: string): Promise<undefined> {
    const now = formatTime(clock.now())
    const condition = {
      type: 'Failed',
      status: 'True',
      reason: 'SignerValidationFailure',
      message,
      lastUpdateTime: now,
      lastTransitionTime: now,
    }
    await write(request, { conditions: [...(request.status?.conditions ?? []), condition] })
  }

  async function write(
    request: CertificateSigningRequest,
    more: NonNullable<CertificateSigningRequest['status']>,
  ): Promise<void> {
    const status = { ...request.status, ...more }
    await client.resource(certificateSigningRequests).updateStatus({ ...request, status })
  }

  return controller(context, 'certificatesigningrequest-signing-controller', {
    watches: [primary(informer, ({ type }) => type !== 'deleted')],
    baseDelayMs: 200,
    maxDelayMs: 1_000_000,
    reconcile,
  })
}
