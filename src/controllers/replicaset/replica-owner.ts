// What ReplicaSets and ReplicationControllers have in common: one controller serves both.
//
// Upstream: pkg/controller/replication/conversion.go, which converts the one into the other

import type { KubeObject } from '#api/meta/object.ts'
import type { Selector } from '#api/meta/selectors.ts'
import type { ResourceType } from '#api/resources.ts'
import type { ReplicaSetStatus } from '#api/types/apps.ts'
import type { PodTemplateSpec } from '#api/types/core.ts'

/** An object that wants a number of equal pods. */
export interface ReplicaOwner extends KubeObject {
  readonly spec?: {
    readonly replicas?: number
    readonly minReadySeconds?: number
    readonly template?: PodTemplateSpec
  }
  readonly status?: ReplicaSetStatus
}

/** In what the kinds differ. */
export interface ReplicaKind<T extends ReplicaOwner> {
  readonly type: ResourceType<T>
  /** The controller's name, and the source of its events. */
  readonly name: string
  readonly component: string
  selector(owner: T): Selector
  /** Status tells how many pods are on their way out. */
  readonly countsTerminating: boolean
}
