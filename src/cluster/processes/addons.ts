// What a cluster has from the first moment although no component owns it: the Service of its DNS, and the
// rights of those components on the nodes that upstream does not know (DNS servers, pod network).

import type { KubeObject } from '#api/meta/object.ts'
import { isAlreadyExists } from '#api/meta/status.ts'
import type { ResourceType } from '#api/resources.ts'
import { clusterRoleBindings, clusterRoles, roleBindings, roles, services } from '#api/resources.ts'
import type { Client } from '#client/client.ts'
import type { Clock } from '#sys/clock.ts'
import type { Logger } from '#sys/log.ts'

const RETRY_MS = 500
const DNS = 'k8ts:dns'
const NETWORK = 'k8ts:network'
const READ = ['get', 'list', 'watch']
const RBAC = 'rbac.authorization.k8s.io'

/** Makes what is missing, trying again until it is there; what a person changed is left alone. */
export async function ensureAddons(
  client: Client,
  clusterIP: string,
  clock: Clock,
  log: Logger,
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    try {
      await Promise.all([createNetworkRights(client), createClusterDns(client, clusterIP)])
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

async function create<T extends KubeObject>(client: Client, type: ResourceType<T>, object: T): Promise<void> {
  try {
    await client.resource(type).create(object)
  } catch (error) {
    if (!isAlreadyExists(error)) throw error
  }
}
