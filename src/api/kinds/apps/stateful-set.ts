// StatefulSet: pods with an order, stable names and storage of their own.
//
// Upstream: pkg/registry/apps/statefulset/strategy.go

import { defineKind } from '#api/kinds/kind.ts'
import { formatSelector } from '#api/kinds/scale-selector.ts'
import type { StatefulSet } from '#api/types/apps.ts'
import type { Draft } from '#api/types/wire.ts'

export const statefulSet = defineKind<Draft<StatefulSet>>({
  group: 'apps',
  kind: 'StatefulSet',
  resource: 'statefulsets',
  singular: 'statefulset',
  shortNames: ['sts'],
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
