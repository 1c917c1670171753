// The kinds of the API group core.

import { binding } from '#api/kinds/core/binding.ts'
import { componentStatus } from '#api/kinds/core/component-status.ts'
import { configMap } from '#api/kinds/core/config-map.ts'
import { endpoints } from '#api/kinds/core/endpoints.ts'
import { event } from '#api/kinds/core/event.ts'
import { limitRange } from '#api/kinds/core/limit-range.ts'
import { namespace } from '#api/kinds/core/namespace.ts'
import { node } from '#api/kinds/core/node.ts'
import { persistentVolume } from '#api/kinds/core/persistent-volume.ts'
import { persistentVolumeClaim } from '#api/kinds/core/persistent-volume-claim.ts'
import { pod } from '#api/kinds/core/pod.ts'
import { podTemplate } from '#api/kinds/core/pod-template.ts'
import { replicationController } from '#api/kinds/core/replication-controller.ts'
import { resourceQuota } from '#api/kinds/core/resource-quota.ts'
import { secret } from '#api/kinds/core/secret.ts'
import { service } from '#api/kinds/core/service.ts'
import { serviceAccount } from '#api/kinds/core/service-account.ts'
import type { KindDefinition } from '#api/kinds/kind.ts'

export const coreKinds: readonly KindDefinition[] = [
  binding,
  componentStatus,
  configMap,
  endpoints,
  event,
  limitRange,
  namespace,
  node,
  persistentVolumeClaim,
  persistentVolume,
  pod,
  podTemplate,
  replicationController,
  resourceQuota,
  secret,
  serviceAccount,
  service,
]
