// Approves what kubelets ask for themselves: client certificates of nodes, for who may ask for them.
//
//   CertificateSigningRequest ─▶ is it for a node's client certificate? ─▶ may its author have it? ─▶ Approved
//
// Invariant: the author is judged as the API server wrote it down, not as the request says. Whether it may is asked
// by SubjectAccessReview, so roles decide and not code.
// Upstream: pkg/controller/certificates/approver/sarapprove.go

import { parseEncodedRequest } from '#api/codec/encoded-request.ts'
import type { ParsedRequest } from '#api/codec/x509.ts'
import type { ObjectKey } from '#api/meta/object.ts'
import { certificateSigningRequests } from '#api/resources.ts'
import type { CertificateSigningRequest } from '#api/types/certificates.ts'
import { resourcePath } from '#client/client.ts'
import type { Requeue } from '#client/work-queue.ts'
import {
  hasCondition,
  isIssued,
  KUBELET_CLIENT,
  kubeletClientProblem,
} from '#controllers/certificates/requests.ts'
import { type Controller, type ControllerContext, controller, primary } from '#controllers/controller.ts'
import { formatTime } from '#sys/clock.ts'

interface Rule {
  /** Who may create this subresource gets approved. */
  readonly subresource: string
  readonly message: string
}

const SELF: Rule = {
  subresource: 'selfnodeclient',
  message: 'Auto approving self kubelet client certificate after SubjectAccessReview.',
}
const NODE: Rule = {
  subresource: 'nodeclient',
  message: 'Auto approving kubelet client certificate after SubjectAccessReview.',
}

/** The rules that may approve a request: a node's own renewal, and any node's first one. */
export function rulesFor({ spec }: CertificateSigningRequest, parsed: ParsedRequest): readonly Rule[] {
  if (spec.signerName !== KUBELET_CLIENT) return []
  if (kubeletClientProblem(parsed, spec.usages ?? []) !== undefined) return []
  return spec.username === parsed.commonName ? [SELF, NODE] : [NODE]
}

export function certificateApprovingController(context: ControllerContext): Controller {
  const { client, clock } = context
  const informer = context.informers.informer(certificateSigningRequests)

  async function reconcile(key: ObjectKey): Promise<Requeue> {
    const request = informer.get(key)
    if (!request || isIssued(request)) return
    if (hasCondition(request, 'Approved') || hasCondition(request, 'Denied')) return
    const parsed = parseEncodedRequest(request.spec.request)
    if ('error' in parsed) throw new Error(`unable to parse csr ${JSON.stringify(key)}: ${parsed.error}`)
    const rules = rulesFor(request, parsed)
    for (const rule of rules) {
      if (await isAllowed(request, rule)) return approve(request, rule)
    }
    if (rules.length === 0) return
    const tried = rules.map(({ subresource }) => subresource).join(' ')
    throw new Error(
      `recognized csr ${JSON.stringify(key)} as [${tried}] but subject access review was not approved`,
    )
  }

  async function isAllowed({ spec }: CertificateSigningRequest, rule: Rule): Promise<boolean> {
    const { username, uid, groups, extra } = spec
    const review = await client.request({
      method: 'POST',
      path: '/apis/authorization.k8s.io/v1/subjectaccessreviews',
      query: {},
      body: {
        apiVersion: 'authorization.k8s.io/v1',
        kind: 'SubjectAccessReview',
        spec: {
          user: username,
          ...(uid && { uid }),
          ...(groups && { groups }),
          ...(extra && { extra }),
          resourceAttributes: {
            group: 'certificates.k8s.io',
            resource: 'certificatesigningrequests',
            subresource: rule.subresource,
            verb: 'create',
            version: '*',
          },
        },
      },
    })
    return (review as { readonly status?: { readonly allowed?: boolean } }).status?.allowed === true
  }

  async function approve(request: CertificateSigningRequest, { message }: Rule): Promise<undefined> {
    const now = formatTime(clock.now())
    const condition = {
      type: 'Approved',
      status: 'True',
      reason: 'AutoApproved',
      message,
      lastUpdateTime: now,
      lastTransitionTime: now,
    }
    const conditions = [...(request.status?.conditions ?? []), condition]
    await client.request({
      method: 'PUT',
      path: resourcePath(certificateSigningRequests, '', request.metadata?.name, 'approval'),
      query: {},
      body: { ...request, status: { ...request.status, conditions } },
    })
  }

  return controller(context, 'certificatesigningrequest-approving-controller', {
    watches: [primary(informer, ({ type }) => type !== 'deleted')],
    baseDelayMs: 200,
    maxDelayMs: 1_000_000,
    reconcile,
  })
}
