// What the API server puts into a cluster at each start, so that it is usable from the first moment.
//
// Namespaces first, since all that lies in them needs them; then the rest at once, so that their writes share commits.
// Everything is read from the server's own informers, so a second start writes nothing.
// Upstream: the post-start hooks of pkg/controlplane and pkg/registry/*/rest

import type { KubeObject } from '#api/meta/object.ts'
import { keyOf } from '#api/meta/object.ts'
import {
  apiServices,
  clusterRoleBindings,
  clusterRoles,
  configMaps,
  namespaces,
  priorityClasses,
  type ResourceType,
  roleBindings,
  roles,
} from '#api/resources.ts'
import type { ServerAccess } from '#apiserver/access.ts'
import type { RbacInformers } from '#apiserver/authorization/rbac-resolver.ts'
import { localApiServices, repairApiService } from '#apiserver/bootstrap/api-services.ts'
import {
  authenticationConfig,
  repairConfig,
  type TrustOptions,
} from '#apiserver/bootstrap/authentication-config.ts'
import { ensure, type Repair } from '#apiserver/bootstrap/ensure.ts'
import {
  defaultClusterRoleBindings,
  defaultClusterRoles,
  defaultRoleBindings,
  defaultRoles,
} from '#apiserver/bootstrap/rbac-policy.ts'
import { reconcileBinding, reconcileRole } from '#apiserver/bootstrap/rbac-reconcile.ts'
import {
  SYSTEM_NAMESPACES,
  SYSTEM_PRIORITY_CLASSES,
  systemNamespace,
  tokenTracking,
} from '#apiserver/bootstrap/system-objects.ts'
import type { Informer } from '#client/informer.ts'
import type { InformerFactory } from '#client/informer-factory.ts'
import { formatTime } from '#sys/clock.ts'

export function rbacInformers(informers: InformerFactory): RbacInformers {
  return {
    roles: informers.informer(roles),
    roleBindings: informers.informer(roleBindings),
    clusterRoles: informers.informer(clusterRoles),
    clusterRoleBindings: informers.informer(clusterRoleBindings),
  }
}

export interface Bootstrap {
  /** Resolves when every default object is there. Call it when the informers have synced. */
  run(): Promise<void>
}

/** To be made before the informers start. */
export function createBootstrap(access: ServerAccess, trust: TrustOptions | undefined): Bootstrap {
  const { client, informers, clock } = access
  const known = {
    namespaces: informers.informer(namespaces),
    ...rbacInformers(informers),
    priorityClasses: informers.informer(priorityClasses),
    apiServices: informers.informer(apiServices),
  }

  /** Ensures those that the informer does not show as right. */
  function ensureAll<T extends KubeObject>(
    type: ResourceType<T>,
    wanted: readonly T[],
    repair: (wanted: T) => Repair<T>,
    informer?: Informer<T>,
  ): Promise<unknown> {
    const differing = wanted.filter((object) => {
      const present = informer?.get(keyOf(object))
      return !present || repair(object)(present) !== undefined
    })
    return Promise.all(differing.map((object) => ensure(client, type, object, repair(object))))
  }

  return {
    async run() {
      const leave = () => () => undefined
      await ensureAll(namespaces, SYSTEM_NAMESPACES.map(systemNamespace), leave, known.namespaces)
      await Promise.all([
        ensureAll(clusterRoles, defaultClusterRoles(), repairRole, known.clusterRoles),
        ensureAll(roles, defaultRoles(), repairRole, known.roles),
        ensureAll(priorityClasses, SYSTEM_PRIORITY_CLASSES, leave, known.priorityClasses),
        ensureAll(apiServices, localApiServices(), repairApiService, known.apiServices),
        trust && ensureAll(configMaps, [authenticationConfig(trust)], repairConfig),
        ensureAll(configMaps, [tokenTracking(formatTime(clock.now()))], leave),
      ])
      await Promise.all([
        ensureAll(
          clusterRoleBindings,
          defaultClusterRoleBindings(),
          repairBinding,
          known.clusterRoleBindings,
        ),
        ensureAll(roleBindings, defaultRoleBindings(), repairBinding, known.roleBindings),
      ])
    },
  }
}

const repairRole =
  <T extends Parameters<typeof reconcileRole>[0]>(wanted: T): Repair<T> =>
  (present) => {
    const object = reconcileRole(wanted, present)
    return object && { type: 'update', object }
  }

const repairBinding =
  <T extends Parameters<typeof reconcileBinding>[0]>(wanted: T): Repair<T> =>
  (present) =>
    reconcileBinding(wanted, present)
