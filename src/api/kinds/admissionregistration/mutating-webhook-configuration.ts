// MutatingWebhookConfiguration: webhooks that may change objects at admission.
//
// Upstream: pkg/registry/admissionregistration/mutatingwebhookconfiguration/strategy.go

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
  allowUnconditionalUpdate: false,
})
