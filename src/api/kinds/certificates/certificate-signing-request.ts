// CertificateSigningRequest: somebody asks for a certificate; an approver says yes, a signer issues it.
//
// Upstream: pkg/registry/certificates/certificates/strategy.go

import {
  type StatusRights,
  validateRequest,
  validateRequestUpdate,
} from '#api/kinds/certificates/validate.ts'
import { ageColumn, column, humanDuration, longField, nameColumn } from '#api/kinds/columns.ts'
import { defineKind, type KindContext } from '#api/kinds/kind.ts'
import { keepField } from '#api/kinds/status-metadata.ts'
import { formatTime } from '#api/meta/time.ts'
import type { CertificateSigningRequest } from '#api/types/certificates.ts'
import type { Draft } from '#api/types/wire.ts'

type Request = Draft<CertificateSigningRequest>

const ofSpec = (name: string): ReturnType<typeof longField> =>
  longField('certificates.v1.CertificateSigningRequestSpec', name)

/** The table still describes the field as the beta version did. */
const SIGNER_TEXT = [
  'Requested signer for the request. It is a qualified name in the form: `scope-hostname.io/name`. If empty, it will be defaulted:',
  " 1. If it's a kubelet client certificate, it is assigned",
  '    "kubernetes.io/kube-apiserver-client-kubelet".',
  " 2. If it's a kubelet serving certificate, it is assigned",
  '    "kubernetes.io/kubelet-serving".',
  ' 3. Otherwise, it is assigned "kubernetes.io/legacy-unknown".',
  'Distribution of trust for signers happens out of band. You can select on this field using `spec.signerName`.',
].join('\n')

const judge =
  (rights: StatusRights) =>
  (request: Request, old: Request): ReturnType<typeof validateRequestUpdate> =>
    validateRequestUpdate(request, old, rights)

export const certificateSigningRequest = defineKind<Request>({
  group: 'certificates.k8s.io',
  kind: 'CertificateSigningRequest',
  resource: 'certificatesigningrequests',
  singular: 'certificatesigningrequest',
  shortNames: ['csr'],
  namespaced: false,
  versions: ['v1'],
  storageVersion: 'v1',
  hasGeneration: false,
  prepareForCreate(draft, { user }) {
    const { username: _username, uid: _uid, groups: _groups, extra: _extra, ...asked } = draft.spec
    draft.spec = {
      ...asked,
      ...(user.name && { username: user.name }),
      ...(user.uid && { uid: user.uid }),
      ...(user.groups.length > 0 && { groups: [...user.groups] }),
      ...(user.extra && Object.keys(user.extra).length > 0 && { extra: copyOf(user.extra) }),
    }
    draft.status = {}
  },
  prepareForUpdate(draft, old) {
    keepField(draft, old, 'spec')
    keepField(draft, old, 'status')
  },
  validate: (request) => validateRequest(request, undefined),
  validateUpdate: judge({}),
  status: {
    prepareForUpdate(draft, old, context) {
      keepField(draft, old, 'spec')
      for (const type of ['Approved', 'Denied']) keepConditions(draft, old, type)
      setConditionTimes(draft, old, context)
    },
    validateUpdate: judge({ certificate: true }),
  },
  storedSubresources: {
    approval: {
      prepareForUpdate(draft, old, context) {
        setConditionTimes(draft, old, context)
        keepField(draft, old, 'spec')
        const { conditions: _conditions, ...status } = old.status ?? {}
        const conditions = draft.status?.conditions
        draft.status = { ...status, ...(conditions && { conditions }) }
      },
      validateUpdate: judge({ approval: true }),
    },
  },
  selectableFields: { 'spec.signerName': ({ spec }) => spec.signerName ?? '' },
  columns: [
    nameColumn(),
    ageColumn(),
    column('SignerName', SIGNER_TEXT, ({ spec }) => spec.signerName || '<none>'),
    column('Requestor', 'Base64-encoded PKCS#10 CSR data', ({ spec }) => spec.username ?? ''),
    column('RequestedDuration', ofSpec('expirationSeconds'), ({ spec: { expirationSeconds } }) =>
      expirationSeconds === undefined ? '<none>' : humanDuration(expirationSeconds * 1000),
    ),
    column('Condition', 'Conditions applied to the request, such as approval or denial.', conditionOf),
  ],
})

const copyOf = (extra: Readonly<Record<string, readonly string[]>>): Record<string, string[]> =>
  Object.fromEntries(Object.entries(extra).map(([key, values]) => [key, [...values]]))

/** Who may only write the status neither approves nor denies. */
function keepConditions(draft: Request, old: Request, type: string): void {
  const before = (old.status?.conditions ?? []).filter((condition) => condition.type === type)
  const conditions = draft.status?.conditions ?? []
  const places = conditions.flatMap((condition, i) => (condition.type === type ? [i] : []))
  if (before.length !== places.length) return
  for (const [i, place] of places.entries()) conditions[place] = before[i]!
}

function setConditionTimes(draft: Request, old: Request, { now }: KindContext): void {
  const time = formatTime(now)
  const conditions = draft.status?.conditions
  if (!conditions || !draft.status) return
  draft.status.conditions = conditions.map((condition) => {
    const before = (old.status?.conditions ?? []).find(
      ({ type, status, lastTransitionTime }) =>
        type === condition.type && status === condition.status && Boolean(lastTransitionTime),
    )
    return {
      ...condition,
      lastUpdateTime: condition.lastUpdateTime || time,
      lastTransitionTime: condition.lastTransitionTime || before?.lastTransitionTime || time,
    }
  })
}

function conditionOf({ status }: Request): string {
  const has = (type: string): boolean =>
    (status?.conditions ?? []).some((condition) => condition.type === type)
  const decision = has('Denied') ? 'Denied' : has('Approved') ? 'Approved' : 'Pending'
  return `${decision}${has('Failed') ? ',Failed' : ''}${status?.certificate ? ',Issued' : ''}`
}
