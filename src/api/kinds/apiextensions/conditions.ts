// The conditions of a definition, merged by type.
//
// Upstream: SetCRDCondition in staging/src/k8s.io/apiextensions-apiserver/pkg/apihelpers/helpers.go

import type { CustomResourceDefinitionCondition } from '#api/types/apiextensions.ts'

/** `conditions` with `next` in its place; its time changes only with its status. */
export function setDefinitionCondition(
  conditions: readonly CustomResourceDefinitionCondition[],
  next: Omit<CustomResourceDefinitionCondition, 'lastTransitionTime'>,
  now: string,
): readonly CustomResourceDefinitionCondition[] {
  const old = conditions.find(({ type }) => type === next.type)
  const lastTransitionTime = (old?.status === next.status && old.lastTransitionTime) || now
  const changed: CustomResourceDefinitionCondition = { lastTransitionTime, ...next }
  return old ? conditions.map((one) => (one === old ? changed : one)) : [...conditions, changed]
}
