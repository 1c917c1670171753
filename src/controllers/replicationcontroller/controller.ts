// Keeps as many pods as a ReplicationController wants: the ReplicaSet controller with an older kind.
//
// Upstream: pkg/controller/replication

import { NOTHING, selectorOfLabels } from '#api/meta/selectors.ts'
import { replicationControllers } from '#api/resources.ts'
import type { ReplicationController } from '#api/types/core.ts'
import type { Controller, ControllerContext } from '#controllers/controller.ts'
import { replicaController } from '#controllers/replicaset/controller.ts'
import type { ReplicaKind } from '#controllers/replicaset/replica-owner.ts'

const REPLICATION_CONTROLLER: ReplicaKind<ReplicationController> = {
  type: replicationControllers,
  name: 'replicationcontroller-controller',
  component: 'replication-controller',
  selector: (owner) => (owner.spec?.selector ? selectorOfLabels(owner.spec.selector) : NOTHING),
  countsTerminating: false,
}

export function replicationControllerController(context: ControllerContext): Controller {
  return replicaController(context, REPLICATION_CONTROLLER)
}
