// The default flow schemas and priority levels, which divide the server's capacity among kinds of clients. Data.
//
// Upstream: staging/src/k8s.io/apiserver/pkg/apis/flowcontrol/bootstrap/default.go

import type { FlowSchema, PriorityLevelConfiguration } from '#api/types/flowcontrol.ts'

const API_VERSION = 'flowcontrol.apiserver.k8s.io/v1'
/** Objects with `true` follow the defaults of later versions; an administrator sets `false` to keep changes. */
export const AUTOUPDATE_SPEC_ANNOTATION = 'apf.kubernetes.io/autoupdate-spec'
/** The field manager that keeps them. */
export const FLOW_CONTROL_MANAGER = 'api-priority-and-fairness-config-producer-v1'

const metadata = (name: string) => ({ name, annotations: { [AUTOUPDATE_SPEC_ANNOTATION]: 'true' } })

type Queuing = readonly [queues: number, handSize: number]

function limited(
  name: string,
  shares: number,
  lendablePercent: number,
  queuing: Queuing | undefined,
): PriorityLevelConfiguration {
  const limitResponse = queuing
    ? { type: 'Queue', queuing: { queues: queuing[0], handSize: queuing[1], queueLengthLimit: 50 } }
    : { type: 'Reject' }
  return {
    apiVersion: API_VERSION,
    kind: 'PriorityLevelConfiguration',
    metadata: metadata(name),
    spec: { type: 'Limited', limited: { nominalConcurrencyShares: shares, limitResponse, lendablePercent } },
  }
}

export const PRIORITY_LEVELS: readonly PriorityLevelConfiguration[] = [
  {
    apiVersion: API_VERSION,
    kind: 'PriorityLevelConfiguration',
    metadata: metadata('exempt'),
    spec: { type: 'Exempt', exempt: { nominalConcurrencyShares: 0, lendablePercent: 0 } },
  },
  limited('catch-all', 5, 0, undefined),
  limited('system', 30, 33, [64, 6]),
  limited('node-high', 40, 25, [64, 6]),
  limited('leader-election', 10, 0, [16, 4]),
  limited('workload-high', 40, 50, [128, 6]),
  limited('workload-low', 100, 90, [128, 6]),
  limited('global-default', 20, 50, [128, 6]),
]

type Spec = NonNullable<FlowSchema['spec']>
type Rule = NonNullable<Spec['rules']>[number]
type FlowSubject = Rule['subjects'][number]

const group = (name: string): FlowSubject => ({ kind: 'Group', group: { name } })
const user = (name: string): FlowSubject => ({ kind: 'User', user: { name } })
const SYSTEM_ACCOUNTS: FlowSubject = {
  kind: 'ServiceAccount',
  serviceAccount: { namespace: 'kube-system', name: '*' },
}
const EVERYBODY = [group('system:unauthenticated'), group('system:authenticated')]

const resources = (
  verbs: readonly string[],
  apiGroup: string,
  names: readonly string[],
  clusterScope = false,
) => ({
  verbs,
  apiGroups: [apiGroup],
  resources: names,
  ...(clusterScope && { clusterScope }),
  namespaces: ['*'],
})

const anything = (subjects: readonly FlowSubject[]): Rule => ({
  subjects,
  resourceRules: [resources(['*'], '*', ['*'], true)],
  nonResourceRules: [{ verbs: ['*'], nonResourceURLs: ['*'] }],
})

function schema(
  name: string,
  level: string,
  matchingPrecedence: number,
  distinguisher: 'ByUser' | 'ByNamespace' | undefined,
  rule: Rule,
): FlowSchema {
  return {
    apiVersion: API_VERSION,
    kind: 'FlowSchema',
    metadata: metadata(name),
    spec: {
      priorityLevelConfiguration: { name: level },
      matchingPrecedence,
      ...(distinguisher && { distinguisherMethod: { type: distinguisher } }),
      rules: [rule],
    },
  }
}

const LEASES = 'coordination.k8s.io'
const CONTROL_PLANE = [user('system:kube-controller-manager'), user('system:kube-scheduler'), SYSTEM_ACCOUNTS]

export const FLOW_SCHEMAS: readonly FlowSchema[] = [
  schema('exempt', 'exempt', 1, undefined, anything([group('system:masters')])),
  schema('probes', 'exempt', 2, undefined, {
    subjects: EVERYBODY,
    nonResourceRules: [{ verbs: ['get'], nonResourceURLs: ['/healthz', '/readyz', '/livez'] }],
  }),
  schema('system-leader-election', 'leader-election', 100, 'ByUser', {
    subjects: CONTROL_PLANE,
    resourceRules: [resources(['get', 'create', 'update'], LEASES, ['leases'])],
  }),
  schema('system-node-high', 'node-high', 400, 'ByUser', {
    subjects: [group('system:nodes')],
    resourceRules: [
      resources(['*'], '', ['nodes', 'nodes/status'], true),
      resources(['*'], LEASES, ['leases']),
    ],
  }),
  schema('system-nodes', 'system', 500, 'ByUser', anything([group('system:nodes')])),
  schema('kube-controller-manager', 'workload-high', 800, 'ByNamespace', anything([CONTROL_PLANE[0]!])),
  schema('kube-scheduler', 'workload-high', 800, 'ByNamespace', anything([CONTROL_PLANE[1]!])),
  schema('kube-system-service-accounts', 'workload-high', 900, 'ByNamespace', anything([SYSTEM_ACCOUNTS])),
  schema('service-accounts', 'workload-low', 9000, 'ByUser', anything([group('system:serviceaccounts')])),
  schema('global-default', 'global-default', 9900, 'ByUser', anything(EVERYBODY)),
  schema('catch-all', 'catch-all', 10000, 'ByUser', anything(EVERYBODY)),
]
