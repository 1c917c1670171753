// The default RBAC objects of a cluster, put together from tables.
//
// Rules are written as one line each: `get,list core:pods,pods/log` (verbs, API groups, resources), with ` #a,b` for
// resource names, and `get /healthz /livez` for paths; `core` is the group without a name.
// Upstream: plugin/pkg/auth/authorizer/rbac/bootstrappolicy

import type {
  AggregationRule,
  ClusterRole,
  ClusterRoleBinding,
  PolicyRule,
  Role,
  RoleBinding,
  Subject,
} from '#api/types/rbac.ts'
import { CLUSTER_ROLES } from '#apiserver/bootstrap/rbac-cluster-roles.ts'
import { CONTROLLER_ROLES } from '#apiserver/bootstrap/rbac-controller-roles.ts'

/** Role name → rules. */
export type RoleTable = Readonly<Record<string, readonly string[]>>

const GROUP = 'rbac.authorization.k8s.io'
const API_VERSION = `${GROUP}/v1`
const AGGREGATE = `${GROUP}/aggregate-to-`
export const AUTOUPDATE_ANNOTATION = 'rbac.authorization.kubernetes.io/autoupdate'
const BOOTSTRAP_LABELS = { 'kubernetes.io/bootstrapping': 'rbac-defaults' }

/** Reads one rule in the notation above. */
export function parseRule(line: string): PolicyRule {
  const [verbs = '', ...rest] = line.split(' ')
  const target = rest[0] ?? ''
  if (target.startsWith('/') || !target.includes(':'))
    return { verbs: verbs.split(','), nonResourceURLs: rest }
  const colon = target.indexOf(':')
  const names = rest[1]?.slice(1).split(',')
  return {
    verbs: verbs.split(','),
    apiGroups: target
      .slice(0, colon)
      .split(',')
      .map((group) => (group === 'core' ? '' : group)),
    resources: target.slice(colon + 1).split(','),
    ...(names && { resourceNames: names }),
  }
}

/** The rules of one of the default ClusterRoles. */
export function rulesOf(clusterRole: string): readonly PolicyRule[] {
  return (CLUSTER_ROLES[clusterRole] ?? CONTROLLER_ROLES[clusterRole] ?? []).map(parseRule)
}

const metadata = (name: string, namespace?: string, labels: Readonly<Record<string, string>> = {}) => ({
  name,
  ...(namespace !== undefined && { namespace }),
  labels: { ...BOOTSTRAP_LABELS, ...labels },
  annotations: { [AUTOUPDATE_ANNOTATION]: 'true' },
})

/** Roles that are put together from others by label, and the labels by which some roles feed them. */
const AGGREGATED: Readonly<Record<string, string>> = { admin: 'admin', edit: 'edit', view: 'view' }
const FEEDS: Readonly<Record<string, string>> = {
  edit: 'admin',
  view: 'edit',
  'system:aggregate-to-admin': 'admin',
  'system:aggregate-to-edit': 'edit',
  'system:aggregate-to-view': 'view',
}

const feedLabel = (name: string): Readonly<Record<string, string>> =>
  FEEDS[name] ? { [`${AGGREGATE}${FEEDS[name]}`]: 'true' } : {}

export function defaultClusterRoles(): ClusterRole[] {
  const plain = Object.entries({ ...CLUSTER_ROLES, ...CONTROLLER_ROLES }).map(([name, rules]) => ({
    apiVersion: API_VERSION,
    kind: 'ClusterRole',
    metadata: metadata(name, undefined, feedLabel(name)),
    rules: rules.map(parseRule),
  }))
  const aggregated = Object.entries(AGGREGATED).map(([name, label]) => {
    const aggregationRule: AggregationRule = {
      clusterRoleSelectors: [{ matchLabels: { [`${AGGREGATE}${label}`]: 'true' } }],
    }
    const meta = metadata(name, undefined, feedLabel(name))
    return { apiVersion: API_VERSION, kind: 'ClusterRole', metadata: meta, aggregationRule }
  })
  return [...plain, ...aggregated]
}

const user = (name: string): Subject => ({ kind: 'User', apiGroup: GROUP, name })
const group = (name: string): Subject => ({ kind: 'Group', apiGroup: GROUP, name })
const account = (name: string): Subject => ({ kind: 'ServiceAccount', name, namespace: 'kube-system' })

/** ClusterRoles bound to somebody under their own name. system:node has no subjects: the Node authorizer decides. */
const CLUSTER_BINDINGS: Readonly<Record<string, readonly Subject[]>> = {
  'cluster-admin': [group('system:masters')],
  'system:basic-user': [group('system:authenticated')],
  'system:discovery': [group('system:authenticated')],
  'system:kube-controller-manager': [user('system:kube-controller-manager')],
  'system:kube-dns': [account('kube-dns')],
  'system:kube-scheduler': [user('system:kube-scheduler')],
  'system:monitoring': [group('system:monitoring')],
  'system:node': [],
  'system:node-proxier': [user('system:kube-proxy')],
  'system:public-info-viewer': [group('system:authenticated'), group('system:unauthenticated')],
  'system:service-account-issuer-discovery': [group('system:serviceaccounts')],
  'system:volume-scheduler': [user('system:kube-scheduler')],
}

const CONTROLLER_PREFIX = 'system:controller:'

export function defaultClusterRoleBindings(): ClusterRoleBinding[] {
  const controllers = Object.keys(CONTROLLER_ROLES).map((name): [string, readonly Subject[]] => [
    name,
    [account(name.slice(CONTROLLER_PREFIX.length))],
  ])
  return [...Object.entries(CLUSTER_BINDINGS), ...controllers].map(([name, subjects]) => ({
    apiVersion: API_VERSION,
    kind: 'ClusterRoleBinding',
    metadata: metadata(name),
    ...(subjects.length > 0 && { subjects }),
    roleRef: { apiGroup: GROUP, kind: 'ClusterRole', name },
  }))
}

interface NamespacedPolicy {
  readonly namespace: string
  readonly role: string
  readonly rules: readonly string[]
  readonly binding: string
  readonly subjects: readonly Subject[]
}

const EVENTS = 'create,patch,update core,events.k8s.io:events'
const LEADER_RULES = ['leases', 'leasecandidates'].map(
  (resource) => `create,get,list,update,watch coordination.k8s.io:${resource}`,
)

function leader(component: string, ...more: readonly Subject[]): NamespacedPolicy {
  const name = `system::leader-locking-${component}`
  const subjects = [user(`system:${component}`), account(component), ...more]
  return { namespace: 'kube-system', role: name, rules: LEADER_RULES, binding: name, subjects }
}

function controller(name: string, namespace: string, ...rules: readonly string[]): NamespacedPolicy {
  const role = `${CONTROLLER_PREFIX}${name}`
  return { namespace, role, rules, binding: role, subjects: [account(name)] }
}

const NAMESPACED: readonly NamespacedPolicy[] = [
  {
    namespace: 'kube-system',
    role: 'extension-apiserver-authentication-reader',
    rules: ['get,list,watch core:configmaps #extension-apiserver-authentication'],
    binding: 'system::extension-apiserver-authentication-reader',
    subjects: [user('system:kube-controller-manager'), user('system:kube-scheduler')],
  },
  controller('bootstrap-signer', 'kube-system', 'get,list,watch core:secrets'),
  controller('cloud-provider', 'kube-system', 'create,get,list,watch core:configmaps'),
  controller('token-cleaner', 'kube-system', 'delete,get,list,watch core:secrets', EVENTS),
  leader('kube-controller-manager', account('leader-election-controller')),
  leader('kube-scheduler'),
  controller(
    'bootstrap-signer',
    'kube-public',
    'get,list,watch core:configmaps',
    'update core:configmaps #cluster-info',
    EVENTS,
  ),
]

export function defaultRoles(): Role[] {
  return NAMESPACED.map(({ namespace, role, rules }) => ({
    apiVersion: API_VERSION,
    kind: 'Role',
    metadata: metadata(role, namespace),
    rules: rules.map(parseRule),
  }))
}

export function defaultRoleBindings(): RoleBinding[] {
  return NAMESPACED.map(({ namespace, role, binding, subjects }) => ({
    apiVersion: API_VERSION,
    kind: 'RoleBinding',
    metadata: metadata(binding, namespace),
    subjects,
    roleRef: { apiGroup: GROUP, kind: 'Role', name: role },
  }))
}
