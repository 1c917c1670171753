// Deployment: a number of equal pods, renewed gradually through ReplicaSets.
//
// Upstream: pkg/registry/apps/deployment/strategy.go

import { defineKind } from '#api/kinds/kind.ts'
import { formatSelector } from '#api/kinds/scale-selector.ts'
import type { Deployment } from '#api/types/apps.ts'
import type { Draft } from '#api/types/wire.ts'

export const deployment = defineKind<Draft<Deployment>>({
  group: 'apps',
  kind: 'Deployment',
  resource: 'deployments',
  singular: 'deployment',
  shortNames: ['deploy'],
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
