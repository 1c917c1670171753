// The kinds of the API group apps.

import { controllerRevision } from '#api/kinds/apps/controller-revision.ts'
import { daemonSet } from '#api/kinds/apps/daemon-set.ts'
import { deployment } from '#api/kinds/apps/deployment.ts'
import { replicaSet } from '#api/kinds/apps/replica-set.ts'
import { statefulSet } from '#api/kinds/apps/stateful-set.ts'
import type { KindDefinition } from '#api/kinds/kind.ts'

export const appsKinds: readonly KindDefinition[] = [
  controllerRevision,
  daemonSet,
  deployment,
  replicaSet,
  statefulSet,
]
