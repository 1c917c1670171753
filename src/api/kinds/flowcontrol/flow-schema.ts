// FlowSchema: sorts requests to the API server into priority levels.
//
// Upstream: pkg/registry/flowcontrol/flowschema/strategy.go

import { defineKind } from '#api/kinds/kind.ts'
import type { FlowSchema } from '#api/types/flowcontrol.ts'
import type { Draft } from '#api/types/wire.ts'

export const flowSchema = defineKind<Draft<FlowSchema>>({
  group: 'flowcontrol.apiserver.k8s.io',
  kind: 'FlowSchema',
  resource: 'flowschemas',
  singular: 'flowschema',
  namespaced: false,
  versions: ['v1'],
  storageVersion: 'v1',
  status: {},
})
