// ConfigMap: configuration as keys and values, read by pods as files or as environment.
//
// Upstream: pkg/registry/core/configmap/strategy.go

import { defineKind } from '#api/kinds/kind.ts'
import type { ConfigMap } from '#api/types/core.ts'
import type { Draft } from '#api/types/wire.ts'

export const configMap = defineKind<Draft<ConfigMap>>({
  group: '',
  kind: 'ConfigMap',
  resource: 'configmaps',
  singular: 'configmap',
  shortNames: ['cm'],
  namespaced: true,
  versions: ['v1'],
  storageVersion: 'v1',
})
