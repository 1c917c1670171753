// Fields that a write cannot change through the path that it takes, so that it does not own them either.
//
// The status is not written through the object, nor its spec through the status.
// Upstream: GetResetFields in pkg/registry/*/*/strategy.go

import { EMPTY, type FieldSet, fieldSet, recursiveDifference } from '#api/patch/apply/field-set.ts'
import type { OwnableFields } from '#api/patch/apply/versions.ts'

const STATUS = fieldSet(['f:status'])
const SPEC = fieldSet(['f:spec'])
const SPEC_AND_METADATA = fieldSet(['f:spec'], ['f:metadata'])

/** Kinds whose status path changes no metadata at all. */
const STATUS_WITHOUT_METADATA: ReadonlySet<string> = new Set([
  'admissionregistration.k8s.io/validatingadmissionpolicies',
  'apiregistration.k8s.io/apiservices',
  'flowcontrol.apiserver.k8s.io/flowschemas',
  'flowcontrol.apiserver.k8s.io/prioritylevelconfigurations',
  'networking.k8s.io/servicecidrs',
  'resource.k8s.io/devicetaintrules',
  'resource.k8s.io/resourceclaims',
  'resource.k8s.io/resourcepoolstatusrequests',
  'storage.k8s.io/volumeattachments',
])

/** `<group>/<resource>/<subresource>` → what is not owned there, where it is not the rule. */
const EXCEPTIONS: Readonly<Record<string, FieldSet>> = {
  '/namespaces/finalize': STATUS,
  '/pods/status': fieldSet(
    ['f:spec'],
    ['f:metadata', 'f:deletionTimestamp'],
    ['f:metadata', 'f:ownerReferences'],
  ),
  'apps/deployments/status': fieldSet(['f:spec'], ['f:metadata', 'f:labels']),
  'certificates.k8s.io/certificatesigningrequests/': fieldSet(['f:spec'], ['f:status']),
  'certificates.k8s.io/certificatesigningrequests/approval': fieldSet(
    ['f:spec'],
    ['f:status', 'f:certificate'],
  ),
  'certificates.k8s.io/certificatesigningrequests/status': fieldSet(['f:spec'], ['f:status', 'f:conditions']),
  'certificates.k8s.io/podcertificaterequests/': EMPTY,
}

export interface ResourcePath {
  readonly group: string
  readonly resource: string
  readonly subresource: string
  /** Whether the resource has the subresource `status`. */
  readonly hasStatus: boolean
}

/** What may be owned through a path. */
export function ownableFields(path: ResourcePath): OwnableFields {
  const reset = resetFields(path)
  return reset === EMPTY ? (set) => set : (set) => recursiveDifference(set, reset)
}

function resetFields({ group, resource, subresource, hasStatus }: ResourcePath): FieldSet {
  const exception = EXCEPTIONS[`${group}/${resource}/${subresource}`]
  if (exception) return exception
  if (subresource === '') return hasStatus ? STATUS : EMPTY
  if (subresource !== 'status') return EMPTY
  return STATUS_WITHOUT_METADATA.has(`${group}/${resource}`) ? SPEC_AND_METADATA : SPEC
}
