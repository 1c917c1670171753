// DeviceClass: a sort of device that claims can ask for.
//
// Upstream: pkg/registry/resource/deviceclass/strategy.go

import { defineKind } from '#api/kinds/kind.ts'
import type { DeviceClass } from '#api/types/resource.ts'
import type { Draft } from '#api/types/wire.ts'

export const deviceClass = defineKind<Draft<DeviceClass>>({
  group: 'resource.k8s.io',
  kind: 'DeviceClass',
  resource: 'deviceclasses',
  singular: 'deviceclass',
  namespaced: false,
  versions: ['v1'],
  storageVersion: 'v1',
})
