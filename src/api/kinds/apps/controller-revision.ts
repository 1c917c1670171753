// ControllerRevision: one past state of a StatefulSet or DaemonSet, for rollback. Its data never changes.
//
// Upstream: pkg/registry/apps/controllerrevision/strategy.go

import { defineKind } from '#api/kinds/kind.ts'
import type { ControllerRevision } from '#api/types/apps.ts'
import type { Draft } from '#api/types/wire.ts'

export const controllerRevision = defineKind<Draft<ControllerRevision>>({
  group: 'apps',
  kind: 'ControllerRevision',
  resource: 'controllerrevisions',
  singular: 'controllerrevision',
  namespaced: true,
  versions: ['v1'],
  storageVersion: 'v1',
})
