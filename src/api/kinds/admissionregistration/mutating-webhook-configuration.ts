// MutatingWebhookConfiguration: programs elsewhere that may change requests before they are carried out.
//
// Upstream: pkg/registry/admissionregistration/mutatingwebhookconfiguration/strategy.go

import {
  countGeneration,
  defaultWebhook,
  startGeneration,
  validateWebhooks,
} from '#api/kinds/admissionregistration/webhooks.ts'
import { ageColumn, column, integer, nameColumn } from '#api/kinds/columns.ts'
import { defineKind } from '#api/kinds/kind.ts'
import type { MutatingWebhookConfiguration } from '#api/types/admissionregistration.ts'
import type { Draft } from '#api/types/wire.ts'

export const mutatingWebhookConfiguration = defineKind<Draft<MutatingWebhookConfiguration>>({
  group: 'admissionregistration.k8s.io',
  kind: 'MutatingWebhookConfiguration',
  resource: 'mutatingwebhookconfigurations',
  singular: 'mutatingwebhookconfiguration',
  categories: ['api-extensions'],
  namespaced: false,
  versions: ['v1'],
  storageVersion: 'v1',
  hasGeneration: false,
  allowUnconditionalUpdate: false,
  defaults({ webhooks }) {
    for (const hook of webhooks ?? []) {
      defaultWebhook(hook)
      hook.reinvocationPolicy ??= 'Never'
    }
  },
  prepareForCreate: startGeneration,
  prepareForUpdate: countGeneration,
  validate: (object) => validateWebhooks(object),
  validateUpdate: validateWebhooks,
  columns: [
    nameColumn(),
    column(
      'Webhooks',
      'Webhooks indicates the number of webhooks registered in this configuration',
      ({ webhooks }) => (webhooks ?? []).length,
      integer,
    ),
    ageColumn(),
  ],
})
