// ValidatingWebhookConfiguration: webhooks that judge objects at admission.
//
// Upstream: pkg/registry/admissionregistration/validatingwebhookconfiguration/strategy.go

import { defineKind } from '#api/kinds/kind.ts'
import type { ValidatingWebhookConfiguration } from '#api/types/admissionregistration.ts'
import type { Draft } from '#api/types/wire.ts'

export const validatingWebhookConfiguration = defineKind<Draft<ValidatingWebhookConfiguration>>({
  group: 'admissionregistration.k8s.io',
  kind: 'ValidatingWebhookConfiguration',
  resource: 'validatingwebhookconfigurations',
  singular: 'validatingwebhookconfiguration',
  categories: ['api-extensions'],
  namespaced: false,
  versions: ['v1'],
  storageVersion: 'v1',
  allowUnconditionalUpdate: false,
})
