// The status of a definition: which names it has, and whether it is served.
//
// Pure. Upstream: staging/src/k8s.io/apiextensions-apiserver/pkg/controller/{status,establish,apiapproval}

import { setDefinitionCondition } from '#api/kinds/apiextensions/conditions.ts'
import type {
  CustomResourceDefinition,
  CustomResourceDefinitionCondition,
  CustomResourceDefinitionStatus,
} from '#api/types/apiextensions.ts'
import { acceptNames } from '#apiserver/customresources/names.ts'

type Conditions = readonly CustomResourceDefinitionCondition[]

/** The status that `definition` should have; `now` as objects write it. */
export function statusOf(
  definition: CustomResourceDefinition,
  others: readonly CustomResourceDefinition[],
  now: string,
): CustomResourceDefinitionStatus {
  const { names, conflict } = acceptNames(definition, others)
  const old = definition.status?.conditions ?? []
  const wasEstablished = old.some(({ type, status }) => type === 'Established' && status === 'True')
  const next: Omit<CustomResourceDefinitionCondition, 'lastTransitionTime'>[] = [
    conflict
      ? { type: 'NamesAccepted', status: 'False', ...conflict }
      : { type: 'NamesAccepted', status: 'True', reason: 'NoConflicts', message: 'no conflicts found' },
  ]
  if (!wasEstablished) next.push(establishedCondition(conflict === undefined))
  const approval = approvalCondition(definition)
  if (approval) next.push(approval)
  const conditions = next.reduce<Conditions>((found, one) => setDefinitionCondition(found, one, now), old)
  return {
    ...definition.status,
    acceptedNames: names,
    conditions,
    storedVersions: definition.status?.storedVersions ?? [],
  }
}

export const isEstablished = ({ status }: CustomResourceDefinition): boolean =>
  (status?.conditions ?? []).some(
    (condition) => condition.type === 'Established' && condition.status === 'True',
  )

function establishedCondition(isAccepted: boolean) {
  return isAccepted
    ? {
        type: 'Established',
        status: 'True',
        reason: 'InitialNamesAccepted',
        message: 'the initial names have been accepted',
      }
    : { type: 'Established', status: 'False', reason: 'NotAccepted', message: 'not all names are accepted' }
}

const APPROVED = 'api-approved.kubernetes.io'

/** Groups of the project itself need somebody's approval. */
function approvalCondition({ spec, metadata }: CustomResourceDefinition) {
  if (!/(^|\.)(k8s|kubernetes)\.io$/.test(spec.group)) return undefined
  const type = 'KubernetesAPIApprovalPolicyConformant'
  const value = metadata?.annotations?.[APPROVED]
  const said = `protected groups must have approval annotation "${APPROVED}", see https://github.com/kubernetes/enhancements/pull/1111`
  if (!value) return { type, status: 'False', reason: 'MissingAnnotation', message: said }
  if (value.startsWith('unapproved')) {
    return {
      type,
      status: 'False',
      reason: 'UnapprovedAnnotation',
      message: `not approved: ${JSON.stringify(value)}`,
    }
  }
  if (!URL.canParse(value)) {
    const message = `protected groups must have approval annotation "${APPROVED}" with either a URL or a reason starting with "unapproved", see https://github.com/kubernetes/enhancements/pull/1111`
    return { type, status: 'False', reason: 'InvalidAnnotation', message }
  }
  return { type, status: 'True', reason: 'ApprovedAnnotation', message: `approved in ${value}` }
}
