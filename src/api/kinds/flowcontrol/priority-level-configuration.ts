// PriorityLevelConfiguration: how many requests of a priority level run at once, and who waits.
//
// Upstream: pkg/registry/flowcontrol/prioritylevelconfiguration/strategy.go

import { defineKind } from '#api/kinds/kind.ts'
import type { PriorityLevelConfiguration } from '#api/types/flowcontrol.ts'
import type { Draft } from '#api/types/wire.ts'

export const priorityLevelConfiguration = defineKind<Draft<PriorityLevelConfiguration>>({
  group: 'flowcontrol.apiserver.k8s.io',
  kind: 'PriorityLevelConfiguration',
  resource: 'prioritylevelconfigurations',
  singular: 'prioritylevelconfiguration',
  namespaced: false,
  versions: ['v1'],
  storageVersion: 'v1',
  status: {},
})
