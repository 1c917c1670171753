// What a cluster has from the first moment although no component owns it: the Service of its DNS, and the
// rights of those components that upstream does not have (DNS servers, pod network, metrics).

import type { KubeObject } from '#api/meta/object.ts'
import { isAlreadyExists } from '#api/meta/status.ts'
import type { ResourceType } from '#api/resources.ts'
import {
  clusterRoleBindings,
  clusterRoles,
  roleBindings,
  roles,
  serviceAccounts,
  services,
} from '#api/resources.ts'
import type { Client } from '#client/client.ts'
import { withdraw } from '#metrics/registration.ts'
import type { Clock } from '#sys/clock.ts'
import type { Logger } from '#sys/log.ts'

const RETRY_MS = 500
const DNS = 'k8ts:dns'
const NETWORK = 'k8ts:network'
const METRICS = 'k8ts:metrics'
const KUBELET_METRICS = 'k8ts:kubelet-metrics'
const METRICS_SERVER = { namespace: 'kube-system', name: 'metrics-server' }
const METRICS_API = 'v1beta1.metrics.k8s.io'
const READ = ['get', 'list', 'watch']
const RBAC = 'rbac.authorization.k8s.io'

export interface AddonsOptions {
  /** Address of cluster DNS. */
  readonly clusterIP: string
  /** Whether the metrics component runs; where it does not, nothing may lead to it. */
  readonly servesMetrics: boolean
}

/** Makes what is missing, trying again until it is there; what a person changed is left alone. */
export async function ensureAddons(
  client: Client,
  { clusterIP, servesMetrics }: AddonsOptions,
  clock: Clock,
  log: Logger,
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    try {
      await Promise.all([
        createNetworkRights(client),
        createClusterDns(client, clusterIP),
        servesMetrics ? createMetricsRights(client) : withdraw(client),
      ])
      return
    } catch (error) {
      log.debug({ error: String(error) }, 'the addons are not set up yet')
      await clock.sleep(RETRY_MS, signal).catch(() => undefined)
    }
  }
}

async function createClusterDns(client: Client, clusterIP: string): Promise<void> {
  const subjects = [{ kind: 'User', name: 'system:dns', apiGroup: RBAC }]
  await create(client, services, {
    metadata: {
      namespace: 'kube-system',
      name: 'kube-dns',
      labels: {
        'k8s-app': 'kube-dns',
        'kubernetes.io/name': 'CoreDNS',
        'kubernetes.io/cluster-service': 'true',
      },
    },
    spec: {
      clusterIP,
      ports: [
        { name: 'dns', port: 53, protocol: 'UDP' },
        { name: 'dns-tcp', port: 53, protocol: 'TCP' },
      ],
    },
  })
  await create(client, clusterRoles, {
    metadata: { name: DNS },
    rules: [
      { apiGroups: [''], resources: ['services', 'namespaces'], verbs: READ },
      { apiGroups: ['discovery.k8s.io'], resources: ['endpointslices'], verbs: READ },
    ],
  })
  await create(client, clusterRoleBindings, {
    metadata: { name: DNS },
    roleRef: { apiGroup: RBAC, kind: 'ClusterRole', name: DNS },
    subjects,
  })
  await create(client, roles, {
    metadata: { namespace: 'kube-system', name: DNS },
    rules: [{ apiGroups: ['discovery.k8s.io'], resources: ['endpointslices'], verbs: ['create', 'update'] }],
  })
  await create(client, roleBindings, {
    metadata: { namespace: 'kube-system', name: DNS },
    roleRef: { apiGroup: RBAC, kind: 'Role', name: DNS },
    subjects,
  })
}

async function createNetworkRights(client: Client): Promise<void> {
  await create(client, clusterRoles, {
    metadata: { name: NETWORK },
    rules: [{ apiGroups: [''], resources: ['nodes', 'pods'], verbs: READ }],
  })
  await create(client, clusterRoleBindings, {
    metadata: { name: NETWORK },
    roleRef: { apiGroup: RBAC, kind: 'ClusterRole', name: NETWORK },
    subjects: [{ kind: 'User', name: 'system:network', apiGroup: RBAC }],
  })
}

/** Everybody who may look at pods may see what they use. What is shown to kubelets may do nothing else than ask them. */
async function createMetricsRights(client: Client): Promise<void> {
  const { namespace, name } = METRICS_SERVER
  const subjects = [{ kind: 'User', name: 'system:metrics', apiGroup: RBAC }]
  const own = [name]
  const aggregate = (role: string) => [`rbac.authorization.k8s.io/aggregate-to-${role}`, 'true'] as const
  await Promise.all([
    create(client, serviceAccounts, { metadata: METRICS_SERVER }),
    create(client, clusterRoles, {
      metadata: {
        name: 'system:aggregated-metrics-reader',
        labels: Object.fromEntries(['view', 'edit', 'admin'].map(aggregate)),
      },
      rules: [{ apiGroups: ['metrics.k8s.io'], resources: ['pods', 'nodes'], verbs: READ }],
    }),
    create(client, clusterRoles, {
      metadata: { name: METRICS },
      rules: [
        { apiGroups: [''], resources: ['nodes', 'pods'], verbs: ['get', 'list'] },
        { apiGroups: ['apiregistration.k8s.io'], resources: ['apiservices'], verbs: ['create'] },
        {
          apiGroups: ['apiregistration.k8s.io'],
          resources: ['apiservices'],
          resourceNames: [METRICS_API],
          verbs: ['get', 'update'],
        },
      ],
    }),
    create(client, clusterRoleBindings, {
      metadata: { name: METRICS },
      roleRef: { apiGroup: RBAC, kind: 'ClusterRole', name: METRICS },
      subjects,
    }),
    create(client, clusterRoles, {
      metadata: { name: KUBELET_METRICS },
      rules: [{ apiGroups: [''], resources: ['nodes/metrics'], verbs: ['get'] }],
    }),
    create(client, clusterRoleBindings, {
      metadata: { name: KUBELET_METRICS },
      roleRef: { apiGroup: RBAC, kind: 'ClusterRole', name: KUBELET_METRICS },
      subjects: [{ kind: 'ServiceAccount', ...METRICS_SERVER }],
    }),
    create(client, roles, {
      metadata: { namespace, name: METRICS },
      rules: [
        { apiGroups: [''], resources: ['services', 'endpoints'], verbs: ['create'] },
        {
          apiGroups: [''],
          resources: ['services', 'endpoints'],
          resourceNames: own,
          verbs: ['get', 'update'],
        },
        { apiGroups: [''], resources: ['serviceaccounts/token'], resourceNames: own, verbs: ['create'] },
      ],
    }),
    create(client, roleBindings, {
      metadata: { namespace, name: METRICS },
      roleRef: { apiGroup: RBAC, kind: 'Role', name: METRICS },
      subjects,
    }),
    create(client, roleBindings, {
      metadata: { namespace, name: `${METRICS}-auth-reader` },
      roleRef: { apiGroup: RBAC, kind: 'Role', name: 'extension-apiserver-authentication-reader' },
      subjects,
    }),
  ])
}

async function create<T extends KubeObject>(client: Client, type: ResourceType<T>, object: T): Promise<void> {
  try {
    await client.resource(type).create(object)
  } catch (error) {
    if (!isAlreadyExists(error)) throw error
  }
}
