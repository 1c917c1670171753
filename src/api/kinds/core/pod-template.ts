// PodTemplate: a stored pod template; controllers embed theirs, so it stands alone only here.
//
// Upstream: pkg/registry/core/podtemplate/strategy.go

import { defineKind } from '#api/kinds/kind.ts'
import type { PodTemplate } from '#api/types/core.ts'
import type { Draft } from '#api/types/wire.ts'

export const podTemplate = defineKind<Draft<PodTemplate>>({
  group: '',
  kind: 'PodTemplate',
  resource: 'podtemplates',
  singular: 'podtemplate',
  namespaced: true,
  versions: ['v1'],
  storageVersion: 'v1',
})
