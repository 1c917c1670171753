// DaemonSet: one pod on every node that fits.
//
// Upstream: pkg/registry/apps/daemonset/strategy.go

import { defineKind } from '#api/kinds/kind.ts'
import type { DaemonSet } from '#api/types/apps.ts'
import type { Draft } from '#api/types/wire.ts'

export const daemonSet = defineKind<Draft<DaemonSet>>({
  group: 'apps',
  kind: 'DaemonSet',
  resource: 'daemonsets',
  singular: 'daemonset',
  shortNames: ['ds'],
  categories: ['all'],
  namespaced: true,
  versions: ['v1'],
  storageVersion: 'v1',
  status: {},
})
