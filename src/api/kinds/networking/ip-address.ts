// IPAddress: one taken address of a Service; its name is the address.
//
// Upstream: pkg/registry/networking/ipaddress/strategy.go

import { defineKind } from '#api/kinds/kind.ts'
import type { IPAddress } from '#api/types/networking.ts'
import type { Draft } from '#api/types/wire.ts'

export const ipAddress = defineKind<Draft<IPAddress>>({
  group: 'networking.k8s.io',
  kind: 'IPAddress',
  resource: 'ipaddresses',
  singular: 'ipaddress',
  shortNames: ['ip'],
  namespaced: false,
  versions: ['v1'],
  storageVersion: 'v1',
})
