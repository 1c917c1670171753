// NodeRestriction: what a kubelet writes is about its own node and its own pods.
//
// The second half of the Node authorizer (authorization/node.ts): that one sees the request's path, this one the
// object. Upstream: plugin/pkg/admission/noderestriction/admission.go
// Left out: audiences of CSI drivers reached through migrated in-tree volumes.

import { parseEncodedRequest } from '#api/codec/encoded-request.ts'
import { semanticEqual } from '#api/meta/equality.ts'
import type { JsonObject, ObjectMeta } from '#api/meta/object.ts'
import { nodes, pods } from '#api/resources.ts'
import type { TokenRequest } from '#api/types/authentication.ts'
import type { CertificateSigningRequest } from '#api/types/certificates.ts'
import type { Node, Pod } from '#api/types/core.ts'
import type { ServerAccess } from '#apiserver/access.ts'
import { apiReference } from '#apiserver/admission/mirror-pod-references.ts'
import { forbiddenLabelChanges } from '#apiserver/admission/node-labels.ts'
import type { AdmissionPlugin, AdmissionRequest } from '#apiserver/admission/plugin.ts'
import { objectOf, oldObjectOf, refuse } from '#apiserver/admission/refuse.ts'
import { type AudienceLookups, refersToAudience } from '#apiserver/admission/token-audience.ts'
import type { Authorization } from '#apiserver/authorization/chain.ts'
import { nodeOf } from '#apiserver/authorization/node.ts'
import { MIRROR_ANNOTATION } from '#apiserver/authorization/pod-references.ts'

const q = JSON.stringify

/** What the judges below work with: a request of the node `node`. */
interface NodeRequest {
  readonly node: string
  readonly request: AdmissionRequest
  readonly lookups: NodeRestrictionLookups
}

export interface NodeRestrictionLookups extends AudienceLookups {
  pod(namespace: string, name: string): Promise<Pod>
  node(name: string): Promise<Node>
  /** Whether RBAC lets the node have tokens of that service account for any audience. */
  mayRequestAudience(request: AdmissionRequest, audience: string): Promise<boolean>
}

type Judge = (input: NodeRequest) => Promise<void> | void

const JUDGES: Readonly<Record<string, Judge>> = {
  pods: judgePod,
  nodes: judgeNode,
  persistentvolumeclaims: judgeClaim,
  serviceaccounts: judgeServiceAccount,
  'leases.coordination.k8s.io': judgeLease,
  'csinodes.storage.k8s.io': judgeCSINode,
  'resourceslices.resource.k8s.io': judgeResourceSlice,
  'certificatesigningrequests.certificates.k8s.io': judgeCertificateRequest,
}

const judgeOf = ({ kind }: AdmissionRequest): Judge | undefined =>
  JUDGES[kind.group ? `${kind.resource}.${kind.group}` : kind.resource]

export function nodeRestriction(lookups: NodeRestrictionLookups): AdmissionPlugin {
  return {
    name: 'NodeRestriction',
    handles: (request) => request.operation !== 'CONNECT' && nodeOf(request.user) !== undefined,
    async mutate(request) {
      const node = nodeOf(request.user)!
      if (node === '') throw refuse(request, `could not determine node from user ${q(request.user.name)}`)
      await judgeOf(request)?.({ node, request, lookups })
    },
  }
}

/** The lookups over the server's informers. */
export function nodeRestrictionLookups(
  access: ServerAccess,
  authorization: Authorization,
  audiences: AudienceLookups,
): NodeRestrictionLookups {
  const podInformer = access.informers.informer(pods)
  const nodeInformer = access.informers.informer(nodes)
  return {
    ...audiences,
    pod: async (namespace, name) =>
      podInformer.get(`${namespace}/${name}`) ?? access.client.resource(pods).get(namespace, name),
    node: async (name) => nodeInformer.get(name) ?? access.client.resource(nodes).get('', name),
    async mayRequestAudience({ user, namespace, name }, audience) {
      const decision = await authorization.authorize(user, {
        isResourceRequest: true,
        verb: 'request-serviceaccounts-token-audience',
        apiPrefix: 'api',
        group: '',
        version: 'v1',
        namespace,
        resource: audience,
        subresource: '',
        name,
        parts: [],
        path: '',
      })
      return decision.decision === 'allow'
    },
  }
}

async function judgePod(input: NodeRequest): Promise<void> {
  const { node, request, lookups } = input
  const { operation, subresource } = request
  if (subresource === 'status') return judgePodStatus(input)
  if (subresource === 'eviction') {
    if (operation !== 'CREATE') throw refuse(request, `unexpected operation ${operation}`)
    const pod = await lookups.pod(request.namespace, request.name)
    if (pod.spec?.nodeName === node) return
    throw refuse(request, `node ${node} can only evict pods with spec.nodeName set to itself`)
  }
  if (subresource !== '') {
    const why = `unexpected pod subresource ${q(subresource)}, only 'status' and 'eviction' are allowed`
    throw refuse(request, why)
  }
  if (operation === 'CREATE') return judgeMirrorPod(input)
  if (operation !== 'DELETE') {
    const why = `unexpected operation ${q(operation)}, node ${q(node)} can only create and delete mirror pods`
    throw refuse(request, why)
  }
  const pod = oldObjectOf<Pod | undefined>(request) ?? (await lookups.pod(request.namespace, request.name))
  if (pod.spec?.nodeName !== node) {
    throw refuse(request, `node ${q(node)} can only delete pods with spec.nodeName set to itself`)
  }
}

async function judgeMirrorPod({ node, request, lookups }: NodeRequest): Promise<void> {
  const pod = objectOf<Pod>(request)
  const only = `node ${q(node)} can only create`
  if (pod.metadata?.annotations?.[MIRROR_ANNOTATION] === undefined) {
    throw refuse(request, `pod does not have ${q(MIRROR_ANNOTATION)} annotation, ${only} mirror pods`)
  }
  if (pod.spec?.nodeName !== node) throw refuse(request, `${only} pods with spec.nodeName set to itself`)
  const owners = pod.metadata.ownerReferences ?? []
  if (owners.length > 1) throw refuse(request, `${only} pods with a single owner reference set to itself`)
  const owner = owners[0]
  if (owner?.apiVersion !== 'v1' || owner.kind !== 'Node' || owner.name !== node) {
    throw refuse(request, `${only} pods with an owner reference set to itself`)
  }
  if (!owner.controller) throw refuse(request, `${only} pods with a controller owner reference set to itself`)
  if (owner.blockOwnerDeletion) {
    throw refuse(request, `node ${q(node)} must not set blockOwnerDeletion on an owner reference`)
  }
  const uid = (await lookups.node(node)).metadata?.uid ?? ''
  if (owner.uid !== uid) throw refuse(request, `node ${node} UID mismatch: expected ${owner.uid} got ${uid}`)
  const reference = apiReference(pod)
  if (reference) throw refuse(request, `node ${q(node)} can not create pods that reference ${reference}`)
}

function judgePodStatus({ node, request }: NodeRequest): void {
  if (request.operation !== 'UPDATE') throw refuse(request, `unexpected operation ${q(request.operation)}`)
  const [old, pod] = [oldObjectOf<Pod>(request), objectOf<Pod>(request)]
  if (old.spec?.nodeName !== node) {
    throw refuse(
      request,
      `node ${q(node)} can only update pod status for pods with spec.nodeName set to itself`,
    )
  }
  if (!semanticEqual(old.metadata?.labels ?? {}, pod.metadata?.labels ?? {})) {
    throw refuse(request, `node ${q(node)} cannot update labels through pod status`)
  }
  if (!semanticEqual(old.status?.resourceClaimStatuses, pod.status?.resourceClaimStatuses)) {
    throw refuse(request, `node ${q(node)} cannot update resource claim statues`)
  }
  if (!semanticEqual(old.status?.extendedResourceClaimStatus, pod.status?.extendedResourceClaimStatus)) {
    throw refuse(request, `node ${q(node)} cannot update extended resource claim status`)
  }
}

function judgeNode({ node, request }: NodeRequest): void {
  const me = `node ${q(node)} is not allowed to`
  const name = request.name || (request.object?.['metadata'] as ObjectMeta | undefined)?.name || ''
  if (name !== node) throw refuse(request, `${me} modify node ${q(name)}`)
  const now = objectOf<Node | undefined>(request)
  if (!now) return
  if (request.operation === 'CREATE') {
    if (now.spec?.configSource) throw refuse(request, `${me} create pods with a non-nil configSource`)
    const labels = forbiddenLabelChanges(now.metadata?.labels, undefined)
    if (labels.length > 0) throw refuse(request, `${me} set the following labels: ${labels.join(', ')}`)
    return
  }
  const old = oldObjectOf<Node>(request)
  if (now.spec?.configSource && !semanticEqual(now.spec.configSource, old.spec?.configSource)) {
    throw refuse(request, `${me} update configSource to a new non-nil configSource`)
  }
  if (!semanticEqual(now.spec?.taints, old.spec?.taints)) throw refuse(request, `${me} modify taints`)
  if (!semanticEqual(now.metadata?.ownerReferences, old.metadata?.ownerReferences)) {
    throw refuse(request, `${me} modify ownerReferences`)
  }
  const labels = forbiddenLabelChanges(now.metadata?.labels, old.metadata?.labels)
  if (labels.length > 0) throw refuse(request, `is not allowed to modify labels: ${labels.join(', ')}`)
}

const CLAIM_STATUS_FIELDS = ['capacity', 'conditions', 'allocatedResources', 'allocatedResourceStatuses']

function judgeClaim({ node, request }: NodeRequest): void {
  if (request.subresource !== 'status') throw refuse(request, 'may only update PVC status')
  if (request.operation !== 'UPDATE') throw refuse(request, `unexpected operation ${q(request.operation)}`)
  const rest = (claim: JsonObject) => {
    const { resourceVersion: _r, managedFields: _m, ...metadata } = claim['metadata'] as ObjectMeta
    const status = Object.entries((claim['status'] as JsonObject | undefined) ?? {})
    const kept = status.filter(([field]) => !CLAIM_STATUS_FIELDS.includes(field))
    return { ...claim, metadata, status: Object.fromEntries(kept) }
  }
  if (semanticEqual(rest(request.object!), rest(request.oldObject!))) return
  const why = `node ${q(node)} is not allowed to update fields other than status.quantity and status.conditions`
  throw refuse(request, why)
}

/** A node gets tokens only for pods that run on it, and only for audiences that these pods ask for. */
async function judgeServiceAccount({ node, request, lookups }: NodeRequest): Promise<void> {
  if (request.operation !== 'CREATE' || request.subresource !== 'token') return
  const { boundObjectRef: ref, audiences: asked } = objectOf<TokenRequest>(request).spec ?? {}
  const audiences = asked ?? []
  if (ref?.apiVersion !== 'v1' || ref.kind !== 'Pod' || !ref.name) {
    throw refuse(request, 'node requested token not bound to a pod')
  }
  if (!ref.uid) throw refuse(request, 'node requested token with a pod binding without a uid')
  const pod = await lookups.pod(request.namespace, ref.name)
  if (pod.metadata?.uid !== ref.uid) {
    const why = `the UID in the bound object reference (${ref.uid}) does not match the UID in record. The object might have been deleted and then recreated`
    throw refuse(request, why)
  }
  if (pod.spec?.nodeName !== node) {
    throw refuse(request, 'node requested token bound to a pod scheduled on a different node')
  }
  if (audiences.length > 1) throw refuse(request, 'node may only request 0 or 1 audiences')
  const audience = audiences[0] ?? ''
  if (await refersToAudience(lookups, pod, audience)) return
  if (await lookups.mayRequestAudience(request, audience)) return
  const why = `audience ${q(audience)} not found in pod spec volume, ${request.user.name} is not authorized to request tokens for this audience`
  throw refuse(request, why)
}

function nameIn({ request }: NodeRequest): string {
  return request.operation === 'CREATE'
    ? ((request.object?.['metadata'] as ObjectMeta | undefined)?.name ?? '')
    : request.name
}

function judgeLease(input: NodeRequest): void {
  if (input.request.namespace !== 'kube-node-lease') {
    throw refuse(input.request, 'can only access leases in the "kube-node-lease" system namespace')
  }
  if (nameIn(input) === input.node) return
  throw refuse(input.request, 'can only access node lease with the same name as the requesting node')
}

function judgeCSINode(input: NodeRequest): void {
  if (nameIn(input) === input.node) return
  throw refuse(input.request, 'can only access CSINode with the same name as the requesting node')
}

function judgeResourceSlice({ node, request }: NodeRequest): void {
  if (request.operation === 'UPDATE') return
  const slice = request.operation === 'CREATE' ? request.object : request.oldObject
  if ((slice?.['spec'] as { readonly nodeName?: string } | undefined)?.nodeName === node) return
  const verb = request.operation === 'CREATE' ? 'create' : 'delete'
  throw refuse(request, `can only ${verb} ResourceSlice with the same NodeName as the requesting node`)
}

const NODE_SIGNERS = ['kubernetes.io/kubelet-serving', 'kubernetes.io/kube-apiserver-client-kubelet']

function judgeCertificateRequest({ node, request }: NodeRequest): void {
  if (request.operation !== 'CREATE') return
  const { signerName, request: encoded } = objectOf<CertificateSigningRequest>(request).spec
  if (!NODE_SIGNERS.includes(signerName)) return
  const wanted = `system:node:${node}`
  const parsed = parseEncodedRequest(encoded)
  if ('error' in parsed) throw refuse(request, `unable to parse csr: ${parsed.error}`)
  if (parsed.commonName === wanted) return
  throw refuse(request, `can only create a node CSR with CN=${wanted}`)
}
