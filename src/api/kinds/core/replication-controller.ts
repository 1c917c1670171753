// ReplicationController: the oldest way to keep a number of equal pods alive.
//
// Upstream: pkg/registry/core/replicationcontroller/strategy.go

import { defineKind } from '#api/kinds/kind.ts'
import { formatLabels } from '#api/kinds/scale-selector.ts'
import type { ReplicationController } from '#api/types/core.ts'
import type { Draft } from '#api/types/wire.ts'

export const replicationController = defineKind<Draft<ReplicationController>>({
  group: '',
  kind: 'ReplicationController',
  resource: 'replicationcontrollers',
  singular: 'replicationcontroller',
  shortNames: ['rc'],
  categories: ['all'],
  namespaced: true,
  versions: ['v1'],
  storageVersion: 'v1',
  storagePrefix: '/registry/controllers',
  status: {},
  scale: {
    specReplicasPath: '.spec.replicas',
    statusReplicasPath: '.status.replicas',
    selector: (object) => formatLabels(object.spec?.selector),
  },
})
