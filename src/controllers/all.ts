// The list of all controllers, under upstream's names. To add a controller is to add a line here.
//
// Upstream: cmd/kube-controller-manager/names/controller_names.go, app/controllermanager.go

import type { Controller, ControllerContext } from '#controllers/controller.ts'
import { deploymentController } from '#controllers/deployment/controller.ts'
import { replicaSetController } from '#controllers/replicaset/controller.ts'
import { replicationControllerController } from '#controllers/replicationcontroller/controller.ts'

export interface ControllerDescriptor {
  readonly name: string
  /** The service account in kube-system as which it writes. */
  readonly serviceAccount: string
  create(context: ControllerContext): Controller
}

export const CONTROLLERS: readonly ControllerDescriptor[] = [
  { name: 'deployment-controller', serviceAccount: 'deployment-controller', create: deploymentController },
  { name: 'replicaset-controller', serviceAccount: 'replicaset-controller', create: replicaSetController },
  {
    name: 'replicationcontroller-controller',
    serviceAccount: 'replication-controller',
    create: replicationControllerController,
  },
]

/**
 * The controllers that a selection names, as `--controllers` does: `*` is all, `-name` takes one out. The
 * first word that fits a controller counts.
 */
export function selectControllers(selection: readonly string[]): readonly ControllerDescriptor[] {
  const known = new Set(CONTROLLERS.map(({ name }) => name))
  for (const word of selection) {
    const name = word.replace(/^-/, '')
    if (word !== '*' && !known.has(name)) throw new Error(`${JSON.stringify(name)} is not a controller`)
  }
  return CONTROLLERS.filter(({ name }) => {
    if (selection.includes(name)) return true
    return !selection.includes(`-${name}`) && selection.includes('*')
  })
}
