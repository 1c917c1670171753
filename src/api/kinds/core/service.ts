// Service: a stable address for the pods that a selector matches.
//
// Its addresses and node ports are given out by the API server before these hooks run.
// Upstream: pkg/registry/core/service/strategy.go

import { serviceColumns } from '#api/kinds/core/service/columns.ts'
import { defaultService } from '#api/kinds/core/service/defaults.ts'
import { serviceStatusWarnings, validateServiceStatus } from '#api/kinds/core/service/status.ts'
import { dropFieldsOfOldType, dropInternalPolicy } from '#api/kinds/core/service/type-change.ts'
import { validateService, validateServiceUpdate } from '#api/kinds/core/service/validate.ts'
import { serviceWarnings } from '#api/kinds/core/service/warnings.ts'
import { defineKind } from '#api/kinds/kind.ts'
import { keepField } from '#api/kinds/status-metadata.ts'
import type { Service } from '#api/types/core.ts'
import type { Draft } from '#api/types/wire.ts'

export const service = defineKind<Draft<Service>>({
  group: '',
  kind: 'Service',
  resource: 'services',
  singular: 'service',
  shortNames: ['svc'],
  categories: ['all'],
  namespaced: true,
  versions: ['v1'],
  storageVersion: 'v1',
  storagePrefix: '/registry/services/specs',
  hasGeneration: false,
  allowCreateOnUpdate: true,
  defaults: defaultService,
  prepareForCreate(draft) {
    draft.status = { loadBalancer: {} }
    dropInternalPolicy(draft)
  },
  prepareForUpdate(draft, old) {
    keepField(draft, old, 'status')
    dropFieldsOfOldType(draft, old)
    dropInternalPolicy(draft)
  },
  validate: validateService,
  validateUpdate: validateServiceUpdate,
  warnings: (object) => [...serviceWarnings(object)],
  warningsOnUpdate: (object) => [...serviceWarnings(object)],
  status: {
    prepareForUpdate: (draft, old) => keepField(draft, old, 'spec'),
    validateUpdate: validateServiceStatus,
    warningsOnUpdate: serviceStatusWarnings,
  },
  selectableFields: {
    'spec.clusterIP': ({ spec }) => spec?.clusterIP ?? '',
    'spec.type': ({ spec }) => spec?.type ?? '',
  },
  columns: serviceColumns,
})
