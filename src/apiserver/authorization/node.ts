// The Node authorizer: a kubelet may read and write what its own node and its pods need, and nothing of others.
//
// A stolen node credential is worth that node, not the cluster. What cannot be told from the request alone (whose pod
// is being written) is left to the NodeRestriction admission plugin. Upstream:
// plugin/pkg/auth/authorizer/node/node_authorizer.go

import { exactField, parseFieldSelector } from '#api/meta/selectors-fields.ts'
import type { PolicyRule } from '#api/types/rbac.ts'
import { isRelated, type NodeLookups, type RelatedKind } from '#apiserver/authorization/node-relations.ts'
import { ruleAllows } from '#apiserver/authorization/rbac-rules.ts'
import type { Authorizer, Decision, RequestInfo, UserInfo } from '#apiserver/request.ts'

export const NODES_GROUP = 'system:nodes'
const USER_PREFIX = 'system:node:'
const LEASE_NAMESPACE = 'kube-node-lease'

/** The node that a user is; undefined for users that are none. */
export function nodeOf(user: UserInfo): string | undefined {
  return user.name.startsWith(USER_PREFIX) && user.groups.includes(NODES_GROUP)
    ? user.name.slice(USER_PREFIX.length)
    : undefined
}

export interface NodeAuthorizerOptions {
  readonly lookups: NodeLookups
  /** What all nodes may do alike (the rules of ClusterRole system:node). */
  readonly rules: readonly PolicyRule[]
}

const ALLOW: Decision = { decision: 'allow', reason: '' }
const no = (reason = ''): Decision => ({ decision: 'no-opinion', reason })

export function nodeAuthorizer(options: NodeAuthorizerOptions): Authorizer {
  return {
    name: 'Node',
    async authorize(user, info) {
      const node = nodeOf(user)
      if (node === undefined) return no()
      if (node === '') return no(`unknown node for user ${JSON.stringify(user.name)}`)
      const judge = info.isResourceRequest ? JUDGES[resourceId(info)] : undefined
      if (judge) return judge({ node, info, lookups: options.lookups })
      return options.rules.some((rule) => ruleAllows(rule, info)) ? ALLOW : no()
    },
  }
}

const resourceId = (info: RequestInfo): string =>
  info.group ? `${info.resource}.${info.group}` : info.resource

interface Question {
  readonly node: string
  readonly info: RequestInfo
  readonly lookups: NodeLookups
}

type Judge = (question: Question) => Promise<Decision> | Decision

const JUDGES: Readonly<Record<string, Judge>> = {
  secrets: judgeRead('secrets'),
  configmaps: judgeRead('configmaps'),
  persistentvolumeclaims: (question) =>
    question.info.subresource === 'status'
      ? judgeClaimStatus(question)
      : judgeGet('persistentvolumeclaims')(question),
  persistentvolumes: judgeGet('persistentvolumes'),
  'resourceclaims.resource.k8s.io': judgeGet('resourceclaims'),
  'volumeattachments.storage.k8s.io': judgeGet('volumeattachments'),
  serviceaccounts: judgeServiceAccount,
  'leases.coordination.k8s.io': judgeLease,
  'csinodes.storage.k8s.io': judgeCSINode,
  'resourceslices.resource.k8s.io': judgeResourceSlice,
  nodes: judgeNode,
  pods: judgePod,
  'podcertificaterequests.certificates.k8s.io': judgeCertificateRequest,
}

async function related({ node, info, lookups }: Question, kind: RelatedKind): Promise<Decision> {
  if (info.name === '') return no('No Object name found')
  if (await isRelated(lookups, node, kind, info.namespace, info.name)) return ALLOW
  return no(`no relationship found between node '${node}' and this object`)
}

function judgeGet(kind: RelatedKind): Judge {
  return (question) => {
    if (question.info.verb !== 'get') return no('can only get individual resources of this type')
    if (question.info.subresource !== '') return no('cannot get subresource')
    return related(question, kind)
  }
}

function judgeRead(kind: RelatedKind): Judge {
  return (question) => {
    const { verb, subresource, namespace } = question.info
    if (!['get', 'list', 'watch'].includes(verb)) return no('can only read resources of this type')
    if (subresource !== '') return no('cannot read subresource')
    if (namespace === '') return no('can only read namespaced object of this type')
    return related(question, kind)
  }
}

function judgeClaimStatus(question: Question): Promise<Decision> | Decision {
  const { verb } = question.info
  if (verb !== 'update' && verb !== 'patch') return no('can only get/update/patch this type')
  return related(question, 'persistentvolumeclaims')
}

function judgeServiceAccount(question: Question): Promise<Decision> | Decision {
  const { verb, subresource, name } = question.info
  if (verb === 'get' && subresource === '') return judgeRead('serviceaccounts')(question)
  if (verb !== 'create' || name === '') return no('can only create tokens for individual service accounts')
  if (subresource !== 'token') return no('can only create token subresource of serviceaccount')
  return related(question, 'serviceaccounts')
}

const OWN_OBJECT_VERBS = ['get', 'create', 'update', 'patch', 'delete']

/** On create the name is in the body, which NodeRestriction judges. */
function judgeLease({ node, info }: Question): Decision {
  if (!OWN_OBJECT_VERBS.includes(info.verb)) {
    return no('can only get, create, update, patch, or delete a node lease')
  }
  if (info.namespace !== LEASE_NAMESPACE) {
    return no(`can only access leases in the ${JSON.stringify(LEASE_NAMESPACE)} system namespace`)
  }
  if (info.verb !== 'create' && info.name !== node) {
    return no('can only access node lease with the same name as the requesting node')
  }
  return ALLOW
}

function judgeCSINode({ node, info }: Question): Decision {
  if (!OWN_OBJECT_VERBS.includes(info.verb)) {
    return no('can only get, create, update, patch, or delete a CSINode')
  }
  if (info.subresource !== '') return no('cannot authorize CSINode subresources')
  if (info.verb !== 'create' && info.name !== node) {
    return no('can only access CSINode with the same name as the requesting node')
  }
  return ALLOW
}

function judgeResourceSlice(question: Question): Promise<Decision> | Decision {
  const { node, info } = question
  if (info.subresource !== '') return no('cannot authorize ResourceSlice subresources')
  switch (info.verb) {
    case 'create':
      return ALLOW
    case 'get':
    case 'update':
    case 'patch':
    case 'delete':
      return related(question, 'resourceslices')
    case 'watch':
    case 'list':
    case 'deletecollection':
      if (selects(info, 'spec.nodeName', node)) return ALLOW
      return no('can only list/watch/deletecollection resourceslices with nodeName field selector')
    default:
      return no(
        'only the following verbs are allowed for a ResourceSlice: get, watch, list, create, update, patch, delete, deletecollection',
      )
  }
}

function judgeCertificateRequest(question: Question): Promise<Decision> | Decision {
  const { node, info } = question
  if (info.subresource !== '')
    return no('nodes may not access the status subresource of PodCertificateRequests')
  switch (info.verb) {
    case 'create':
      return ALLOW
    case 'get':
      return related(question, 'podcertificaterequests')
    case 'list':
    case 'watch':
      if (selects(info, 'spec.nodeName', node)) return ALLOW
      return no('can only list/watch podcertificaterequests with nodeName field selector')
    default:
      return no(`nodes may not ${info.verb} podcertificaterequests`)
  }
}

/** A kubelet reads its Node by name, also before it exists. */
function judgeNode({ node, info }: Question): Decision {
  const { verb, subresource, name } = info
  if (subresource === 'status') return verb === 'update' || verb === 'patch' ? ALLOW : no()
  if (subresource !== '') return no()
  if (verb === 'create' || verb === 'update' || verb === 'patch') return ALLOW
  if (verb !== 'get' && verb !== 'list' && verb !== 'watch') return no()
  if (name === node) return ALLOW
  if (name === '') return no(`node '${node}' cannot read all nodes, only its own Node object`)
  return no(`node '${node}' cannot read '${name}', only its own Node object`)
}

function judgePod(question: Question): Promise<Decision> | Decision {
  const { node, info } = question
  switch (`${info.verb} ${info.subresource}`) {
    case 'get ':
      return judgeGet('pods')(question)
    case 'list ':
    case 'watch ':
      if (selects(info, 'spec.nodeName', node)) return ALLOW
      if (info.name !== '') return related(question, 'pods')
      return no('can only list/watch pods with spec.nodeName field selector')
    case 'create ':
    case 'delete ':
    case 'update status':
    case 'patch status':
    case 'create eviction':
      return ALLOW
    default:
      return no()
  }
}

function selects(info: RequestInfo, field: string, value: string): boolean {
  if (info.fieldSelector === undefined) return false
  try {
    return exactField(parseFieldSelector(info.fieldSelector), field) === value
  } catch {
    // A malformed selector selects nothing; the registry tells the client.
    return false
  }
}
