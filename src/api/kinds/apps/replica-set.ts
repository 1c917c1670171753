// ReplicaSet: keeps a number of equal pods alive; usually made by a Deployment.
//
// Upstream: pkg/registry/apps/replicaset/strategy.go

import { defineKind } from '#api/kinds/kind.ts'
import { formatSelector } from '#api/kinds/scale-selector.ts'
import type { ReplicaSet } from '#api/types/apps.ts'
import type { Draft } from '#api/types/wire.ts'

export const replicaSet = defineKind<Draft<ReplicaSet>>({
  group: 'apps',
  kind: 'ReplicaSet',
  resource: 'replicasets',
  singular: 'replicaset',
  shortNames: ['rs'],
  categories: ['all'],
  namespaced: true,
  versions: ['v1'],
  storageVersion: 'v1',
  status: {},
  scale: {
    specReplicasPath: '.spec.replicas',
    statusReplicasPath: '.status.replicas',
    selector: (object) => formatSelector(object.spec?.selector),
  },
})
