// The kinds of the API group admissionregistration.k8s.io.

import { mutatingAdmissionPolicy } from '#api/kinds/admissionregistration/mutating-admission-policy.ts'
import { mutatingAdmissionPolicyBinding } from '#api/kinds/admissionregistration/mutating-admission-policy-binding.ts'
import { mutatingWebhookConfiguration } from '#api/kinds/admissionregistration/mutating-webhook-configuration.ts'
import { validatingAdmissionPolicy } from '#api/kinds/admissionregistration/validating-admission-policy.ts'
import { validatingAdmissionPolicyBinding } from '#api/kinds/admissionregistration/validating-admission-policy-binding.ts'
import { validatingWebhookConfiguration } from '#api/kinds/admissionregistration/validating-webhook-configuration.ts'
import type { KindDefinition } from '#api/kinds/kind.ts'

export const admissionregistrationKinds: readonly KindDefinition[] = [
  mutatingAdmissionPolicy,
  mutatingAdmissionPolicyBinding,
  mutatingWebhookConfiguration,
  validatingAdmissionPolicy,
  validatingAdmissionPolicyBinding,
  validatingWebhookConfiguration,
]
